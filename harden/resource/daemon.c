// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `daemon`: its keys, and the way from a recipe's entry over the effective value
 * to a verdict and to staged changes. Operators are in daemon_ops.c.
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
#include "harden/host/look_daemon.h"
#include "harden/host/look_flavour.h"
#include "harden/host/look_swarm.h"
#include "harden/resource/daemon_load.h"
#include "harden/resource/daemon_running.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct key daemon_type_keys[] = {
	{"key", KEY_TEXT, .required = true,
	 .summary =
		 "a key of daemon.json, or a dotted path into one such as log-opts.syslog-address"},
	{"equals", KEY_ANY, .summary = "the effective value is this one"},
	{"one-of", KEY_ANY, .summary = "the effective value is one of these; the first is the fix"},
	{"not", KEY_ANY, .summary = "the effective value is not this one"},
	{"contains", KEY_TEXT, .summary = "the list holds this element"},
	{"lacks", KEY_TEXT_LIST,
	 .summary = "the list holds none of these; a final * makes it a prefix, case is ignored"},
	{"non-empty", KEY_BOOL, .summary = "the effective value is not empty"},
	{"empty", KEY_BOOL, .summary = "the effective value is empty but for what allow names"},
	{"verified-tcp", KEY_BOOL, .summary = "every TCP listener asks clients for a certificate"},
	{"valid-ulimits", KEY_BOOL, .summary = "default ulimits are set and usable"},
	{"mapped", KEY_BOOL, .summary = "containers run on subordinate user ids that exist"},
	{"plugin", KEY_BOOL, .summary = "an authorization plugin is set and can be reached"},
	{"remote", KEY_BOOL, .summary = "container logs leave this host"},
	{"confined", KEY_BOOL,
	 .summary = "the seccomp profile is the built-in one or an allowed file"},
	{"fix", KEY_ANY, .summary = "absent, none or a value; without it the operator decides"},
	{"allow", KEY_TEXT_LIST, .summary = "values or elements that pass nevertheless"},
	{"opts", KEY_ANY,
	 .summary = "log-opts that replace the old ones together with a log driver"},
	{"forwarded", KEY_BOOL, .default_text = "false",
	 .summary = "the local syslog or journal is forwarded to another host"},
	{"remove-tcp", KEY_BOOL, .default_text = "false",
	 .summary = "the fix of verified-tcp may remove TCP listeners"},
	{"tlscacert", KEY_TEXT, .summary = "CA certificate that verified-tcp sets"},
	{"tlscert", KEY_TEXT, .summary = "certificate that verified-tcp sets"},
	{"tlskey", KEY_TEXT, .summary = "private key that verified-tcp sets"},
	{"accept-data-reset", KEY_BOOL, .default_text = "false",
	 .summary = "userns-remap may be set although images and containers vanish from view"},
	{"when", KEY_MAP, .summary = "applies only where these keys have these effective values"},
	{"unless", KEY_MAP,
	 .summary = "does not apply where these keys have these effective values"},
	{"unless-swarm", KEY_BOOL, .default_text = "false",
	 .summary = "does not apply to a swarm node"},
	{"review", KEY_BOOL, .default_text = "false",
	 .summary = "a violation is for a person to judge (manual), not a failure"},
	{NULL, KEY_ANY, .summary = NULL},
};

void daemon_want_done(struct daemon_want *want)
{
	value_free(want->value);
	*want = (struct daemon_want){0};
}

static void violation_done(struct daemon_violation *v)
{
	free(v->resource);
	free(v->message);
	value_free(v->expected);
	value_free(v->actual);
}

/* Takes v in every case. */
__attribute__((format(printf, 5, 0))) static int
add_violation(struct daemon_violation **items, size_t *len, size_t *cap, struct daemon_violation v,
	      const char *format, va_list args, struct error *err)
{
	if (vasprintf(&v.message, format, args) < 0)
		v.message = NULL;
	if (!v.message || !v.resource ||
	    vec_reserve((void **)items, cap, *len, sizeof(v), err) < 0) {
		violation_done(&v);
		return error_nomem(err);
	}
	(*items)[(*len)++] = v;
	return 0;
}

int daemon_violate(struct daemon_seen *seen, const char *resource, struct value *expected,
		   struct value *actual, struct error *err, const char *format, ...)
{
	struct daemon_violation v = {.resource = strdup(resource ? resource : "dockerd"),
				     .expected = expected,
				     .actual = actual};
	va_list args;
	int r;

