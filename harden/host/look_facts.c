// SPDX-License-Identifier: Apache-2.0
/*
 * Facts about the Docker that is installed: packages, binaries, units, files.
 */
#include "harden/host/look_facts.h"

#include "harden/host/host.h"
#include "harden/host/look_facts_parts.h"
#include "harden/host/look_flavour.h"
#include "harden/model/fact_table.h"

#include <string.h>

int look_resolved(struct host *host, const char *path, char **ret_path, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	*ret_path = strdup(look.path ? look.path : path);
	return *ret_path ? 0 : error_nomem(err);
}

int look_first(struct host *host, const char *const *paths, char **ret_path, struct error *err)
{
	for (size_t i = 0; paths[i]; i++) {
		AUTO(look) struct look look = {0};

		if (look_file(host, paths[i], 0, &look, err) < 0)
			return -1;
		if (look.state.kind == FILE_ABSENT)
			continue;
		*ret_path = strdup(look.path);
		return *ret_path ? 0 : error_nomem(err);
	}
	*ret_path = NULL;
	return 0;
}

int look_program(struct host *host, const char *program, char **ret_path, struct error *err)
{
	static const char *const dirs[] = {"/usr/bin",	      "/usr/sbin", "/usr/local/bin",
					   "/usr/local/sbin", "/bin",	   "/sbin"};

	*ret_path = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !*ret_path; i++) {
		AUTO_FREE char *path = str_format("%s/%s", dirs[i], program);
		const char *const one[] = {path, NULL};

		if (!path)
			return error_nomem(err);
		if (look_first(host, one, ret_path, err) < 0)
			return -1;
	}
	return 0;
}

int facts_all_unknown(struct facts *facts, const char *const *names, const struct error *problem,
		      struct error *err)
{
	for (size_t i = 0; names[i]; i++) {
		AUTO(error) struct error copy = {0};

		error_copy(&copy, problem);
		if (facts_unknown(facts, names[i], &copy, err) < 0)
			return -1;
	}
	return 0;
}

static const char *flavour(const struct dockerd *d, bool snap)
{
	if (snap && !d->package)
		return "snap";
	if (!d->installed)
		return "none";
	if (str_equal(d->package, "docker.io"))
		return "debian";
	if (str_equal(d->package, "docker-ce"))
		return "docker-ce";
	return d->package ? "other" : "static";
}

static int look_package(struct host *host, const struct dockerd *d, struct facts *facts,
			struct error *err)
{
	static const char *const snaps[] = {"/snap/docker/current", NULL};
	const char *source = d->package ? d->package : d->binary;
	AUTO(flavour) struct flavour other = {0};
	AUTO_FREE char *snap = NULL;

	if (look_first(host, snaps, &snap, err) < 0 || look_flavour(host, d, &other, err) < 0)
		return -1;
	if (!source)
		source = d->service.len ? d->service.files[0].path : "nothing of Docker found";
	if (facts_set(facts, "docker.installed", value_bool(d->installed || snap), err, "%s%s",
		      d->package ? "package " : "", source) < 0 ||
	    (other.name ? facts_set(facts, "docker.flavour", value_text(other.name), err, "%s: %s",
				    other.found, other.what)
			: facts_set(facts, "docker.flavour", value_text(flavour(d, snap)), err,
				    "%s%s%s%s", d->package ? "package " : "", source,
				    other.beside.len ? "; beside it " : "",
				    other.beside.len ? other.beside.items[0] : "")) < 0)
		return -1;
	return facts_set(facts, "docker.version", value_text(d->version), err, "%s%s",
			 d->package ? "package database: " : "package database",
			 d->package ? d->package : "");
}

static int look_programs(struct host *host, const struct dockerd *d, struct facts *facts,
			 struct error *err)
{
	static const struct {
		const char *fact, *program;
	} programs[] = {
		{"docker.containerd_binary", "containerd"},
		{"docker.containerd_shim", "containerd-shim"},
		{"docker.containerd_shim_runc_v1", "containerd-shim-runc-v1"},
		{"docker.containerd_shim_runc_v2", "containerd-shim-runc-v2"},
		{"docker.runc", "runc"},
	};

