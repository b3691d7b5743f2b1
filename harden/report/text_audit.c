// SPDX-License-Identifier: Apache-2.0
/*
 * Audit verdicts and facts as text: a line per control, below it what was found, what was seen
 * and where, and what mends it.
 */
#include "harden/report/paint.h"
#include "harden/report/text.h"

#include <stdio.h>

static const struct {
	const char *word;
	enum paint paint;
} looks[STATUS_COUNT] = {
	[STATUS_NOT_APPLICABLE] = {"n/a", PAINT_DIM}, [STATUS_PASS] = {"pass", PAINT_GREEN},
	[STATUS_MANUAL] = {"manual", PAINT_YELLOW},   [STATUS_ERROR] = {"ERROR", PAINT_RED},
	[STATUS_FAIL] = {"FAIL", PAINT_RED},	      [STATUS_WAIVED] = {"waived", PAINT_CYAN},
	[STATUS_ATTESTED] = {"attested", PAINT_CYAN},
};

static void finding_line(const struct finding *f, struct strbuf *out)
{
	strbuf_append(out, "           ! ");
	paint_safe(out, f->message, strlen(f->message));
	if (f->part != PART_WRITTEN)
		strbuf_appendf(out, " (%s)", part_name(f->part));
	strbuf_append_char(out, '\n');
}

static void exception_lines(const struct control *c, enum status status, struct strbuf *out)
{
	if (status == STATUS_WAIVED && c->waiver) {
		strbuf_append(out, "           = waived: ");
		paint_safe(out, c->waiver->reason, strlen(c->waiver->reason));
		if (c->waiver->owner) {
			strbuf_append(out, ", by ");
			paint_safe(out, c->waiver->owner, strlen(c->waiver->owner));
		}
		strbuf_appendf(out, ", until %s\n",
			       c->waiver->until ? c->waiver->until : "further notice");
	}
	if (status == STATUS_ATTESTED && c->attestation) {
		strbuf_append(out, "           = attested by ");
		paint_safe(out, c->attestation->by, strlen(c->attestation->by));
		strbuf_appendf(out, " on %s", c->attestation->on);
		if (c->attestation->evidence) {
			strbuf_append(out, ": ");
			paint_safe(out, c->attestation->evidence, strlen(c->attestation->evidence));
		}
		strbuf_append_char(out, '\n');
	}
}

void text_verdict(const struct verdict *verdict, struct text_style style, struct strbuf *out)
{
	const struct control *c = verdict->control;
	const struct judgement *j = &verdict->judgement;
	char word[16];

	(void)snprintf(word, sizeof(word), "%-8s", looks[j->status].word);
	paint(out, style.color, looks[j->status].paint, word);
	strbuf_appendf(out, " %-7s", c->id);
	paint_safe(out, c->title, strlen(c->title));
	strbuf_append_char(out, '\n');
	for (size_t i = 0; i < j->findings_len; i++)
		finding_line(&j->findings[i], out);
	exception_lines(c, j->status, out);
	for (size_t i = 0; i < j->evidence_len; i++) {
		strbuf_append(out, "           . ");
		paint_safe(out, j->evidence[i].source, strlen(j->evidence[i].source));
		strbuf_append(out, ": ");
		paint_value(out, j->evidence[i].value);
		strbuf_append_char(out, '\n');
	}
	for (size_t i = 0; i < j->notes.len; i++) {
		strbuf_append(out, "           * ");
		paint_safe(out, j->notes.items[i], strlen(j->notes.items[i]));
		strbuf_append_char(out, '\n');
	}
	if (verdict->remedy) {
		strbuf_append(out, "           > ");
		paint_safe(out, verdict->remedy, strlen(verdict->remedy));
		strbuf_append_char(out, '\n');
	}
}

static bool needs_attention(enum status status)
{
	return status == STATUS_FAIL || status == STATUS_ERROR || status == STATUS_MANUAL;
}

static void dockerfile_line(const struct document_head *head, const char *dockerfile,
			    struct strbuf *out)
{
	const char *context = value_get_text(head->host, "context");

	paint_safe(out, dockerfile, strlen(dockerfile));
	strbuf_append(out, context ? ", built in " : ", without its context");
	if (context)
		paint_safe(out, context, strlen(context));
	strbuf_append_char(out, '\n');
}

static void host_line(const struct document_head *head, struct strbuf *out)
{
	const char *name = value_get_text(head->host, "name");
	const char *os = value_get_text(head->host, "os");
	const char *docker = value_get_text(head->host, "docker");
	const char *root = value_get_text(head->host, "root");
	const char *dockerfile = value_get_text(head->host, "dockerfile");

	if (dockerfile) {
		dockerfile_line(head, dockerfile, out);
		return;
	}
	paint_safe(out, name ? name : "this host", strlen(name ? name : "this host"));
	if (root && strcmp(root, "/") != 0) {
		strbuf_append(out, ", tree ");
		paint_safe(out, root, strlen(root));
	}
	if (os) {
		strbuf_append(out, ", ");
		paint_safe(out, os, strlen(os));
	}
	strbuf_append(out, docker ? ", Docker " : ", no Docker found");
	if (docker)
		paint_safe(out, docker, strlen(docker));
	strbuf_append_char(out, '\n');
}

int text_audit(const struct audit *audit, struct text_style style, const struct report_drain *drain,
	       struct strbuf *out, struct error *err)
{
	static const enum status order[] = {STATUS_FAIL,	  STATUS_ERROR,	   STATUS_MANUAL,
					    STATUS_WAIVED,	  STATUS_ATTESTED, STATUS_PASS,
					    STATUS_NOT_APPLICABLE};
	const char *separator = "";

	if (!style.quiet) {
		strbuf_appendf(out, "%s %s audit of ", audit->head.benchmark,
			       audit->head.benchmark_version);
		host_line(&audit->head, out);
		strbuf_append_char(out, '\n');
	}
	for (size_t i = 0; i < audit->len; i++) {
		if (!style.quiet || needs_attention(audit->verdicts[i].judgement.status))
			text_verdict(&audit->verdicts[i], style, out);
		if (report_drain(drain, out, err) < 0)
			return -1;
	}
	strbuf_append(out, style.quiet ? "" : "\n");
	if (audit->len)
		strbuf_appendf(out, "%zu controls: ", audit->len);
	else
		strbuf_append(out, "no control was looked at");
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!audit->counts[order[i]])
			continue;
		strbuf_appendf(out, "%s%zu %s", separator, audit->counts[order[i]],
			       status_name(order[i]));
		separator = ", ";
	}
	strbuf_append_char(out, '\n');
	if (audit->head.no_engine)
		strbuf_appendf(out, "%zu more need an engine and are left out: %s\n",
			       audit->head.left_out, audit->head.no_engine);
	return 0;
}

void text_facts(const struct facts *facts, struct text_style style, struct strbuf *out)
{
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		strbuf_appendf(out, "%-32s ", f->name);
		if (!f->value) {
			paint(out, style.color, PAINT_RED, "unknown: ");
			paint_safe(out, error_message(&f->problem),
				   strlen(error_message(&f->problem)));
		} else {
			paint_value(out, f->value);
		}
		if (f->source && !style.quiet) {
			strbuf_append(out, "   (");
			paint_safe(out, f->source, strlen(f->source));
			strbuf_append_char(out, ')');
		}
		strbuf_append_char(out, '\n');
	}
}
