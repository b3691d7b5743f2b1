// SPDX-License-Identifier: Apache-2.0
/*
 * The operators that compare, and the table of all operators.
 */
#include "harden/resource/daemon.h"

#include "harden/text/json.h"

#include <string.h>

bool daemon_equal(const struct daemon_key *key, const struct value *a, const struct value *b)
{
	/* moby lower-cases the level before it looks (logrus.ParseLevel, config.Validate) */
	if (str_equal(key->name, "log-level") && a->kind == VALUE_TEXT && b->kind == VALUE_TEXT)
		return strcasecmp(a->text, b->text) == 0;
	return value_equal(a, b);
}

const char *daemon_resource(const struct dockerd *d, const struct setting *s)
{
	for (size_t i = d->flags.len; s->from == FROM_FLAG && i-- > 0;)
		if (d->flags.items[i].key == s->key)
			return dockerd_source_path(d, d->line.args[d->flags.items[i].word].source);
	return d->config_path;
}

static int violate_with_text(const struct daemon_spec *spec, const struct dockerd *d,
			     struct daemon_seen *seen, const struct value *expected,
			     const char *what, struct error *err)
{
	AUTO_FREE char *now = NULL;

	if (json_to_text(seen->now.value, &now, err) < 0)
		return -1;
	return daemon_violate(seen, daemon_resource(d, &seen->now), value_copy(expected),
			      value_copy(seen->now.value), err, "%s is %s (%s), expected %s",
			      spec->path, now, seen->now.source, what);
}

static bool matches_empty_default(const struct value *now, const struct value *want)
{
	/* an unset tri-state such as tls counts as false */
	return now->kind == VALUE_NULL && want->kind == VALUE_BOOL && !want->boolean;
}

static int look_equals(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err)
{
	AUTO_FREE char *want = NULL;

	(void)host;
	if (daemon_equal(spec->key, seen->now.value, spec->arg) ||
	    matches_empty_default(seen->now.value, spec->arg))
		return 0;
	if (json_to_text(spec->arg, &want, err) < 0)
		return -1;
	return violate_with_text(spec, d, seen, spec->arg, want, err);
}

static int look_one_of(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};
	AUTO_FREE char *list = NULL;

	(void)host;
	for (size_t i = 0; i < spec->arg->len; i++)
		if (daemon_equal(spec->key, seen->now.value, spec->arg->members[i].value))
			return 0;
	if (json_to_text(spec->arg, &list, err) < 0)
		return -1;
	strbuf_appendf(&text, "one of %s", list);
	if (text.failed)
		return error_nomem(err);
	return violate_with_text(spec, d, seen, spec->arg, strbuf_text(&text), err);
}

static int look_not(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		    struct daemon_seen *seen, struct error *err)
{
	(void)host;
	if (!daemon_equal(spec->key, seen->now.value, spec->arg))
		return 0;
	return violate_with_text(spec, d, seen, NULL, "another value", err);
}

/* pattern: a text, or a prefix with a final *; the daemon compares storage options without case. */
static bool element_matches(const char *element, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return strncasecmp(element, pattern, n - 1) == 0;
	return strcasecmp(element, pattern) == 0;
}

static bool is_element(const struct value *v, const char *pattern)
{
	if (v->kind == VALUE_TEXT)
		return element_matches(v->text, pattern);
	for (size_t i = 0; (v->kind == VALUE_LIST || v->kind == VALUE_MAP) && i < v->len; i++) {
		const char *text = v->kind == VALUE_MAP ? v->members[i].key
							: value_as_text(v->members[i].value);

		if (text && element_matches(text, pattern))
			return true;
	}
	return false;
}

static int look_contains(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			 struct daemon_seen *seen, struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};
	const char *want = value_as_text(spec->arg);

	(void)host;
	if (want && is_element(seen->now.value, want))
		return 0;
	strbuf_appendf(&text, "\"%s\" in it", want ? want : "");
	if (text.failed)
		return error_nomem(err);
	return violate_with_text(spec, d, seen, spec->arg, strbuf_text(&text), err);
}

static bool is_lacked(const struct daemon_spec *spec, const char *element)
{
	const struct value *arg = spec->arg;

	if (arg->kind == VALUE_TEXT)
		return element_matches(element, arg->text);
	for (size_t i = 0; arg->kind == VALUE_LIST && i < arg->len; i++) {
		const char *pattern = value_as_text(arg->members[i].value);

		if (pattern && element_matches(element, pattern))
			return true;
	}
	return false;
}

static bool is_allowed(const struct daemon_spec *spec, const char *element)
{
	return strv_has(&spec->allow, element);
}

typedef bool element_test(const struct daemon_spec *spec, const char *element);

static bool is_unwanted_of_lacks(const struct daemon_spec *spec, const char *element)
{
	return is_lacked(spec, element) && !is_allowed(spec, element);
}

