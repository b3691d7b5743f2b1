// SPDX-License-Identifier: Apache-2.0
/*
 * How dockerd is started: the systemd unit with its environment, or an init script with the file
 * it sources, down to the list of arguments with the place of each.
 *
 * Of systemd: values of EnvironmentFile= override those of Environment=, later ones the earlier;
 * a missing file without leading "-" stops the service (systemd.exec(5)).
 */
#include "harden/host/look_dockerd_parts.h"

#include "harden/host/host.h"

#include <string.h>

struct variable {
	char *name;
	struct mapped value; /* owned when set by the unit */
	const struct mapped *borrowed;
	unsigned source;
};

struct variables {
	struct variable *items;
	size_t len, cap;
};

static void variables_done(struct variables *v)
{
	for (size_t i = 0; i < v->len; i++) {
		free(v->items[i].name);
		mapped_done(&v->items[i].value);
	}
	free(v->items);
}

static struct variable *variables_add(struct variables *v, const char *name, size_t len,
				      unsigned source, struct error *err)
{
	struct variable *item;

	if (vec_reserve((void **)&v->items, &v->cap, v->len, sizeof(*item), err) < 0)
		return NULL;
	item = &v->items[v->len++];
	*item = (struct variable){.name = strndup(name, len), .source = source};
	if (item->name)
		return item;
	(void)error_nomem(err);
	return NULL;
}

/* One Environment= line: words NAME=VALUE. */
static int add_environment(struct variables *v, const struct unit_setting *s, struct error *err)
{
	AUTO(mapped_words) struct mapped_words words = {0};
	AUTO(error) struct error ignored = {0};

	if (mapped_split(&s->entry->value, SPLIT_EXEC, &words, &ignored) < 0)
		return ignored.code == ERROR_NOMEM ? error_nomem(err) : 0; /* as systemd does */
	for (size_t i = 0; i < words.len; i++) {
		const struct mapped *word = &words.items[i].text;
		const char *equals = strchr(word->text, '=');
		struct variable *item;

		if (!equals || equals == word->text)
			continue;
		item = variables_add(v, word->text, (size_t)(equals - word->text), s->file, err);
		if (!item || mapped_add_range(&item->value, word, (size_t)(equals - word->text) + 1,
					      word->len, err) < 0)
			return -1;
	}
	return 0;
}

/* Reads one environment file into d->env; *ret_found says whether it is there. */
static int read_env(struct host *host, struct dockerd *d, const char *path,
		    enum shell_env_mode mode, bool *ret_found, struct error *err)
{
	AUTO(look) struct look look = {0};
	struct dockerd_env env = {0};

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	*ret_found = look.state.kind == FILE_REGULAR && look.state.content;
	if (!*ret_found)
		return 0;
	env.path = strdup(look.path);
	env.content = blob_ref(look.state.content);
	if (!env.path ||
	    vec_reserve((void **)&d->env, &d->env_cap, d->env_len, sizeof(env), err) < 0 ||
	    shell_env_parse(env.content->data, env.content->len, mode, &env.env, err) < 0) {
		free(env.path);
		blob_free(env.content);
		return -1;
	}
	d->env[d->env_len++] = env;
	if (!env.env.not_understood)
		return 0;
	return strv_addf(&d->notes, err,
			 "%s:%u: more than plain assignments: flags set by it may be overlooked",
			 env.path, env.env.not_understood);
}

/* Where the value of an assignment begins. */
static void value_place(const struct dockerd *d, const struct unit_setting *s, unsigned *ret_line,
			unsigned *ret_column)
{
	const struct blob *content = d->service.files[s->file].content;

	text_position(content->data, content->len, mapped_span(&s->entry->value).start, ret_line,
		      ret_column);
}

static int read_env_files(struct host *host, struct dockerd *d, const struct unit_setting *s,
			  struct error *err)
{
	const char *path = s->entry->value.text;
	bool optional = path[0] == '-', found = false;
	unsigned line, column;
	AUTO(strv) struct strv paths = {0};