	va_start(args, format);
	r = add_violation(&seen->violations, &seen->len, &seen->cap, v, format, args, err);
	va_end(args);
	return r;
}

int daemon_differ(struct daemon_seen *seen, struct value *expected, struct value *actual,
		  struct error *err, const char *format, ...)
{
	struct daemon_violation v = {
		.resource = strdup("dockerd"), .expected = expected, .actual = actual};
	va_list args;
	int r;

	va_start(args, format);
	r = add_violation(&seen->running, &seen->running_len, &seen->running_cap, v, format, args,
			  err);
	va_end(args);
	return r;
}

int daemon_evidence(struct daemon_seen *seen, struct value *value, struct error *err,
		    const char *source_format, ...)
{
	struct evidence e = {.value = value};
	va_list args;
	int n;

	va_start(args, source_format);
	n = vasprintf(&e.source, source_format, args);
	va_end(args);
	if (n < 0)
		e.source = NULL;
	if (!e.source || !value ||
	    vec_reserve((void **)&seen->evidence, &seen->evidence_cap, seen->evidence_len,
			sizeof(e), err) < 0) {
		free(e.source);
		value_free(value);
		return error_nomem(err);
	}
	seen->evidence[seen->evidence_len++] = e;
	return 0;
}

void daemon_seen_done(struct daemon_seen *seen)
{
	free(seen->not_applicable);
	for (size_t i = 0; i < seen->evidence_len; i++) {
		free(seen->evidence[i].source);
		value_free(seen->evidence[i].value);
	}
	free(seen->evidence);
	for (size_t i = 0; i < seen->len; i++)
		violation_done(&seen->violations[i]);
	free(seen->violations);
	for (size_t i = 0; i < seen->running_len; i++)
		violation_done(&seen->running[i]);
	free(seen->running);
	error_done(&seen->unlooked);
	strv_done(&seen->notes);
	setting_done(&seen->now);
	*seen = (struct daemon_seen){0};
}

static void seen_free(void *p)
{
	if (p)
		daemon_seen_done(p);
	free(p);
}

/* "true", "17", "info": what a recipe would write for a plain value; NULL for others. */
static char *plain_text(const struct value *v)
{
	if (v->kind == VALUE_BOOL)
		return strdup(v->boolean ? "true" : "false");
	if (v->kind == VALUE_INTEGER)
		return str_format("%lld", (long long)v->integer);
	return strdup(value_as_text(v) ? value_as_text(v) : "");
}

/* Whether each key has one of the values the map names; *ret_why describes the first that has not. */
static int conditions_hold(const struct dockerd *d, const struct value *map, bool *ret_hold,
			   char **ret_text, struct error *err)
{
	*ret_hold = true;
	for (size_t i = 0; i < value_len(map) && *ret_hold; i++) {
		const struct value *want = map->members[i].value;
		AUTO(setting) struct setting s = {0};
		AUTO_FREE char *text = NULL;
		size_t n = want->kind == VALUE_LIST ? want->len : 1;

		if (dockerd_setting(d, map->members[i].key, &s, err) < 0)
			return -1;
		text = plain_text(s.value);
		if (!text)
			return error_nomem(err);
		*ret_hold = false;
		for (size_t j = 0; j < n && !*ret_hold; j++) {
			const struct value *one =
				want->kind == VALUE_LIST ? want->members[j].value : want;
			AUTO_FREE char *other = plain_text(one);

			if (!other)
				return error_nomem(err);
			*ret_hold = strcasecmp(other, text) == 0;
		}
		free(*ret_text);
		*ret_text = str_format("%s is \"%s\" (%s)", map->members[i].key, text, s.source);
		if (!*ret_text)
			return error_nomem(err);
	}
	return 0;
}

static int not_applicable(struct daemon_seen *seen, char *why, struct error *err)
{
	seen->not_applicable = why;
	if (!why)
		return error_nomem(err);
	return daemon_evidence(seen, value_text(why), err, "dockerd");
}

static int look_conditions(const struct dockerd *d, const struct value *map, bool wanted,
			   struct daemon_seen *seen, struct error *err)
{
	AUTO_FREE char *why = NULL;
	bool hold;

