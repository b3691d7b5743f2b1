// SPDX-License-Identifier: Apache-2.0
/*
 * A Dockerfile as expressions see it. Names follow the Engine API's habit of capitals.
 */
#include "harden/host/look_build.h"

/* Takes value in every case; the first failure stays in *map, which is then NULL. */
static void put(struct value **map, const char *key, struct value *value)
{
	if (*map && value_append(*map, key, value, NULL) == 0)
		return;
	if (!*map)
		value_free(value);
	value_free(*map);
	*map = NULL;
}

static void push(struct value **list, struct value *value)
{
	if (*list && value && value_add(*list, value, NULL) == 0)
		return;
	if (!*list)
		value_free(value);
	value_free(*list);
	*list = NULL;
}

static struct value *stage_number(size_t stage)
{
	return stage == DOCKERFILE_NO_STAGE ? value_null() : value_integer((int64_t)stage);
}

static struct value *stages_value(const struct dockerfile *d)
{
	struct value *list = value_list();

	for (size_t i = 0; i < d->stages_len; i++) {
		const struct dockerfile_stage *s = &d->stages[i];
		struct value *map = value_map();

		put(&map, "Index", value_integer((int64_t)i));
		put(&map, "Name", value_text(s->name));
		put(&map, "Base", value_text(s->base));
		put(&map, "Known", value_bool(s->base_known));
		put(&map, "Stage", stage_number(s->base_stage));
		put(&map, "Line", value_integer(d->instructions[s->from].line));
		put(&map, "Final", value_bool(s->final));
		push(&list, map);
	}
	return list;
}

/* As written, without the dashes. */
static struct value *flags_value(const struct dockerfile_instruction *i)
{
	struct value *list = value_list();

	for (size_t k = 0; k < i->flags.len; k++)
		push(&list, value_text(i->flags.items[k] + 2));
	return list;
}

static struct value *sources_value(const struct build_sources *s)
{
	struct value *list = value_list();

	for (size_t i = 0; i < s->len; i++) {
		struct value *map = value_map();

		put(&map, "Text", value_text(s->items[i].text));
		put(&map, "Kind", value_text(build_kind_name(s->items[i].kind)));
		put(&map, "Pattern", value_text(s->items[i].pattern));
		push(&list, map);
	}
	return list;
}

static struct value *heredocs_value(const struct dockerfile_instruction *i)
{
	struct value *list = value_list();

	for (size_t k = 0; k < i->heredocs_len; k++)
		push(&list, value_text(i->heredocs[k].body));
	return list;
}

/* The arguments as one text; of the JSON form without its signs. */
static struct value *text_value(const struct dockerfile_instruction *i)
{
	AUTO(strbuf) struct strbuf text = {0};

	if (!i->exec)
		return value_text(i->text + i->args_at);
	for (size_t k = 0; k < i->args.len; k++)
		strbuf_appendf(&text, "%s%s", k ? " " : "", i->args.items[k]);
	return strbuf_text(&text) ? value_text(strbuf_text(&text)) : NULL;
}

/* What a RUN runs on one line: here-documents behind the command, blanks one by one. */
static struct value *script_value(const struct dockerfile_instruction *i)
{
	AUTO(strbuf) struct strbuf text = {0}, out = {0};

	if (i->word != DOCKERFILE_RUN)
		return value_null();
	for (size_t k = 0; k < i->args.len; k++)
		strbuf_appendf(&text, "%s%s", k ? " " : "", i->args.items[k]);
	for (size_t k = 0; k < i->heredocs_len; k++)
		strbuf_appendf(&text, "\n%s", i->heredocs[k].body);
	for (const char *p = strbuf_text(&text); p && *p; p++) {
		bool behind_blank = out.len && out.data[out.len - 1] == ' ';

		if (*p == '\n')
			strbuf_append(&out, behind_blank ? "; " : " ; ");
		else if (!strchr(" \t\r", *p))
			strbuf_append_char(&out, *p);
		else if (out.len && !behind_blank)
			strbuf_append_char(&out, ' ');
	}
	return strbuf_text(&text) && strbuf_text(&out) ? value_text(strbuf_text(&out)) : NULL;
}

static struct value *instruction_value(const struct build *b, size_t at)
{
	const struct dockerfile *d = &b->dockerfile;
	const struct dockerfile_instruction *i = &d->instructions[at];
	bool final = i->stage != DOCKERFILE_NO_STAGE && d->stages[i->stage].final;
	struct value *map = value_map();

	put(&map, "Word", value_text(dockerfile_word_name(i->word)));
	put(&map, "Line", value_integer(i->line));
	put(&map, "EndLine", value_integer(i->end_line));
	put(&map, "Stage", stage_number(i->stage));
	put(&map, "Final", value_bool(final));
	put(&map, "OnBuild", value_bool(i->onbuild));
	put(&map, "Exec", value_bool(i->exec));
	put(&map, "Flags", flags_value(i));
	put(&map, "Args", value_from_strv(&i->args));
	put(&map, "Values", value_from_strv(&i->values));
	put(&map, "Text", text_value(i));
	put(&map, "Script", script_value(i));
	put(&map, "Expanded", value_text(i->expanded));
	put(&map, "Unknown", value_from_strv(&i->unknown));
	put(&map, "Heredocs", heredocs_value(i));
	put(&map, "Sources", sources_value(&b->sources[at]));
	return map;
}

static struct value *instructions_value(const struct build *b)
{
	struct value *list = value_list();

	for (size_t i = 0; i < b->dockerfile.len; i++)
		push(&list, instruction_value(b, i));
	return list;
}

static struct value *context_value(const struct build *b)
{
	struct value *map;

	if (!b->context)
		return value_null();
	map = value_map();
	put(&map, "Directory", value_text(b->context));
	put(&map, "Files", value_from_strv(&b->files));
	put(&map, "Problem", value_text(b->problem.code ? error_message(&b->problem) : NULL));
	return map;
}

int look_build_value(const struct build *b, struct value **ret_value, struct error *err)
{
	const char escape[] = {b->dockerfile.escape, '\0'};
	struct value *map = value_map();

	put(&map, "File", value_text(b->file));
	put(&map, "Escape", value_text(escape));
	put(&map, "Syntax", value_text(b->dockerfile.syntax));
	put(&map, "Stages", stages_value(&b->dockerfile));
	put(&map, "Instructions", instructions_value(b));
	put(&map, "Context", context_value(b));
	*ret_value = map;
	return map ? 0 : error_nomem(err);
}
