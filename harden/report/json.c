// SPDX-License-Identifier: Apache-2.0
/*
 * JSON documents, built as value trees and printed by the JSON writer.
 */
#include "config.h"

#include "harden/report/json.h"

#include "harden/text/json.h"
#include "harden/text/mask.h"

static struct value *copy_or_null(const struct value *v)
{
	return v ? value_copy(v) : value_null();
}

static struct value *timestamp(struct timespec t)
{
	struct tm tm;
	char text[32];

	if (!gmtime_r(&t.tv_sec, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return value_null();
	return value_text(text);
}

/* Sets a member; a NULL map or child is an earlier or present lack of memory and stays one. */
void json_put(struct value **map, const char *key, struct value *child)
{
	if (!*map) {
		value_free(child);
		return;
	}
	if (value_set(*map, key, child, NULL) < 0) {
		value_free(*map);
		*map = NULL;
	}
}

void json_push(struct value **list, struct value *child)
{
	if (!*list) {
		value_free(child);
		return;
	}
	if (value_add(*list, child, NULL) < 0) {
		value_free(*list);
		*list = NULL;
	}
}

struct value *json_document(const char *schema)
{
	struct value *doc = value_map();

	json_put(&doc, "schema", value_text(schema));
	return doc;
}

int json_emit(struct value *document, struct strbuf *out, struct error *err)
{
	AUTO_PTR(value) struct value *doc = document;

	if (!doc)
		return error_nomem(err);
	if (json_write(doc, JSON_INDENT, out, err) < 0)
		return -1;
	strbuf_append_char(out, '\n');
	return 0;
}

static void put_head(struct value **doc, const struct document_head *head)
{
	struct value *tool = value_map(), *benchmark = value_map();

	json_put(&tool, "name", value_text("harden"));
	json_put(&tool, "version", value_text(PACKAGE_VERSION));
	json_put(doc, "tool", tool);
	json_put(&benchmark, "id", value_text(head->benchmark));
	json_put(&benchmark, "version", value_text(head->benchmark_version));
	json_put(doc, "benchmark", benchmark);
	json_put(doc, "host", copy_or_null(head->host));
	json_put(doc, "started", timestamp(head->started));
	json_put(doc, "elapsed_ms", value_integer(head->elapsed_ms));
	json_put(doc, "recipe_sha256", value_text(head->recipe_sha256));
}

static struct value *waiver_value(const struct waiver *w)
{
	struct value *map;

	if (!w)
		return value_null();
	map = value_map();
	json_put(&map, "reason", value_text(w->reason));
	json_put(&map, "owner", value_text(w->owner));
	json_put(&map, "until", value_text(w->until));
	json_put(&map, "only", value_from_strv(&w->only));
	return map;
}

static struct value *attestation_value(const struct attestation *a)
{
	struct value *map;

	if (!a)
		return value_null();
	map = value_map();
	json_put(&map, "by", value_text(a->by));
	json_put(&map, "on", value_text(a->on));
	json_put(&map, "until", value_text(a->until));
	json_put(&map, "evidence", value_text(a->evidence));
	return map;
}

/* Evidence and findings quote the host's own files, so secrets are hidden on the way out. */
static struct value *masked(const struct value *v)
{
	struct value *copy = copy_or_null(v);

	if (copy && mask_value(copy, NULL) < 0) {
		value_free(copy);
		return NULL;
	}
	return copy;
}

static struct value *evidence_value(const struct judgement *j)
{
	struct value *list = value_list();

	for (size_t i = 0; i < j->evidence_len; i++) {
		struct value *map = value_map();

		json_put(&map, "source", value_text(j->evidence[i].source));
		json_put(&map, "value", masked(j->evidence[i].value));
		json_push(&list, map);
	}
	return list;
}

static struct value *finding_value(const struct finding *f)
{
	struct value *map = value_map();

	json_put(&map, "resource", value_text(f->resource));
	json_put(&map, "part", value_text(part_name(f->part)));
	json_put(&map, "message", value_text(f->message));
	json_put(&map, "expected", masked(f->expected));
	json_put(&map, "actual", masked(f->actual));
	return map;
}

static struct value *findings_value(const struct judgement *j)
{
	struct value *list = value_list();

	for (size_t i = 0; i < j->findings_len; i++)
		json_push(&list, finding_value(&j->findings[i]));
	return list;
}

/* All of a verdict but its findings, which stand behind it. */
static struct value *verdict_value(const struct verdict *verdict)
{
	const struct control *c = verdict->control;
	struct value *map = value_map();

	json_put(&map, "id", value_text(c->id));
	json_put(&map, "key", value_text(c->key));
	json_put(&map, "title", value_text(c->title));
	json_put(&map, "section", value_text(c->section));
	json_put(&map, "level", value_integer(c->level));
	json_put(&map, "type", value_text(c->type == CONTROL_AUTOMATED ? "automated" : "manual"));
	json_put(&map, "status", value_text(status_name(verdict->judgement.status)));
	json_put(&map, "scope", value_text(verdict->running ? "written+running" : "written"));
	json_put(&map, "fixable", value_bool(verdict->fixable));
	json_put(&map, "remedy", value_text(verdict->remedy));
	json_put(&map, "waiver", waiver_value(c->waiver));
	json_put(&map, "attestation", attestation_value(c->attestation));
	json_put(&map, "notes", value_from_strv(&verdict->judgement.notes));
	json_put(&map, "evidence", evidence_value(&verdict->judgement));
	return map;
}

struct value *json_verdict(const struct verdict *verdict)
{
	struct value *map = verdict_value(verdict);

	json_put(&map, "findings", findings_value(&verdict->judgement));
	return map;
}

/* A document that is written piece by piece: a host may have thousands of containers. */
struct writer {
	const struct report_drain *drain;
	struct strbuf *out;
};

/* Appends a value as it stands that many blanks deep; takes it. */
static int write_value(const struct writer *w, struct value *value, unsigned indent,
		       struct error *err)
{
	AUTO_PTR(value) struct value *v = value;
	AUTO(strbuf) struct strbuf text = {0};

	if (!v)
		return error_nomem(err);
	if (json_write(v, JSON_INDENT, &text, err) < 0)
		return -1;
	for (const char *line = text.data, *end = line + text.len; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = newline ? (size_t)(newline + 1 - line) : (size_t)(end - line);

		strbuf_append_bytes(w->out, line, len);
		if (newline)
			strbuf_appendf(w->out, "%*s", (int)indent, "");
		line += len;
	}
	return report_drain(w->drain, w->out, err);
}

typedef int write_item(const struct writer *w, const void *item, unsigned indent,
		       struct error *err);

/* Appends a map whose last member is a list that is written item by item. */
static int write_with_list(const struct writer *w, struct value *map, const char *name,
			   const void *items, size_t count, size_t size, write_item *item,
			   unsigned indent, struct error *err)
{
	struct writer whole = {.out = w->out}; /* its end is not to be written yet */
	size_t end = strlen("\n}") + indent;

	if (write_value(&whole, map, indent, err) < 0)
		return -1;
	if (w->out->failed)
		return error_nomem(err);
	w->out->len -= end; /* goes behind the list */
	strbuf_appendf(w->out, ",\n%*s\"%s\": [", (int)indent + 2, "", name);
	for (size_t i = 0; i < count; i++) {
		strbuf_appendf(w->out, "%s\n%*s", i ? "," : "", (int)indent + 4, "");
		if (item(w, (const char *)items + i * size, indent + 4, err) < 0)
			return -1;
	}
	if (count)
		strbuf_appendf(w->out, "\n%*s", (int)indent + 2, "");
	strbuf_appendf(w->out, "]\n%*s}", (int)indent, "");
	return 0;
}

static int write_finding(const struct writer *w, const void *item, unsigned indent,
			 struct error *err)
{
	return write_value(w, finding_value(item), indent, err);
}

static int write_verdict(const struct writer *w, const void *item, unsigned indent,
			 struct error *err)
{
	const struct verdict *v = item;

	return write_with_list(w, verdict_value(v), "findings", v->judgement.findings,
			       v->judgement.findings_len, sizeof(struct finding), write_finding,
			       indent, err);
}

int json_audit(const struct audit *audit, const struct report_drain *drain, struct strbuf *out,
	       struct error *err)
{
	/* the order of the words in the contract */
	static const enum status order[] = {STATUS_PASS,	   STATUS_FAIL,	  STATUS_MANUAL,
					    STATUS_NOT_APPLICABLE, STATUS_WAIVED, STATUS_ATTESTED,
					    STATUS_ERROR};
	struct value *doc = json_document("harden.audit/1"), *summary = value_map();
	const struct writer w = {drain, out};

	put_head(&doc, &audit->head);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		json_put(&summary, status_name(order[i]),
			 value_integer((int64_t)audit->counts[order[i]]));
	json_put(&doc, "summary", summary);
	json_put(&doc, "not_selected", value_from_strv(&audit->not_selected));
	if (write_with_list(&w, doc, "controls", audit->verdicts, audit->len,
			    sizeof(struct verdict), write_verdict, 0, err) < 0)
		return -1;
	strbuf_append_char(out, '\n');
	return 0;
}

static struct value *side_value(const struct change_side *side)
{
	struct value *map;

	if (!side->exists)
		return value_null();
	map = value_map();
	json_put(&map, "owner", value_text(side->owner));
	json_put(&map, "group", value_text(side->group));
	json_put(&map, "mode", value_textf("%04o", (unsigned)side->mode));
	json_put(&map, "sha256", value_text(side->sha256));
	return map;
}

struct value *json_change(const struct change *c)
{
	struct value *map = value_map();

	json_put(&map, "controls", value_from_strv(&c->controls));
	json_put(&map, "resource", value_text(c->resource));
	json_put(&map, "kind", value_text(c->kind));
	json_put(&map, "action", value_text(c->action));
	json_put(&map, "diff", value_text(c->diff));
	json_put(&map, "before",
		 c->fields_before ? masked(c->fields_before) : side_value(&c->before));
	json_put(&map, "after",
		 c->fields_before ? copy_or_null(c->fields_after) : side_value(&c->after));
	json_put(&map, "impact", value_from_strv(&c->impact));
	json_put(&map, "consent", value_bool(c->consent));
	return map;
}

static struct value *plan_summary(const struct plan *plan)
{
	struct value *map = value_map();
	size_t files = 0;

	for (size_t i = 0; i < plan->len; i++)
		files += !plan->changes[i].consent && strcmp(plan->changes[i].kind, "file") == 0;
	json_put(&map, "changes", value_integer((int64_t)plan_changes(plan)));
	json_put(&map, "files", value_integer((int64_t)files));
	json_put(&map, "actions", value_integer((int64_t)plan->services_len));
	json_put(&map, "needs_consent", value_integer((int64_t)plan->consent_len));
	json_put(&map, "blocked", value_integer((int64_t)plan->blocked_len));
	json_put(&map, "manual", value_integer((int64_t)plan->by_hand_len));
	return map;
}

static struct value *blocked_value(const struct plan *plan)
{
	struct value *list = value_list();

	for (size_t i = 0; i < plan->blocked_len; i++) {
		const struct blocked *b = &plan->blocked[i];
		struct value *map = value_map();

		json_put(&map, "controls", value_from_strv(&b->controls));
		json_put(&map, "resource", value_text(b->resource));
		json_put(&map, "reason", value_text(b->reason));
		json_put(&map, "next", value_text(b->next));
		json_push(&list, map);
	}
	return list;
}

static struct value *by_hand_value(const struct by_hand *items, size_t len)
{
	struct value *list = value_list();

	for (size_t i = 0; i < len; i++) {
		struct value *map = value_map(), *ids = value_list();

		json_push(&ids, value_text(items[i].control));
		json_put(&map, "controls", ids);
		json_put(&map, "reason", value_text(items[i].reason));
		json_put(&map, "next", value_text(items[i].next));
		json_push(&list, map);
	}
	return list;
}

static struct value *services_value(const struct plan *plan)
{
	struct value *list = value_list();

	for (size_t i = 0; i < plan->services_len; i++) {
		struct value *map = value_map();

		json_put(&map, "unit", value_text(plan->services[i].unit));
		json_put(&map, "action", value_text(plan->services[i].action));
		json_put(&map, "because", value_from_strv(&plan->services[i].because));
		json_push(&list, map);
	}
	return list;
}

int json_plan(const struct plan *plan, struct strbuf *out, struct error *err)
{
	struct value *doc = json_document("harden.plan/1"), *changes = value_list();

	put_head(&doc, &plan->head);
	json_put(&doc, "summary", plan_summary(plan));
	for (size_t i = 0; i < plan->len; i++)
		json_push(&changes, json_change(&plan->changes[i]));
	json_put(&doc, "changes", changes);
	json_put(&doc, "blocked", blocked_value(plan));
	json_put(&doc, "by_hand", by_hand_value(plan->by_hand, plan->by_hand_len));
	json_put(&doc, "needs_consent", by_hand_value(plan->consent, plan->consent_len));
	json_put(&doc, "waived", value_from_strv(&plan->waived_controls));
	json_put(&doc, "services", services_value(plan));
	if (plan->result) {
		json_put(&doc, "run", value_text(plan->run));
		json_put(&doc, "result", value_text(plan->result));
		json_put(&doc, "pending", value_from_strv(&plan->pending));
	}
	return json_emit(doc, out, err);
}

int json_facts(const struct facts *facts, struct strbuf *out, struct error *err)
{
	struct value *doc = json_document("harden.facts/1"), *list = value_list();

	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];
		struct value *map = value_map();

		json_put(&map, "name", value_text(f->name));
		json_put(&map, "value", masked(f->value));
		json_put(&map, "source", value_text(f->source));
		json_put(&map, "problem",
			 f->value ? value_null() : value_text(error_message(&f->problem)));
		json_push(&list, map);
	}
	json_put(&doc, "facts", list);
	return json_emit(doc, out, err);
}

int json_error(const struct error *problem, struct strbuf *out, struct error *err)
{
	struct value *doc = json_document("harden.error/1");

	json_put(&doc, "code", value_text(error_code_name(problem->code)));
	json_put(&doc, "message", value_text(error_message(problem)));
	json_put(&doc, "resource", value_text(problem->resource));
	json_put(&doc, "next", value_text(problem->next ? problem->next : ""));
	return json_emit(doc, out, err);
}
