// SPDX-License-Identifier: Apache-2.0
/*
 * One page per control. The verdict's lines are those of the audit, so that the two can be held
 * side by side.
 */
#include "harden/report/explain.h"

#include "harden/report/json.h"
#include "harden/report/paint.h"

static void paragraph(struct strbuf *out, struct text_style style, const char *heading,
		      const char *text)
{
	if (!text || !*text)
		return;
	strbuf_append_char(out, '\n');
	paint(out, style.color, PAINT_BOLD, heading);
	strbuf_append_char(out, '\n');
	paint_wrapped(out, 2, text);
}

static void fix_lines(const struct control *c, const struct plan *plan, struct text_style style,
		      struct strbuf *out)
{
	bool any = false;

	for (size_t i = 0; i < plan->len; i++) {
		if (!strv_has(&plan->changes[i].controls, c->id))
			continue;
		if (!any) {
			strbuf_append_char(out, '\n');
			paint(out, style.color, PAINT_BOLD, "How apply fixes it here");
			strbuf_append_char(out, '\n');
		}
		any = true;
		text_change(&plan->changes[i], style, out);
		if (plan->changes[i].consent)
			strbuf_appendf(out, "    waits for your consent: --accept %s\n", c->id);
	}
}

void text_explain(const struct audit *audit, const struct plan *plan, struct text_style style,
		  struct strbuf *out)
{
	for (size_t i = 0; i < audit->len; i++) {
		const struct control *c = audit->verdicts[i].control;

		if (i)
			strbuf_append(out, "\n\n");
		paint(out, style.color, PAINT_BOLD, c->id);
		strbuf_append(out, "  ");
		paint_safe(out, c->title, strlen(c->title));
		strbuf_appendf(out, "\n  %s, level %d, %s in the benchmark\n", c->key ? c->key : "",
			       c->level, c->type == CONTROL_AUTOMATED ? "automated" : "manual");
		paragraph(out, style, "Why", c->why);
		paragraph(out, style, "What the fix may break", c->impact);
		strbuf_append_char(out, '\n');
		paint(out, style.color, PAINT_BOLD, "On this host");
		strbuf_append_char(out, '\n');
		text_verdict(&audit->verdicts[i], style, out);
		fix_lines(c, plan, style, out);
		paragraph(out, style, "By hand", c->remedy);
	}
}

int json_explanation(const struct audit *audit, const struct plan *plan, struct strbuf *out,
		     struct error *err)
{
	struct value *doc = json_document("harden.explain/1"), *list = value_list();

	for (size_t i = 0; i < audit->len; i++) {
		const struct control *c = audit->verdicts[i].control;
		struct value *map = json_verdict(&audit->verdicts[i]), *changes = value_list();

		json_put(&map, "why", value_text(c->why));
		json_put(&map, "impact", value_text(c->impact));
		for (size_t k = 0; k < plan->len; k++)
			if (strv_has(&plan->changes[k].controls, c->id))
				json_push(&changes, json_change(&plan->changes[k]));
		json_put(&map, "changes", changes);
		json_push(&list, map);
	}
	json_put(&doc, "controls", list);
	return json_emit(doc, out, err);
}