static bool is_unwanted_of_empty(const struct daemon_spec *spec, const char *element)
{
	return *element && !is_allowed(spec, element);
}

/* One violation per element that should not be there. */
static int look_unwanted(const struct daemon_spec *spec, const struct dockerd *d,
			 struct daemon_seen *seen, element_test *unwanted, struct error *err)
{
	const struct value *v = seen->now.value;

	if (v->kind == VALUE_TEXT && unwanted(spec, v->text))
		return violate_with_text(spec, d, seen, NULL, "none", err);
	for (size_t i = 0; (v->kind == VALUE_LIST || v->kind == VALUE_MAP) && i < v->len; i++) {
		const char *text = v->kind == VALUE_MAP ? v->members[i].key
							: value_as_text(v->members[i].value);

		if (text && unwanted(spec, text) &&
		    daemon_violate(seen, daemon_resource(d, &seen->now), value_null(),
				   value_text(text), err, "%s holds \"%s\" (%s)", spec->path, text,
				   seen->now.source) < 0)
			return -1;
	}
	return 0;
}

static int look_lacks(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		      struct daemon_seen *seen, struct error *err)
{
	(void)host;
	return look_unwanted(spec, d, seen, is_unwanted_of_lacks, err);
}

static int look_empty(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		      struct daemon_seen *seen, struct error *err)
{
	(void)host;
	return look_unwanted(spec, d, seen, is_unwanted_of_empty, err);
}

static bool is_empty(const struct value *v)
{
	return v->kind == VALUE_NULL || (v->kind == VALUE_TEXT && !*v->text) ||
	       ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && !v->len);
}

static int look_non_empty(const struct daemon_spec *spec, struct host *host,
			  const struct dockerd *d, struct daemon_seen *seen, struct error *err)
{
	(void)host;
	if (!is_empty(seen->now.value))
		return 0;
	return violate_with_text(spec, d, seen, NULL, "a value", err);
}

static int fix_argument(const struct daemon_spec *spec, const struct setting *now,
			struct daemon_want *want, struct error *err)
{
	const struct value *arg = spec->arg;

	(void)now;
	if (str_equal(spec->op->name, "one-of"))
		arg = arg->members[0].value;
	want->kind = WANT_VALUE;
	want->value = value_copy(arg);
	return want->value ? 0 : error_nomem(err);
}

static int fix_contains(const struct daemon_spec *spec, const struct setting *now,
			struct daemon_want *want, struct error *err)
{
	if (now->value->kind != VALUE_LIST)
		return 0;
	want->kind = WANT_VALUE;
	want->value = value_copy(now->value);
	if (!want->value)
		return error_nomem(err);
	return value_add(want->value, value_copy(spec->arg), err);
}

/* What remains when the unwanted is gone. */
static int fix_remaining(const struct daemon_spec *spec, const struct setting *now,
			 struct daemon_want *want, struct error *err)
{
	element_test *unwanted =
		spec->op->look == look_lacks ? is_unwanted_of_lacks : is_unwanted_of_empty;
	const struct value *v = now->value;

	if (v->kind != VALUE_LIST) {
		want->kind = WANT_ABSENT;
		return 0;
	}
	want->kind = WANT_VALUE;
	want->value = value_list();
	if (!want->value)
		return error_nomem(err);
	for (size_t i = 0; i < v->len; i++) {
		const char *text = value_as_text(v->members[i].value);

		if (!(text && unwanted(spec, text)) &&
		    value_add(want->value, value_copy(v->members[i].value), err) < 0)
			return -1;
	}
	return 0;
}

/* Only "unconfined" is taken away; a profile of the site stays (it may be stricter than ours). */
static int fix_confined(const struct daemon_spec *spec, const struct setting *now,
			struct daemon_want *want, struct error *err)
{
	(void)spec;
	(void)err;
	if (str_equal(value_as_text(now->value), "unconfined"))
		want->kind = WANT_ABSENT;
	else
		want->next = "mend the profile, or name it in seccomp_profile once it is reviewed";
	return 0;
}

const struct daemon_operator daemon_operators[] = {
	{"equals", look_equals, fix_argument, true},
	{"one-of", look_one_of, fix_argument, true},
	{"not", look_not, NULL, true},
	{"contains", look_contains, fix_contains, false},
	{"lacks", look_lacks, fix_remaining, false},
	{"non-empty", look_non_empty, NULL, false},
	{"empty", look_empty, fix_remaining, false},
	{"verified-tcp", daemon_look_tcp, NULL, false},
	{"valid-ulimits", daemon_look_ulimits, NULL, false},
	{"mapped", daemon_look_mapped, NULL, false},
	{"plugin", daemon_look_plugin, NULL, false},
	{"remote", daemon_look_remote, NULL, false},
	{"confined", daemon_look_confined, fix_confined, false},
	{NULL, NULL, NULL, false},
};