	if (conditions_hold(d, map, &hold, &why, err) < 0)
		return -1;
	return hold == wanted ? 0 : not_applicable(seen, take_ptr(&why), err);
}

static int look_membership(struct host *host, const struct dockerd *d, struct daemon_seen *seen,
			   struct error *err)
{
	AUTO_FREE char *state = NULL;

	if (look_swarm(host, d, &state, err) < 0)
		return -1;
	if (!state)
		return 0;
	return not_applicable(seen, str_format("this host is a swarm node (%s)", state), err);
}

/* A dockerd that nobody installed: started from somewhere by hand. */
static bool runs_nevertheless(struct host *host)
{
	const struct daemon_now *now;

	return host->live && look_daemon(host, &now, NULL) == 0 && now->process.pid;
}

/* A snap's or a user's own engine is nobody's pass: it is left to a person. */
static int look_other_engine(struct host *host, const struct dockerd *d, struct daemon_seen *seen,
			     struct error *err)
{
	AUTO(flavour) struct flavour f = {0};

	if (look_flavour(host, d, &f, err) < 0)
		return -1;
	seen->unmanaged = f.what && !str_equal(f.name, "containerd");
	return not_applicable(seen, f.what ? take_ptr(&f.what) : strdup("Docker is not installed"),
			      err);
}

static int look_applies(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
			struct daemon_seen *seen, struct error *err)
{
	if (!d->installed && !d->config_content && !runs_nevertheless(host))
		return look_other_engine(host, d, seen, err);
	if (spec->when && look_conditions(d, spec->when, true, seen, err) < 0)
		return -1;
	if (spec->unless && !seen->not_applicable &&
	    look_conditions(d, spec->unless, false, seen, err) < 0)
		return -1;
	if (spec->unless_swarm && !seen->not_applicable)
		return look_membership(host, d, seen, err);
	return 0;
}

static int fill_seen(const struct daemon_spec *spec, struct host *host, struct daemon_seen *seen,
		     struct error *err)
{
	const struct dockerd *d;

	if (look_dockerd(host, &d, err) < 0)
		return -1;
	if (dockerd_setting(d, spec->path, &seen->now, err) < 0)
		return -1;
	if (look_applies(spec, host, d, seen, err) < 0)
		return -1;
	for (size_t i = 0; i < d->notes.len; i++)
		if (strv_add(&seen->notes, d->notes.items[i], err) < 0)
			return -1;
	if (seen->not_applicable)
		return 0;
	if (daemon_evidence(seen, value_copy(seen->now.value), err, "%s", seen->now.source) < 0)
		return -1;
	if (spec->op->look(spec, host, d, seen, err) < 0)
		return -1;
	return daemon_look_running(spec, host, seen, err);
}

