// SPDX-License-Identifier: Apache-2.0
/*
 * docker run lines. The old container is stopped and renamed, not removed: the way back is to remove
 * the new one and give the old one its name again. Steps are joined by &&, so that a script and a
 * paste into a terminal both end at the first that fails.
 */
#include "harden/report/suggest.h"

#include "harden/text/service.h"
#include "harden/text/shell_word.h"

#define OLD "-before-harden"

/* A text, or the variable that has a secret. */
static void word(struct strbuf *out, const struct value *v)
{
	const char *secret = value_get_text(v, SERVICE_SECRET);
	const char *before = value_get_text(v, SERVICE_BEFORE);

	if (!secret) {
		shell_word(value_as_text(v) ? v->text : "", out);
		return;
	}
	if (before)
		shell_word(before, out);
	strbuf_appendf(out, "\"$%s\"", secret);
}

static void words(struct strbuf *out, const struct value *list, size_t from)
{
	for (size_t i = from; i < value_len(list); i++) {
		strbuf_append(out, i > from ? " " : "");
		word(out, list->members[i].value);
	}
}

/* Whether another of the keys is said by the same option. */
static bool is_said_too(const struct suggestion *s, const struct suggestion_step *step,
			const char *flag)
{
	for (size_t i = 0; flag && i < step->keys.len; i++)
		if (value_get(s->after, step->keys.items[i]) &&
		    str_equal(service_flag(step->keys.items[i]), flag))
			return true;
	return false;
}

/* The options that say these keys, or that are gone. */
static char *done_by(const struct suggestion *s, const struct suggestion_step *step)
{
	AUTO(strbuf) struct strbuf text = {0};

	for (size_t i = 0; i < step->keys.len; i++) {
		const char *key = step->keys.items[i], *flag = service_flag(key);
		bool gone = !value_get(s->after, key);

		if (gone && is_said_too(s, step, flag))
			continue;
		strbuf_appendf(&text, "%s%s%s", text.len ? ", " : "", gone ? "without " : "",
			       flag ? flag : key);
	}
	return strbuf_text(&text) ? strdup(strbuf_text(&text)) : NULL;
}

static int heading(const struct suggestion *s, struct strbuf *out, struct error *err)
{
	suggest_comment(out, 0, s->container, "");
	for (size_t i = 0; i < s->len; i++) {
		const struct suggestion_step *step = &s->steps[i];
		AUTO_FREE char *with = done_by(s, step);

		if (!with)
			return error_nomem(err);
		suggest_step(out, 0, step, step->keys.len ? with : "by hand");
	}
	for (size_t i = 0; i < s->notes.len; i++)
		suggest_comment(out, 0, "", s->notes.items[i]);
	return 0;
}

/* Further networks, and all of them where the first is the default bridge. */
static size_t connect_from(const struct suggestion *s)
{
	return value_get(s->after, "network_mode") ? 0 : 1;
}

static int connect(const struct suggestion *s, struct strbuf *out, struct error *err)
{
	const struct value *networks = value_get(s->after, "networks");

	for (size_t i = connect_from(s); i < value_len(networks); i++) {
		AUTO_PTR(value) struct value *list = value_list();

		if (!list ||
		    service_network_words(networks->members[i].value, list, "--alias", err) < 0)
			return error_nomem(err);
		strbuf_append(out, " &&\ndocker network connect ");
		words(out, list, 0);
		strbuf_append(out, list->len ? " " : "");
		shell_word(networks->members[i].key, out);
		strbuf_append_char(out, ' ');
		shell_word(s->container, out);
	}
	return 0;
}

static void set_aside(const struct suggestion *s, struct strbuf *out)
{
	const char *name = s->container;

	for (size_t i = 0; i < s->commands.len; i++)
		strbuf_appendf(out, "%s%s\n", s->commands.items[i],
			       s->commands.items[i][0] == '#' ? "" : " &&");
	if (s->first_network)
		strbuf_appendf(out, "docker network create %s &&\n", s->first_network);
	if (s->running)
		strbuf_appendf(out, "docker stop %s &&\n", name);
	if (s->removes_itself && s->running)
		return; /* stopping it was its end */
	if (s->always_restarts)
		strbuf_appendf(out, "docker update --restart no %s &&\n", name);
	strbuf_appendf(out, "docker rename %s %s" OLD " &&\n", name, name);
}

static void way_back(const struct suggestion *s, struct strbuf *out)
{
	const char *name = s->container;

	if (s->removes_itself && s->running) {
		suggest_comment(out, 0, "",
				"it removes itself when it stops, with its anonymous volumes: "
				"there is no way back");
		return;
	}
	strbuf_appendf(out, "# back: docker rm --force %s && docker rename %s" OLD " %s", name,
		       name, name);
	if (s->always_restarts)
		strbuf_appendf(out, " && docker update --restart always %s", name);
	if (s->running)
		strbuf_appendf(out, " && docker start %s", name);
	strbuf_append_char(out, '\n');
}

static int container(const struct suggestion *s, struct strbuf *out, struct error *err)
{
	AUTO_PTR(value) struct value *lines = NULL, *command = NULL;
	bool connects = value_len(value_get(s->after, "networks")) > connect_from(s);

	if (service_run_lines(s->after, &lines, &command, err) < 0)
		return -1;
	set_aside(s, out);
	strbuf_appendf(out, "docker %s \\\n  --name ",
		       s->running && !connects ? "run --detach" : "create");
	shell_word(s->container, out);
	for (size_t i = 0; i < value_len(lines); i++) {
		strbuf_append(out, " \\\n  ");
		words(out, lines->members[i].value, 0);
	}
	strbuf_append(out, " \\\n  ");
	shell_word(s->image, out);
	if (command->len) {
		strbuf_append(out, " \\\n  ");
		words(out, command, 0);
	}
	if (connect(s, out, err) < 0)
		return -1;
	if (s->running && connects)
		strbuf_appendf(out, " &&\ndocker start %s", s->container);
	strbuf_append_char(out, '\n');
	way_back(s, out);
	return 0;
}

int suggest_run_lines(const struct suggestion_group *g, struct strbuf *out, struct error *err)
{
	for (size_t i = 0; i < g->len; i++) {
		strbuf_append(out, i ? "\n" : "");
		if (heading(&g->items[i], out, err) < 0 || container(&g->items[i], out, err) < 0)
			return -1;
	}
	return strbuf_text(out) ? 0 : error_nomem(err);
}
