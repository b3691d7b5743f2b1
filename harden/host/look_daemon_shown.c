// SPDX-License-Identifier: Apache-2.0
/*
 * Which answer of the API shows which key, and how. A key without a line here shows nowhere: then
 * the command line and the file that the daemon was started with have to tell.
 *
 * Source: moby daemon/info.go, daemon/info_unix.go, 20.10 to 29.7.
 */
#include "harden/host/look_daemon_parts.h"

#include <string.h>

#define OPTION_ICC "com.docker.network.bridge.enable_icc"

struct shown;

/* 1 with *ret_value, 0: this answer does not tell; *ret_value NULL with 1 is out of memory. */
typedef int show_function(const struct daemon_now *now, const struct shown *how,
			  struct value **ret_value);

enum answer { ANSWER_INFO, ANSWER_VERSION, ANSWER_BRIDGE };

struct shown {
	const char *key;
	enum answer answer;
	const char *member;
	show_function *show;
	const char *source;
	const char *since; /* older engines do not show it, NULL: all do */
};

static const struct value *answer_of(const struct daemon_now *now, enum answer which)
{
	return which == ANSWER_INFO	 ? now->info
	       : which == ANSWER_VERSION ? now->version
					 : now->bridge;
}

static int show_member(const struct daemon_now *now, const struct shown *how,
		       struct value **ret_value)
{
	const struct value *v = value_get(answer_of(now, how->answer), how->member);

	if (!v || v->kind == VALUE_NULL)
		return 0;
	*ret_value = value_copy(v);
	return 1;
}

/* The options of a network are texts. */
static int show_option(const struct daemon_now *now, const struct shown *how,
		       struct value **ret_value)
{
	const char *text = value_get_text(value_get(now->bridge, "Options"), how->member);
	bool b;

	if (!text || !daemon_parse_bool(text, &b))
		return 0;
	*ret_value = value_bool(b);
	return 1;
}

/* An element "name=WHAT" or "name=WHAT,..." of SecurityOptions; engines before 1.13 left "name=". */
static const char *security_option(const struct daemon_now *now, const char *what)
{
	const struct value *list = value_get(now->info, "SecurityOptions");

	for (size_t i = 0; i < value_len(list); i++) {
		const char *text = value_as_text(list->members[i].value);
		size_t n = strlen(what);

		if (!text)
			continue;
		text += str_starts(text, "name=") ? 5 : 0;
		if (strncmp(text, what, n) == 0 && (!text[n] || text[n] == ','))
			return text + n;
	}
	return NULL;
}

static bool has_security_options(const struct daemon_now *now)
{
	return value_get(now->info, "SecurityOptions") != NULL;
}

static int show_security(const struct daemon_now *now, const struct shown *how,
			 struct value **ret_value)
{
	if (!has_security_options(now))
		return 0;
	*ret_value = value_bool(security_option(now, how->member) != NULL);
	return 1;
}

/* Who it is mapped to is not shown, only that it is. */
static int show_userns(const struct daemon_now *now, const struct shown *how,
		       struct value **ret_value)
{
	AUTO_FREE char *user = NULL;

	if (!has_security_options(now))
		return 0;
	if (!security_option(now, how->member)) {
		*ret_value = value_text("");
		return 1;
	}
	if (dockerd_text(now->view, "userns-remap", &user, NULL) < 0)
		return 0;
	*ret_value = value_text(user ? user : "default");
	return 1;
}

/* "default" was the name of the built-in profile up to 20.10, when the key was then empty. */
static int show_seccomp(const struct daemon_now *now, const struct shown *how,
			struct value **ret_value)
{
	const char *option = security_option(now, how->member);
	const char *profile = option ? strstr(option, "profile=") : NULL;

	if (!has_security_options(now))
		return 0;
	if (!option)
		*ret_value = value_text("unconfined"); /* a kernel or a build without seccomp */
	else if (!profile)
		return 0;
	else if (strncmp(profile + 8, "default", 7) == 0)
		*ret_value = value_text("");
	else
		*ret_value = value_textf("%.*s", (int)strcspn(profile + 8, ","), profile + 8);
	return 1;
}

