// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `manual`: what no program can decide. It asks its question and shows the facts
 * that a person needs for the answer. With `at-least` a version is compared: an older one is a
 * violation, a newer one passes, and without a minimum the question stays open.
 */
#include "harden/host/look_daemon.h"
#include "harden/resource/type.h"

#include <stdlib.h>

static const struct key keys[] = {
	{.key = "ask", .kind = KEY_TEXT, .required = true, .summary = "the question to a person"},
	{.key = "evidence",
	 .kind = KEY_TEXT_LIST,
	 .summary = "names of facts that help to answer it"},
	{.key = "fact", .kind = KEY_TEXT, .summary = "the fact that holds the version to compare"},
	{.key = "at-least",
	 .kind = KEY_TEXT,
	 .summary = "the oldest version that passes; empty: a person decides"},
	{.key = NULL},
};

struct manual_spec {
	char *ask, *fact, *minimum;
	struct strv evidence;
	/* values of the facts, put beside the keys by the engine */
	struct value *facts;
};

static void manual_spec_free(void *p)
{
	struct manual_spec *spec = p;

	free(spec->ask);
	free(spec->fact);
	free(spec->minimum);
	strv_done(&spec->evidence);
	value_free(spec->facts);
	free(spec);
}

static int copy_text(char **slot, const struct value *entry, const char *key, struct error *err)
{
	const char *text = value_get_text(entry, key);

	if (!text || !*text)
		return 0;
	*slot = strdup(text);
	return *slot ? 0 : error_nomem(err);
}

static int load_names(const struct value *v, struct strv *names, struct error *err)
{
	if (value_as_text(v))
		return strv_add(names, v->text, err);
	for (size_t i = 0; i < value_len(v); i++)
		if (value_as_text(v->members[i].value) &&
		    strv_add(names, v->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int manual_load(const struct value *entry, const char *file, void **ret_spec,
		       struct error *err)
{
	struct manual_spec *spec = calloc(1, sizeof(*spec));

	(void)file; /* every mistake was found by the key table */
	if (!spec)
		return error_nomem(err);
	if (copy_text(&spec->ask, entry, "ask", err) < 0 ||
	    copy_text(&spec->fact, entry, "fact", err) < 0 ||
	    copy_text(&spec->minimum, entry, "at-least", err) < 0 ||
	    load_names(value_get(entry, "evidence"), &spec->evidence, err) < 0 ||
	    (value_get(entry, "facts") && !(spec->facts = value_copy(value_get(entry, "facts"))))) {
		manual_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

/* The facts have been looked at; what runs may be older than what is installed. */
struct manual_seen {
	bool running, deleted;
	char *version; /* of the running engine, NULL: unknown */
};

static void manual_seen_free(void *p)
{
	struct manual_seen *seen = p;

	free(seen->version);
	free(seen);
}

static int look_engine_version(struct host *host, struct manual_seen *seen, struct error *err)
{
	const struct daemon_now *now;
	const char *version;

	if (look_daemon(host, &now, NULL) < 0 || !now->process.pid)
		return 0; /* the fact then is all there is */
	version = value_get_text(now->version, "Version");
	seen->running = version != NULL;
	seen->deleted = now->process.deleted;
	seen->version = version ? strdup(version) : NULL;
	return version && !seen->version ? error_nomem(err) : 0;
}

static int manual_inspect(const void *p, struct host *host, void **ret_seen, struct error *err)
{
	const struct manual_spec *spec = p;
	struct manual_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (host->live && str_equal(spec->fact, "docker.version") &&
	    look_engine_version(host, seen, err) < 0) {
		manual_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

/* Digits as numbers, everything else as text; a suffix behind '+', '~' or '-' does not count. */
static int version_compare(const char *a, const char *b)
{
	for (;;) {
		unsigned long x, y;
		char *a_end, *b_end;

		x = strtoul(a, &a_end, 10);
		y = strtoul(b, &b_end, 10);
		if (x != y)
			return x < y ? -1 : 1;
		if (*a_end != '.' && *b_end != '.')
			return 0;
		a = *a_end == '.' ? a_end + 1 : "0";
		b = *b_end == '.' ? b_end + 1 : "0";
	}
}

static int judge_version(const struct manual_spec *spec, struct judgement *j, struct error *err)
{
	const char *version = value_get_text(spec->facts, spec->fact);

	if (!version) {
		judgement_raise(j, STATUS_MANUAL);
		return judgement_note(j, err, "%s is not known here", spec->fact);
	}
	if (version_compare(version, spec->minimum) >= 0) {
		judgement_raise(j, STATUS_PASS);
		return 0;
	}
	return judgement_find(j, spec->fact, PART_WRITTEN, value_text(spec->minimum),
			      value_text(version), err, "%s is %s, older than %s", spec->fact,
			      version, spec->minimum);
}

static int judge_running(const struct manual_spec *spec, const struct manual_seen *seen,
			 struct judgement *j, struct error *err)
{
	j->running = seen->running;
	if (seen->deleted &&
	    judgement_note(j, err,
			   "the running dockerd is older than its file: an upgrade waits for a "
			   "restart of docker") < 0)
		return -1;
	if (!seen->version)
		return 0;
	if (judgement_evidence(j, value_text(seen->version), err,
			       "running dockerd: GET /version Version") < 0)
		return -1;
	if (!spec->minimum || version_compare(seen->version, spec->minimum) >= 0)
		return 0;
	return judgement_find(
		j, "dockerd", PART_RUNNING, value_text(spec->minimum), value_text(seen->version),
		err, "the running dockerd is %s, older than %s: upgrade it and restart docker",
		seen->version, spec->minimum);
}

static int manual_judge(const void *p, const void *q, struct judgement *j, struct error *err)
{
	const struct manual_spec *spec = p;

	for (size_t i = 0; i < spec->evidence.len; i++) {
		const struct value *v = value_get(spec->facts, spec->evidence.items[i]);

		if (judgement_evidence(j, v ? value_copy(v) : value_null(), err, "%s",
				       spec->evidence.items[i]) < 0)
			return -1;
	}
	if (judge_running(spec, q, j, err) < 0)
		return -1;
	if (spec->fact && spec->minimum)
		return judge_version(spec, j, err);
	judgement_raise(j, STATUS_MANUAL);
	return judgement_note(j, err, "%s", spec->ask);
}

const struct resource_type resource_manual = {
	.schema =
		{
			.name = "manual",
			.summary = "a question that a person answers, with the facts for it",
			.keys = keys,
			.traits = TYPE_OFFLINE | TYPE_TAKES_FACTS,
		},
	.load = manual_load,
	.spec_free = manual_spec_free,
	.inspect = manual_inspect,
	.seen_free = manual_seen_free,
	.judge = manual_judge,
};