	if (facts_set(facts, "docker.dockerd", value_text(d->binary), err, "%s",
		      d->line.binary && *d->line.binary ? "docker.service ExecStart" : "PATH") < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		AUTO_FREE char *path = NULL;

		if (look_program(host, programs[i].program, &path, err) < 0 ||
		    facts_set(facts, programs[i].fact, value_text(path), err, "PATH") < 0)
			return -1;
	}
	return 0;
}

static int set_unit(struct facts *facts, const struct unit_set *set, const char *unit_fact,
		    const char *files_fact, struct error *err)
{
	struct value *files = value_list();
	const char *unit = set->len && !set->files[0].dropin ? set->files[0].path : NULL;
	const char *why = set->masked ? "masked" : set->exists ? "systemd's directories" : "absent";

	for (size_t i = 0; files && i < set->len; i++) {
		if (value_add(files, value_text(set->files[i].path), err) < 0) {
			value_free(files);
			return -1;
		}
	}
	if (facts_set(facts, files_fact, files, err, "%s (%s)", set->name, why) < 0)
		return -1;
	return facts_set(facts, unit_fact, value_text(unit), err, "%s (%s)", set->name, why);
}

static int set_units(const struct dockerd *d, struct facts *facts, struct error *err)
{
	AUTO(strv) struct strv env = {0};

	for (size_t i = 0; i < d->env_len; i++)
		if (strv_add_once(&env, d->env[i].path, err) < 0)
			return -1;
	if (set_unit(facts, &d->service, "docker.service_unit", "docker.service_files", err) < 0 ||
	    set_unit(facts, &d->socket, "docker.socket_unit", "docker.socket_files", err) < 0 ||
	    facts_set(facts, "docker.service_dirs", value_from_strv(&d->service.dirs), err,
		      "docker.service") < 0)
		return -1;
	return facts_set(facts, "docker.env_files", value_from_strv(&env), err, "%s",
			 d->start == START_SYSTEMD ? "docker.service EnvironmentFile"
						   : "/etc/init.d/docker");
}

int facts_of_docker(struct host *host, struct facts *facts, struct error *err)
{
	const struct dockerd *d;

	if (look_dockerd(host, &d, err) < 0 || look_package(host, d, facts, err) < 0 ||
	    look_programs(host, d, facts, err) < 0 || set_units(d, facts, err) < 0)
		return -1;
	if (facts_set(facts, "docker.config", value_text(d->config_path), err, "%s",
		      d->config_named ? "--config-file" : "built-in default") < 0 ||
	    facts_set(facts, "docker.config_dir", value_text("/etc/docker"), err,
		      "built-in default") < 0 ||
	    facts_set(facts, "docker.certs_dir", value_text("/etc/docker/certs.d"), err,
		      "built-in default") < 0)
		return -1;
	if (facts_of_daemon(host, d, facts, err) < 0)
		return -1;
	return facts_of_containerd(host, d, facts, err);
}

/*
 * What could not be read (no permission, an I/O error, an unsafe way) leaves the rest of that
 * group unknown; only lack of memory ends the whole.
 */
static int rest_unknown(struct facts *facts, bool of_docker, const struct error *why,
			struct error *err)
{
	for (const struct fact_info *info = fact_table; info->name; info++) {
		const char *const one[] = {info->name, NULL};
		bool docker = !str_starts(info->name, "host.") && !str_starts(info->name, "audit.");

		if (docker == of_docker && !facts_find(facts, info->name) &&
		    facts_all_unknown(facts, one, why, err) < 0)
			return -1;
	}
	return 0;
}

int look_facts(struct host *host, struct facts *facts, struct error *err)
{
	AUTO(error) struct error docker = {0}, other = {0};

	if (facts_of_docker(host, facts, &docker) < 0 &&
	    (docker.code == ERROR_NOMEM || rest_unknown(facts, true, &docker, err) < 0)) {
		if (docker.code == ERROR_NOMEM)
			error_move(err, &docker);
		return -1;
	}
	if (facts_of_host(host, facts, &other) < 0 &&
	    (other.code == ERROR_NOMEM || rest_unknown(facts, false, &other, err) < 0)) {
		if (other.code == ERROR_NOMEM)
			error_move(err, &other);
		return -1;
	}
	for (const struct fact_info *info = fact_table; info->name; info++)
		if (!facts_find(facts, info->name))
			return error_set(err, ERROR_INTERNAL, 0, "fact %s was not filled",
					 info->name);
	return 0;
}