static bool is_implied(const char *cidr)
{
	return str_equal(cidr, "127.0.0.0/8") || str_equal(cidr, "::1/128");
}

/* Networks stand in one list, names with or without a port in the other, marked as not secure. */
static int show_registries(const struct daemon_now *now, const struct shown *how,
			   struct value **ret_value)
{
	const struct value *config = value_get(now->info, how->member);
	const struct value *cidrs = value_get(config, "InsecureRegistryCIDRs");
	const struct value *names = value_get(config, "IndexConfigs");
	struct value *list;

	if (!config || config->kind != VALUE_MAP)
		return 0;
	list = value_list();
	for (size_t i = 0; list && i < value_len(cidrs); i++) {
		const char *cidr = value_as_text(cidrs->members[i].value);

		if (cidr && !is_implied(cidr) && value_add(list, value_text(cidr), NULL) < 0)
			goto nomem;
	}
	for (size_t i = 0; list && i < value_len(names); i++) {
		const struct value *secure = value_get(names->members[i].value, "Secure");

		if ((!secure || secure->kind != VALUE_BOOL || !secure->boolean) &&
		    value_add(list, value_text(names->members[i].key), NULL) < 0)
			goto nomem;
	}
	*ret_value = list;
	return 1;
nomem:
	value_free(list);
	*ret_value = NULL;
	return 1;
}

static int show_plugins(const struct daemon_now *now, const struct shown *how,
			struct value **ret_value)
{
	const struct value *plugins = value_get(now->info, "Plugins");
	const struct value *v = value_get(plugins, how->member);

	if (!plugins)
		return 0;
	*ret_value = v && v->kind == VALUE_LIST ? value_copy(v) : value_list();
	return 1;
}

static const struct shown table[] = {
	{"authorization-plugins", ANSWER_INFO, "Authorization", show_plugins,
	 "/info Plugins.Authorization", NULL},
	{"debug", ANSWER_INFO, "Debug", show_member, "/info Debug", NULL},
	{"default-runtime", ANSWER_INFO, "DefaultRuntime", show_member, "/info DefaultRuntime",
	 NULL},
	{"experimental", ANSWER_INFO, "ExperimentalBuild", show_member, "/info ExperimentalBuild",
	 NULL},
	{"icc", ANSWER_BRIDGE, OPTION_ICC, show_option, "/networks/bridge Options " OPTION_ICC,
	 NULL},
	{"insecure-registries", ANSWER_INFO, "RegistryConfig", show_registries,
	 "/info RegistryConfig", NULL},
	{"live-restore", ANSWER_INFO, "LiveRestoreEnabled", show_member, "/info LiveRestoreEnabled",
	 NULL},
	{"log-driver", ANSWER_INFO, "LoggingDriver", show_member, "/info LoggingDriver", NULL},
	{"no-new-privileges", ANSWER_INFO, "no-new-privileges", show_security,
	 "/info SecurityOptions", "24.0"},
	{"rootless", ANSWER_INFO, "rootless", show_security, "/info SecurityOptions", NULL},
	{"seccomp-profile", ANSWER_INFO, "seccomp", show_seccomp, "/info SecurityOptions", NULL},
	{"storage-driver", ANSWER_INFO, "Driver", show_member, "/info Driver", NULL},
	{"userns-remap", ANSWER_INFO, "userns", show_userns, "/info SecurityOptions", NULL},
};

int daemon_shown(const struct daemon_now *now, const char *key, struct value **ret_value,
		 const char **ret_source, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct shown *how = &table[i];
		const char *version = daemon_version(now);

		if (!str_equal(how->key, key) || !answer_of(now, how->answer))
			continue;
		if (how->since && (!version || !engine_at_least(version, how->since)))
			return 0;
		if (!how->show(now, how, ret_value))
			return 0;
		*ret_source = how->source;
		return *ret_value ? 1 : error_nomem(err);
	}
	return 0;
}
