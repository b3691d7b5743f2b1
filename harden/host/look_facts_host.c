// SPDX-License-Identifier: Apache-2.0
/*
 * Facts about the host itself and its audit tools.
 */
#include "harden/host/look_facts_parts.h"

#include "harden/host/host.h"
#include "harden/host/look_packages.h"

#include <string.h>
#include <sys/utsname.h>

static int set_os(struct facts *facts, const char *name, const struct shell_env *env,
		  const char *key, const char *path, struct error *err)
{
	const struct shell_env_entry *e = shell_env_find(env, key);

	return facts_set(facts, name, e && e->value.len ? value_text(e->value.text) : value_null(),
			 err, "%s%s%s", path, e ? " " : "", e ? key : "");
}

static int look_os(struct host *host, struct facts *facts, struct error *err)
{
	AUTO(shell_env) struct shell_env env = {0};
	AUTO(look) struct look look = {0};
	const char *path = "/etc/os-release";

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind == FILE_ABSENT) {
		path = "/usr/lib/os-release";
		look_done(&look);
		look = (struct look){0};
		if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
			return -1;
	}
	if (look.state.content && shell_env_parse(look.state.content->data, look.state.content->len,
						  SHELL_ENV_SOURCED, &env, err) < 0)
		return -1;
	if (set_os(facts, "host.os", &env, "ID", path, err) < 0)
		return -1;
	return set_os(facts, "host.os_version", &env, "VERSION_ID", path, err);
}

static int look_kernel(struct host *host, struct facts *facts, struct error *err)
{
	AUTO(strv) struct strv names = {0};
	const char *newest = NULL;
	struct utsname name;

	if (host->live && uname(&name) == 0)
		return facts_set(facts, "host.kernel", value_text(name.release), err, "uname");
	if (look_directory(host, "/usr/lib/modules", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++)
		if (!newest || strverscmp(names.items[i], newest) > 0)
			newest = names.items[i];
	return facts_set(facts, "host.kernel", value_text(newest), err, "/usr/lib/modules");
}

static int look_init(struct host *host, struct facts *facts, struct error *err)
{
	static const struct {
		const char *init;
		const char *const paths[3];
	} inits[] = {
		{"systemd", {"/usr/lib/systemd/systemd", "/lib/systemd/systemd", NULL}},
		{"openrc", {"/sbin/openrc-run", "/usr/sbin/openrc-run", NULL}},
		{"sysvinit", {"/sbin/init", "/usr/sbin/init", NULL}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(inits); i++) {
		AUTO_FREE char *path = NULL;

		if (look_first(host, inits[i].paths, &path, err) < 0)
			return -1;
		if (path)
			return facts_set(facts, "host.init", value_text(inits[i].init), err, "%s",
					 path);
	}
	return facts_set(facts, "host.init", value_text("unknown"), err,
			 "no systemd, openrc or init found");
}

static int active_lsm(struct host *host, struct strv *list, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, "/sys/kernel/security/lsm", LOOK_CONTENT, &look, err) < 0)
		return -1;
	return look.state.content ? strv_split(list, look.state.content->data, ",\n", err) : 0;
}

static int configured_lsm(struct host *host, struct strv *list, struct error *err)
{
	AUTO(look) struct look selinux = {0}, apparmor = {0};
	AUTO(shell_env) struct shell_env env = {0};
	const struct shell_env_entry *e;

	if (look_file(host, "/etc/selinux/config", LOOK_CONTENT, &selinux, err) < 0 ||
	    look_file(host, "/etc/apparmor.d", 0, &apparmor, err) < 0)
		return -1;
	if (selinux.state.content &&
	    shell_env_parse(selinux.state.content->data, selinux.state.content->len,
			    SHELL_ENV_SOURCED, &env, err) < 0)
		return -1;
	e = shell_env_find(&env, "SELINUX");
	if (e && e->value.len && !str_equal(e->value.text, "disabled") &&
	    strv_add(list, "selinux", err) < 0)
		return -1;
	return apparmor.state.kind == FILE_DIRECTORY ? strv_add(list, "apparmor", err) : 0;
}

static int look_lsm(struct host *host, struct facts *facts, struct error *err)
{
	AUTO(strv) struct strv list = {0};

	if (host->live && active_lsm(host, &list, err) < 0)
		return -1;
	if (list.len)
		return facts_set(facts, "host.lsm", value_from_strv(&list), err,
				 "/sys/kernel/security/lsm");
	if (configured_lsm(host, &list, err) < 0)
		return -1;
	return facts_set(facts, "host.lsm", value_from_strv(&list), err,
			 "/etc/selinux/config, /etc/apparmor.d");
}

static int look_audit(struct host *host, struct facts *facts, struct error *err)
{
	static const char *const tools[] = {"/usr/sbin/auditctl", "/sbin/auditctl", NULL};
	static const char *const names[] = {"auditd", "audit", NULL};
	AUTO_FREE char *path = NULL, *version = NULL;
	AUTO(error) struct error why = {0};

	if (look_first(host, tools, &path, err) < 0)
		return -1;
	if (look_package_version(host, names, &version, &why) < 0 && why.code != ERROR_FORMAT) {
		error_move(err, &why);
		return -1;
	}
	if (facts_set(facts, "audit.installed", value_bool(path || version), err, "%s",
		      path ? path : "package database") < 0 ||
	    facts_set(facts, "audit.version", value_text(version), err, "package database") < 0)
		return -1;
	return facts_set(facts, "audit.rules_dir", value_text("/etc/audit/rules.d"), err,
			 "built in (augenrules)");
}

int facts_of_host(struct host *host, struct facts *facts, struct error *err)
{
	if (look_os(host, facts, err) < 0 || look_kernel(host, facts, err) < 0 ||
	    look_init(host, facts, err) < 0 || look_lsm(host, facts, err) < 0)
		return -1;
	if (facts_set(facts, "host.live", value_bool(host->live), err, "%s",
		      host->offline ? "--root" : "root directory") < 0)
		return -1;
	return look_audit(host, facts, err);
}
