// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `audit-rule`: changes of a file or directory leave a record. Judged by meaning
 * over all of rules.d (harden/text/audit_cover.h); written to a file of our own.
 */
#include "harden/resource/audit_rule.h"

#include "harden/host/look_sockets.h"

#include <ctype.h>

static const char *const kinds[] = {"auto", "file", "directory", NULL};
static const char *const whens[] = {"exists", "always", NULL};

static const struct key keys[] = {
	{.key = "path",
	 .kind = KEY_PATH_LIST,
	 .required = true,
	 .summary = "what is watched; all of several must be covered"},
	{.key = "perm",
	 .kind = KEY_TEXT,
	 .default_text = "wa",
	 .summary = "what is recorded, letters of r, w, x, a; more passes"},
	{.key = "key",
	 .kind = KEY_TEXT,
	 .default_text = "docker",
	 .summary = "key of a rule that is written; any key passes"},
	{.key = "kind",
	 .kind = KEY_CHOICE,
	 .choices = kinds,
	 .default_text = "auto",
	 .summary = "what it is; auto: what is there"},
	{.key = "when",
	 .kind = KEY_CHOICE,
	 .choices = whens,
	 .default_text = "exists",
	 .summary = "whether an absent object is a violation (always) or does not apply (exists)"},
	{.key = "file",
	 .kind = KEY_PATH,
	 .default_text = "/etc/audit/rules.d/50-harden-docker.rules",
	 .summary = "the file that a missing rule is written to"},
	{.key = "tmpfiles",
	 .kind = KEY_BOOL,
	 .default_text = "false",
	 .summary = "have tmpfiles.d create its directory at boot when it lies below /run"},
	{.key = NULL},
};

static void audit_spec_free(void *p)
{
	struct audit_spec *spec = p;

	strv_done(&spec->paths);
	free(spec->key);
	free(spec->file);
	free(spec);
}

static size_t choice(const char *const *words, const char *word)
{
	size_t i = 0;

	while (word && words[i] && strcmp(words[i], word) != 0)
		i++;
	return word && words[i] ? i : 0;
}