static int daemon_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err)
{
	struct daemon_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (fill_seen(spec, host, seen, err) < 0) {
		seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

/* What would make it right, by the recipe or the operator. */
static int find_want(const struct daemon_spec *spec, const struct setting *now,
		     struct daemon_want *want, struct error *err)
{
	*want = (struct daemon_want){.kind = WANT_NONE};
	if (spec->fix == FIX_ABSENT)
		want->kind = WANT_ABSENT;
	if (spec->fix == FIX_VALUE) {
		want->kind = WANT_VALUE;
		want->value = value_copy(spec->fix_value);
		return want->value ? 0 : error_nomem(err);
	}
	if (spec->fix == FIX_BY_OPERATOR && spec->op->fix)
		return spec->op->fix(spec, now, want, err);
	return 0;
}

static bool can_fix(const struct daemon_spec *spec)
{
	if (spec->remove_tcp || (spec->tlscert && spec->tlskey && spec->tlscacert))
		return true;
	return spec->fix == FIX_VALUE || spec->fix == FIX_ABSENT ||
	       (spec->fix == FIX_BY_OPERATOR && spec->op->fix);
}

static int judge_violation(const struct daemon_spec *spec, const struct daemon_violation *v,
			   enum part part, struct judgement *j, struct error *err)
{
	if (spec->review) {
		judgement_raise(j, STATUS_MANUAL);
		return judgement_note(j, err, "%s: %s", v->resource, v->message);
	}
	return judgement_find(
		j, v->resource, part, v->expected ? value_copy(v->expected) : value_null(),
		v->actual ? value_copy(v->actual) : value_null(), err, "%s", v->message);
}

/* Not to have been able to look is no pass; a violation that was seen weighs more. */
static int judge_running(const struct daemon_spec *spec, const struct daemon_seen *seen,
			 struct judgement *j, struct error *err)
{
	const struct error *why = &seen->unlooked;

	j->running = seen->running_looked;
	for (size_t i = 0; i < seen->running_len; i++)
		if (judge_violation(spec, &seen->running[i], PART_RUNNING, j, err) < 0)
			return -1;
	if (why->code == ERROR_NONE)
		return 0;
	judgement_raise(j, STATUS_ERROR);
	return judgement_evidence(j,
				  value_textf("%s%s%s", error_message(why), why->next ? "; " : "",
					      why->next ? why->next : ""),
				  err, "the running dockerd could not be looked at");
}

static int daemon_judge(const void *spec_ptr, const void *seen_ptr, struct judgement *j,
			struct error *err)
{
	const struct daemon_spec *spec = spec_ptr;
	const struct daemon_seen *seen = seen_ptr;

	for (size_t i = 0; i < seen->evidence_len; i++)
		if (judgement_evidence(j, value_copy(seen->evidence[i].value), err, "%s",
				       seen->evidence[i].source) < 0)
			return -1;
	for (size_t i = 0; i < seen->notes.len; i++)
		if (judgement_note(j, err, "%s", seen->notes.items[i]) < 0)
			return -1;
	if (seen->unmanaged) {
		judgement_raise(j, STATUS_MANUAL);
		return judgement_note(j, err, "%s", seen->not_applicable);
	}
	if (seen->not_applicable &&
	    judgement_note(j, err, "not applicable: %s", seen->not_applicable) < 0)
		return -1;
	if (seen->not_applicable)
		return judge_running(spec, seen, j, err);
	judgement_raise(j, seen->manual ? STATUS_MANUAL : STATUS_PASS);
	for (size_t i = 0; i < seen->len; i++)
		if (judge_violation(spec, &seen->violations[i], PART_WRITTEN, j, err) < 0)
			return -1;
	if (seen->len && can_fix(spec))
		j->fixable = true;
	return judge_running(spec, seen, j, err);
}

static int daemon_stage(const void *spec_ptr, const void *seen_ptr, struct host *host,
			struct error *err)
{
	const struct daemon_spec *spec = spec_ptr;
	const struct daemon_seen *seen = seen_ptr;
	AUTO(daemon_want) struct daemon_want want = {0};
	AUTO(setting) struct setting now = {0};
	const struct dockerd *d;
	int refused;

	if (!seen->len)
		return daemon_stage_running(seen, host, err);
	if (seen->not_applicable)
		return 0;
	if (look_dockerd(host, &d, err) < 0 || dockerd_setting(d, spec->path, &now, err) < 0)
		return -1;
	if (spec->op->look == daemon_look_tcp && spec->fix == FIX_BY_OPERATOR)
		return daemon_stage_tcp(spec, host, d, err);
	if (find_want(spec, &now, &want, err) < 0)
		return -1;
	if (want.kind == WANT_NONE) {
		AUTO_FREE char *next =
			str_format("set %s in %s by hand", spec->path, d->config_path);

		if (!next)
			return error_nomem(err);
		return stage_by_hand(host->stage,
				     want.reason ? want.reason : seen->violations[0].message,
				     want.next ? want.next : next, err);
	}
	refused = daemon_refuse(spec, host, d, &want, err);
	if (refused)
		return refused < 0 ? -1 : 0;
	if (spec->opts && str_equal(spec->path, "log-driver")) {
		AUTO(daemon_want)
		struct daemon_want opts = {.kind = WANT_VALUE, .value = value_copy(spec->opts)};

		if (!opts.value)
			return error_nomem(err);
		if (daemon_write(host, "log-opts", &opts, err) < 0)
			return -1;
	}
	return daemon_write(host, spec->path, &want, err);
}

const struct resource_type resource_daemon = {
	.schema =
		{
			.name = "daemon",
			.summary = "a key of dockerd's configuration, by its effective value",
			.keys = daemon_type_keys,
			.traits = TYPE_OFFLINE,
		},
	.load = daemon_load,
	.spec_free = daemon_spec_free,
	.inspect = daemon_inspect,
	.seen_free = seen_free,
	.judge = daemon_judge,
	.stage = daemon_stage,
};