	path += optional;
	if (path[strcspn(path, "*?[")] ? look_glob(host, path, &paths, err) < 0
				       : strv_add(&paths, path, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.len; i++) {
		bool one;

		if (read_env(host, d, paths.items[i], SHELL_ENV_SYSTEMD, &one, err) < 0)
			return -1;
		found |= one;
	}
	if (found || optional)
		return 0;
	value_place(d, s, &line, &column);
	return dockerd_problem(d, path, "create it, or write EnvironmentFile=-PATH", err,
			       "%s:%u:%u: the environment file %s is missing: systemd does not "
			       "start docker.service",
			       d->service.files[s->file].path, line, column, path);
}

/* All variables the unit's process gets, in the order in which the later counts. */
static int collect_variables(struct host *host, struct dockerd *d, struct variables *v,
			     struct error *err)
{
	AUTO_FREE struct unit_setting *set = NULL, *files = NULL;
	size_t set_len, files_len;

	if (unit_set_settings(&d->service, "Service", "Environment", &set, &set_len, err) < 0 ||
	    unit_set_settings(&d->service, "Service", "EnvironmentFile", &files, &files_len, err) <
		    0)
		return -1;
	for (size_t i = 0; i < set_len; i++)
		if (add_environment(v, &set[i], err) < 0)
			return -1;
	for (size_t i = 0; i < files_len; i++)
		if (read_env_files(host, d, &files[i], err) < 0)
			return -1;
	for (size_t i = 0; i < d->env_len; i++) {
		const struct shell_env *env = &d->env[i].env;

		for (size_t j = 0; j < env->len; j++) {
			struct variable *item =
				variables_add(v, env->entries[j].name, strlen(env->entries[j].name),
					      (unsigned)(d->service.len + i), err);

			if (!item)
				return -1;
			item->borrowed = &env->entries[j].value;
		}
	}
	return 0;
}

static int expand_line(struct dockerd *d, const struct unit_setting *exec,
		       const struct variables *v, struct error *err)
{
	AUTO_FREE struct exec_variable *vars = calloc(v->len + 1, sizeof(*vars));
	AUTO(error) struct error why = {0};
	const char *path = d->service.files[exec->file].path;
	unsigned line, column;

	if (!vars)
		return error_nomem(err);
	for (size_t i = 0; i < v->len; i++) {
		const struct variable *item = &v->items[i];

		vars[i] = (struct exec_variable){
			item->name, item->borrowed ? item->borrowed : &item->value, item->source};
	}
	if (exec_line_parse(&exec->entry->value, exec->file, vars, v->len, &d->line, &why) == 0)
		return 0;
	if (why.code != ERROR_FORMAT) {
		error_move(err, &why);
		return -1;
	}
	value_place(d, exec, &line, &column);
	return dockerd_problem(d, path, "mend the line", err,
			       "%s:%u:%u: ExecStart: %s: systemd ignores the line", path, line,
			       column, error_message(&why));
}

static int look_exec(struct host *host, struct dockerd *d, struct error *err)
{
	AUTO_FREE struct unit_setting *exec = NULL;
	AUTO(variables) struct variables v = {0};
	const char *unit = d->service.len ? d->service.files[0].path : "docker.service";
	unsigned line, column;
	size_t len;

	if (unit_set_settings(&d->service, "Service", "ExecStart", &exec, &len, err) < 0 ||
	    collect_variables(host, d, &v, err) < 0)
		return -1;
	if (!len)
		return dockerd_problem(d, unit, "add ExecStart=", err,
				       "%s: docker.service has no ExecStart= line", unit);
	d->exec = exec[len - 1].entry;
	if (expand_line(d, &exec[len - 1], &v, err) < 0)
		return -1;
	if (len == 1 && d->line.commands <= 1)
		return 0;
	unit = d->service.files[exec[len - 1].file].path;
	value_place(d, &exec[len - 1], &line, &column);
	return dockerd_problem(d, unit, "write an empty ExecStart= before the one that shall count",
			       err,
			       "%s:%u:%u: docker.service has more than one ExecStart= command: "
			       "systemd refuses the unit",
			       unit, line, column);
}

/* An init script hands the file's DOCKER_OPTS over without quoting it. */
static int look_script(struct host *host, struct dockerd *d, const char *path, struct error *err)
{
	const struct shell_env_entry *opts;
	bool found;

	d->line.binary = strdup("");
	if (!d->line.binary)
		return error_nomem(err);
	if (read_env(host, d, path, SHELL_ENV_SOURCED, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	opts = shell_env_find(&d->env[d->env_len - 1].env, "DOCKER_OPTS");
	if (!opts)
		return 0;
	return exec_line_add_words(&d->line, &opts->value,
				   (unsigned)(d->service.len + d->env_len - 1), SPLIT_BLANKS, err);
}

static int exists(struct host *host, const char *path, bool *ret_exists, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	*ret_exists = look.state.kind != FILE_ABSENT;
	return 0;
}

/*
 * Debian ships a unit and an init script; the unit counts unless another init is there and systemd
 * is not.
 */
static int choose_start(struct host *host, struct dockerd *d, struct error *err)
{
	AUTO(look) struct look script = {0};
	bool systemd, openrc, init;
	const struct blob *content;

	if (look_file(host, "/etc/init.d/docker", LOOK_CONTENT, &script, err) < 0)
		return -1;
	content = script.state.content;
	if (d->service.exists)
		d->start = START_SYSTEMD;
	if (script.state.kind != FILE_REGULAR || !content)
		return 0;
	if (exists(host, "/usr/lib/systemd/systemd", &systemd, err) < 0 ||
	    (!systemd && exists(host, "/lib/systemd/systemd", &systemd, err) < 0) ||
	    exists(host, "/sbin/openrc-run", &openrc, err) < 0 ||
	    exists(host, "/sbin/init", &init, err) < 0)
		return -1;
	if (d->service.exists && (systemd || (!openrc && !init)))
		return 0;
	d->start = memmem(content->data, content->len < 80 ? content->len : 80, "openrc-run", 10)
			   ? START_OPENRC
			   : START_SYSVINIT;
	return 0;
}

/* The first argument that no flag took. */
static size_t stray_argument(const struct dockerd *d)
{
	for (size_t i = 0; i < d->line.len; i++) {
		bool taken = strcmp(d->line.args[i].text, d->flags.positional.items[0]) != 0;

		for (size_t k = 0; k < d->flags.len && !taken; k++)
			taken = i >= d->flags.items[k].word &&
				i < d->flags.items[k].word + d->flags.items[k].words;
		if (!taken)
			return i;
	}
	return 0;
}

static int refuse_stray_argument(struct dockerd *d, struct error *err)
{
	size_t arg = stray_argument(d);
	const char *path = dockerd_source_path(d, d->line.args[arg].source);
	unsigned line, column;

	dockerd_arg_place(d, arg, &line, &column);
	return dockerd_problem(d, path, "quote the value of the flag before it, or take it away",
			       err, "%s:%u:%u: \"%s\" is no flag: dockerd does not start", path,
			       line, column, d->flags.positional.items[0]);
}

static int parse_flags(struct dockerd *d, struct error *err)
{
	AUTO_FREE const char **args = calloc(d->line.len + 1, sizeof(*args));

	if (!args)
		return error_nomem(err);
	for (size_t i = 0; i < d->line.len; i++)
		args[i] = d->line.args[i].text;
	if (pflag_parse(args, d->line.len, &d->flags, err) < 0)
		return -1;
	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];
		unsigned source = d->line.args[f->word].source, line, column;

		if (!f->problem)
			continue;
		dockerd_arg_place(d, f->word, &line, &column);
		if (dockerd_problem(d, dockerd_source_path(d, source), "mend the flag", err,
				    "%s:%u:%u: %s: dockerd does not start",
				    dockerd_source_path(d, source), line, column, f->problem) < 0)
			return -1;
	}
	if (d->flags.positional.len)
		return refuse_stray_argument(d, err);
	return 0;
}

int dockerd_look_start(struct host *host, struct dockerd *d, struct error *err)
{
	int result = 0;

	if (look_unit(host, "docker.service", &d->service, err) < 0 ||
	    look_unit(host, "docker.socket", &d->socket, err) < 0 || choose_start(host, d, err) < 0)
		return -1;
	if (d->start == START_SYSTEMD && d->service.masked)
		result = strv_add(&d->notes, "docker.service is masked: systemd does not start it",
				  err);
	else if (d->start == START_SYSTEMD)
		result = look_exec(host, d, err);
	else if (d->start == START_SYSVINIT)
		result = look_script(host, d, "/etc/default/docker", err);
	else if (d->start == START_OPENRC)
		result = look_script(host, d, "/etc/conf.d/docker", err);
	return result < 0 ? -1 : parse_flags(d, err);
}