static int load_paths(const struct value *v, struct strv *paths, struct error *err)
{
	if (value_as_text(v))
		return strv_add(paths, v->text, err);
	for (size_t i = 0; i < value_len(v); i++)
		if (value_as_text(v->members[i].value) &&
		    strv_add_once(paths, v->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int wrong(const struct value *entry, const char *key, const char *file, struct error *err,
		 const char *what)
{
	const struct value *v = value_get(entry, key);

	return error_set(err, ERROR_RECIPE, 0, "%s:%u:%u: %s: %s", file, v ? v->line : entry->line,
			 v ? v->column : entry->column, key, what);
}

static bool is_key(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	return len > 0 && len <= 256;
}

static bool is_rules_file(const char *path)
{
	size_t n = strlen(AUDIT_RULES_DIR "/");

	return strncmp(path, AUDIT_RULES_DIR "/", n) == 0 && !strchr(path + n, '/') &&
	       audit_is_rules_name(path + n);
}

static int load_spec(const struct value *entry, const char *file, struct audit_spec *spec,
		     struct error *err)
{
	const char *perm = value_get_text(entry, "perm");
	const char *key = value_get_text(entry, "key");
	const char *path = value_get_text(entry, "file");
	const struct value *tmpfiles = value_get(entry, "tmpfiles");
	char bad;

	spec->kind = (enum audit_kind)choice(kinds, value_get_text(entry, "kind"));
	spec->always = choice(whens, value_get_text(entry, "when")) == 1;
	spec->tmpfiles = tmpfiles && tmpfiles->kind == VALUE_BOOL
				 ? tmpfiles->boolean
				 : str_equal(value_as_text(tmpfiles), "true");
	if (audit_perms_parse(perm ? perm : "wa", &spec->perms, &bad) < 0)
		return wrong(entry, "perm", file, err, "expected one to four of r, w, x, a");
	spec->key = strdup(key ? key : "docker");
	spec->file = strdup(path ? path : AUDIT_RULES_DIR "/50-harden-docker.rules");
	if (!spec->key || !spec->file)
		return error_nomem(err);
	if (!is_key(spec->key))
		return wrong(entry, "key", file, err,
			     "expected up to 256 characters without a blank");
	if (!is_rules_file(spec->file))
		return wrong(entry, "file", file, err, "expected a name.rules in " AUDIT_RULES_DIR);
	return load_paths(value_get(entry, "path"), &spec->paths, err);
}

static int audit_load(const struct value *entry, const char *file, void **ret_spec,
		      struct error *err)
{
	struct audit_spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return error_nomem(err);
	if (load_spec(entry, file, spec, err) < 0) {
		audit_spec_free(spec);
		return -1;
	}
	*ret_spec = spec;
	return 0;
}

static void audit_seen_object_done(struct audit_seen_object *o)
{
	free(o->path);
	free(o->runtime_dir);
	file_state_done(&o->state);
	audit_place_done(&o->place);
	audit_cover_done(&o->cover);
	audit_cover_done(&o->loaded);
	*o = (struct audit_seen_object){0};
}

static void audit_seen_free(void *p)
{
	struct audit_seen *seen = p;

	for (size_t i = 0; i < seen->len; i++)
		audit_seen_object_done(&seen->items[i]);
	free(seen->items);
	look_done(&seen->own);
	free(seen);
}

/* A link is watched as a name of its own, never as a directory. */
static bool is_directory(const struct audit_spec *spec, const struct file_state *s)
{
	if (s->kind == FILE_ABSENT)
		return spec->kind == AUDIT_KIND_DIRECTORY;
	return s->kind == FILE_DIRECTORY && spec->kind != AUDIT_KIND_FILE;
}

/* Of an absent object below /run: whether something installed will make it. */
static int look_promise(const struct audit_spec *spec, struct host *host,
			struct audit_seen_object *o, struct error *err)
{
	AUTO(socket_origin) struct socket_origin origin = {0};

	if (o->present || !audit_is_volatile(o->path))
		return 0;
	o->present = spec->tmpfiles || o->place.exists;
	if (o->present)
		return 0;
	if (look_socket_origin(host, o->path, &origin, err) < 0)
		return -1;
	o->present = origin.creator != CREATOR_NONE;
	return 0;
}

static int look_runtime_dir(const struct audit_spec *spec, struct host *host,
			    struct audit_seen *seen, struct audit_seen_object *o, struct error *err)
{
	const char *slash = strrchr(o->path, '/');
	size_t n = o->is_dir ? strlen(o->path) : (size_t)(slash - o->path);

	if (!spec->tmpfiles || !audit_is_volatile(o->path) || n <= strlen("/run"))
		return 0;
	o->runtime_dir = strndup(o->path, n);
	if (!o->runtime_dir)
		return error_nomem(err);
	return look_audit_tmpfile(host, seen->files, o->runtime_dir, &o->tmpfile, err);
}

static bool is_seen(const struct audit_seen *seen, const char *path)
{
	for (size_t i = 0; i < seen->len; i++)
		if (strcmp(seen->items[i].path, path) == 0)
			return true;
	return false;
}

/* Takes path and state out of the look. */
static int add_object(const struct audit_spec *spec, struct host *host, struct audit_seen *seen,
		      struct look *look, struct error *err)
{
	AUTO(audit_seen_object) struct audit_seen_object o = {0};
	struct audit_object object;

	if (is_seen(seen, look->path))
		return 0;
	o.path = take_ptr(&look->path);
	o.state = look->state;
	look->state = (struct file_state){0};
	o.present = o.state.kind != FILE_ABSENT;
	o.is_dir = is_directory(spec, &o.state);
	if (look_audit_place(host, seen->files, o.path, &o.place, err) < 0 ||
	    look_promise(spec, host, &o, err) < 0 ||
	    look_runtime_dir(spec, host, seen, &o, err) < 0)
		return -1;
	object = (struct audit_object){o.path, o.is_dir, spec->perms};
	if (audit_cover_find(&seen->files->rules, &object, &o.cover, err) < 0 ||
	    (seen->kernel &&
	     audit_cover_find(&seen->kernel->loaded.rules, &object, &o.loaded, err) < 0) ||
	    vec_reserve((void **)&seen->items, &seen->cap, seen->len, sizeof(o), err) < 0)
		return -1;
	seen->items[seen->len++] = o;
	o = (struct audit_seen_object){0};
	return 0;
}

/* Of a link both are watched: exchanging the link changes as much as writing to its target. */
static int look_object(const struct audit_spec *spec, struct host *host, const char *path,
		       struct audit_seen *seen, struct error *err)
{
	AUTO(look) struct look look = {0};
	AUTO(look) struct look target = {0};
	bool link;

	if (look_file(host, path, LOOK_NOFOLLOW, &look, err) < 0)
		return -1;
	link = look.state.kind == FILE_LINK;
	if (link && look_file(host, path, 0, &target, err) < 0)
		return -1;
	if (add_object(spec, host, seen, &look, err) < 0)
		return -1;
	return link && target.state.kind != FILE_ABSENT ? add_object(spec, host, seen, &target, err)
							: 0;
}

/* Without systemd nothing reads tmpfiles.d; a tree without any init is an image's, with units. */
static int look_tmpfiles_work(struct host *host, bool *ret_work, struct error *err)
{
	static const char *const readers[] = {"/usr/bin/systemd-tmpfiles", "/bin/systemd-tmpfiles",
					      "/usr/lib/systemd/systemd", NULL};
	AUTO(look) struct look init = {0};

	*ret_work = true;
	for (size_t i = 0; readers[i]; i++) {
		AUTO(look) struct look look = {0};

		if (look_file(host, readers[i], 0, &look, err) < 0)
			return -1;
		if (look.state.kind != FILE_ABSENT)
			return 0;
	}
	if (look_file(host, "/sbin/init", 0, &init, err) < 0)
		return -1;
	*ret_work = init.state.kind == FILE_ABSENT;
	return 0;
}

static void count_bad(struct audit_seen *seen, const struct audit_spec *spec)
{
	for (size_t i = 0; i < seen->files->len; i++)
		if (strcmp(seen->files->files[i]->text.file, spec->file) == 0)
			seen->own_rules = seen->files->files[i];
	for (size_t i = 0; seen->own_rules && i < seen->own_rules->text.len; i++)
		seen->own_bad += audit_own_line_is_bad(seen->files, seen->own_rules, i);
}

static int inspect(const struct audit_spec *spec, struct host *host, struct audit_seen *seen,
		   struct error *err)
{
	struct audit_kernel *kernel;

	if (look_audit_kernel(host, &kernel, err) < 0)
		return -1;
	seen->kernel = kernel;
	if (look_audit_files(host, &seen->files, err) < 0 ||
	    look_file(host, spec->file, LOOK_CONTENT, &seen->own, err) < 0)
		return -1;
	seen->tmpfiles_work = true;
	if (spec->tmpfiles && look_tmpfiles_work(host, &seen->tmpfiles_work, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->paths.len; i++)
		if (look_object(spec, host, spec->paths.items[i], seen, err) < 0)
			return -1;
	count_bad(seen, spec);
	return 0;
}

static int audit_inspect(const void *spec, struct host *host, void **ret_seen, struct error *err)
{
	struct audit_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return error_nomem(err);
	if (inspect(spec, host, seen, err) < 0) {
		audit_seen_free(seen);
		return -1;
	}
	*ret_seen = seen;
	return 0;
}

const struct resource_type resource_audit_rule = {
	.schema =
		{
			.name = "audit-rule",
			.summary =
				"changes of a file or directory are recorded by the audit system",
			.keys = keys,
			.traits = TYPE_OFFLINE,
		},
	.load = audit_load,
	.spec_free = audit_spec_free,
	.inspect = audit_inspect,
	.seen_free = audit_seen_free,
	.judge = audit_rule_judge,
	.stage = audit_rule_stage,
};
