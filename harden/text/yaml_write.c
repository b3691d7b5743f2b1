// SPDX-License-Identifier: Apache-2.0
/*
 * A member is emitted as a document of its own and then moved to the right. That is safe for block
 * style: indentation is relative to the parent's everywhere in YAML.
 */
#include "harden/text/yaml_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#define WIDTH (-1) /* no folding: a command stays on its line */

struct writer {
	yaml_emitter_t emitter;
	struct strbuf text;
	struct error *err;
};

static void writer_done(struct writer *w)
{
	yaml_emitter_delete(&w->emitter);
	strbuf_done(&w->text);
}

static int collect(void *cookie, unsigned char *data, size_t len)
{
	struct writer *w = cookie;

	strbuf_append_bytes(&w->text, data, len);
	return !w->text.failed;
}

/* initialized: what yaml_*_event_initialize() returned. */
static int emit(struct writer *w, int initialized, yaml_event_t *event)
{
	if (!initialized)
		return error_nomem(w->err);
	if (yaml_emitter_emit(&w->emitter, event))
		return 0;
	if (w->text.failed || w->emitter.error == YAML_MEMORY_ERROR)
		return error_nomem(w->err);
	return error_set(w->err, ERROR_INTERNAL, 0, "write YAML: %s",
			 w->emitter.problem ? w->emitter.problem : "no reason given");
}

/* Whether a plain scalar of that text would be read as a text by every YAML 1.1 and 1.2 reader. */
static bool is_plain_text(const char *text)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off",
					    "null", "y",     "n",   "~",  "."};

	if (!*text)
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return false;
	/* numbers, dates, sexagesimals and the like begin so */
	return !strchr("0123456789+-.=<", *text);
}

static int emit_scalar(struct writer *w, const char *tag, const char *text, bool is_text)
{
	bool plain = !is_text || is_plain_text(text);
	yaml_event_t event;

	return emit(w,
		    yaml_scalar_event_initialize(
			    &event, NULL, (const yaml_char_t *)tag, (const yaml_char_t *)text,
			    (int)strlen(text), !tag && plain, !tag,
			    plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE),
		    &event);
}

static int emit_value(struct writer *w, const char *tag, const struct value *v);

static int emit_members(struct writer *w, const struct value *v)
{
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];

		if ((m->key && emit_scalar(w, NULL, m->key, true) < 0) ||
		    emit_value(w, NULL, m->value) < 0)
			return -1;
	}
	return 0;
}

static int emit_list(struct writer *w, const char *tag, const struct value *v)
{
	yaml_event_t event;

	if (emit(w,
		 yaml_sequence_start_event_initialize(&event, NULL, (const yaml_char_t *)tag, !tag,
						      YAML_BLOCK_SEQUENCE_STYLE),
		 &event) < 0 ||
	    emit_members(w, v) < 0)
		return -1;
	return emit(w, yaml_sequence_end_event_initialize(&event), &event);
}

static int emit_map(struct writer *w, const char *tag, const struct value *v)
{
	yaml_event_t event;

	if (emit(w,
		 yaml_mapping_start_event_initialize(&event, NULL, (const yaml_char_t *)tag, !tag,
						     YAML_BLOCK_MAPPING_STYLE),
		 &event) < 0 ||
	    emit_members(w, v) < 0)
		return -1;
	return emit(w, yaml_mapping_end_event_initialize(&event), &event);
}

static int emit_value(struct writer *w, const char *tag, const struct value *v)
{
	char number[32];

	switch (v->kind) {
	case VALUE_NULL:
		return emit_scalar(w, tag, "null", false);
	case VALUE_BOOL:
		return emit_scalar(w, tag, v->boolean ? "true" : "false", false);
	case VALUE_INTEGER:
		(void)snprintf(number, sizeof(number), "%" PRId64, v->integer); /* it fits */
		return emit_scalar(w, tag, number, false);
	case VALUE_REAL:
		(void)snprintf(number, sizeof(number), "%.17g", v->real); /* it fits */
		return emit_scalar(w, tag, number, false);
	case VALUE_TEXT:
		return emit_scalar(w, tag, v->text, true);
	case VALUE_LIST:
		return emit_list(w, tag, v);
	case VALUE_MAP:
		return emit_map(w, tag, v);
	}
	return error_set(w->err, ERROR_INTERNAL, 0, "a value without a kind");
}

static int emit_member(struct writer *w, const char *key, const char *tag, const struct value *v)
{
	yaml_event_t event;

	if (emit(w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event) < 0 ||
	    emit(w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event) <
		    0 ||
	    emit(w,
		 yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
						     YAML_BLOCK_MAPPING_STYLE),
		 &event) < 0 ||
	    emit_scalar(w, NULL, key, true) < 0 ||
	    (v ? emit_value(w, tag, v) : emit_scalar(w, NULL, "", false)) < 0 ||
	    emit(w, yaml_mapping_end_event_initialize(&event), &event) < 0 ||
	    emit(w, yaml_document_end_event_initialize(&event, 1), &event) < 0)
		return -1;
	return emit(w, yaml_stream_end_event_initialize(&event), &event);
}

static void append_indented(struct strbuf *out, const char *text, unsigned indent)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), shown = len;

		while (shown && text[shown - 1] == ' ')
			shown--; /* libyaml leaves one behind "key: " of nothing */
		strbuf_appendf(out, "%*s%.*s\n", (int)(shown ? indent : 0), "", (int)shown, text);
		text += len + (text[len] == '\n');
	}
}

int yaml_write_member(const char *key, const char *tag, const struct value *value, unsigned indent,
		      struct strbuf *out, struct error *err)
{
	AUTO(writer) struct writer w = {.err = err};

	if (!yaml_emitter_initialize(&w.emitter))
		return error_nomem(err);
	yaml_emitter_set_output(&w.emitter, collect, &w);
	yaml_emitter_set_unicode(&w.emitter, 1);
	yaml_emitter_set_width(&w.emitter, WIDTH);
	if (emit_member(&w, key, tag, value) < 0)
		return -1;
	if (!strbuf_text(&w.text))
		return error_nomem(err);
	append_indented(out, w.text.data, indent);
	return 0;
}
