// SPDX-License-Identifier: Apache-2.0
/*
 * What both kinds of document share: comments, the documents in a row, and the JSON around them.
 */
#include "harden/report/suggest.h"

#include "harden/report/json.h"
#include "harden/report/paint.h"
#include "harden/text/shell_word.h"

#define WRAP_COLUMN 96

void suggest_comment(struct strbuf *out, unsigned indent, const char *first, const char *text)
{
	size_t column = 0;

	for (const char *rest = first; *rest || rest == first; rest = text, text = "") {
		while (*(rest += strspn(rest, " \n\t"))) {
			size_t n = strcspn(rest, " \n\t");

			if (column && column + 1 + n > WRAP_COLUMN) {
				strbuf_append_char(out, '\n');
				column = 0;
			}
			if (!column)
				strbuf_appendf(out, "%*s# ", (int)indent, "");
			else
				strbuf_append_char(out, ' ');
			column += column ? n + 1 : indent + 2 + n;
			paint_safe(out, rest, n);
			rest += n;
		}
		if (!*text)
			break;
	}
	strbuf_append_char(out, '\n');
}

void suggest_step(struct strbuf *out, unsigned indent, const struct suggestion_step *step,
		  const char *with)
{
	AUTO(strbuf) struct strbuf text = {0};

	strbuf_append(&text, step->message);
	if (with)
		strbuf_appendf(&text, ": %s", with);
	for (size_t i = 0; i < step->notes.len; i++)
		strbuf_appendf(&text, "; %s", step->notes.items[i]);
	if (!strbuf_text(&text)) {
		out->failed = true;
		return;
	}
	suggest_comment(out, indent, step->control, text.data);
}

void suggest_comment_word(struct strbuf *out, const char *word)
{
	AUTO(strbuf) struct strbuf quoted = {0};

	shell_word(word, &quoted);
	if (!strbuf_text(&quoted))
		out->failed = true;
	else
		paint_safe(out, quoted.data, quoted.len);
}

static int document(const struct suggestions *all, size_t i, struct strbuf *out, struct error *err)
{
	return all->compose ? suggest_compose(&all->groups[i], out, err)
			    : suggest_run_lines(&all->groups[i], out, err);
}

int suggest_text(const struct suggestions *all, struct strbuf *out, struct error *err)
{
	for (size_t i = 0; i < all->left_out.len; i++)
		suggest_comment(out, 0, "", all->left_out.items[i]);
	if (!all->len)
		suggest_comment(out, 0, "", "nothing is suggested: no container fails a control");
	for (size_t i = 0; i < all->len; i++) {
		if (i)
			strbuf_append(out, all->compose ? "---\n" : "\n");
		if (document(all, i, out, err) < 0)
			return -1;
	}
	return strbuf_text(out) ? 0 : error_nomem(err);
}

static struct value *step_value(const struct suggestion_step *step)
{
	struct value *map = value_map();

	json_put(&map, "control", value_text(step->control));
	json_put(&map, "message", value_text(step->message));
	json_put(&map, "by_hand", value_bool(!step->keys.len));
	json_put(&map, "keys", value_from_strv(&step->keys));
	json_put(&map, "notes", value_from_strv(&step->notes));
	return map;
}

static struct value *container_value(const struct suggestion *s)
{
	struct value *map = value_map(), *steps = value_list();

	json_put(&map, "name", value_text(s->container));
	json_put(&map, "service", value_text(s->service));
	for (size_t i = 0; i < s->len; i++)
		json_push(&steps, step_value(&s->steps[i]));
	json_put(&map, "controls", steps);
	return map;
}

static struct value *group_value(const struct suggestion_group *g, const char *text)
{
	struct value *map = value_map(), *containers = value_list();

	json_put(&map, "project", value_text(g->project));
	json_put(&map, "directory", value_text(g->directory));
	json_put(&map, "config_files", value_from_strv(&g->config_files));
	for (size_t i = 0; i < g->len; i++)
		json_push(&containers, container_value(&g->items[i]));
	json_put(&map, "containers", containers);
	json_put(&map, "text", value_text(text));
	return map;
}

int suggest_json(const struct suggestions *all, struct strbuf *out, struct error *err)
{
	struct value *doc = json_document("harden.suggest/1"), *list = value_list();

	json_put(&doc, "as", value_text(all->compose ? "compose" : "run"));
	for (size_t i = 0; i < all->len; i++) {
		AUTO(strbuf) struct strbuf text = {0};

		if (document(all, i, &text, err) < 0 || !strbuf_text(&text)) {
			value_free(doc);
			value_free(list);
			return error_nomem(err);
		}
		json_push(&list, group_value(&all->groups[i], text.data));
	}
	json_put(&doc, "documents", list);
	json_put(&doc, "left_out", value_from_strv(&all->left_out));
	return json_emit(doc, out, err);
}
