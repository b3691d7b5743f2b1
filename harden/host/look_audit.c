// SPDX-License-Identifier: Apache-2.0
/*
 * Reading and merging, with what was parsed before kept. Thousands of lines are common on hosts
 * under an audit benchmark, and every audit control asks.
 */
#include "harden/host/look_audit.h"

#include "harden/host/look_file.h"

#include <sys/stat.h>

static void audit_file_free(struct audit_file *f)
{
	if (!f)
		return;
	blob_free(f->content);
	audit_text_done(&f->text);
	free(f);
}

static int look_kind(struct host *host, const char *path, enum file_kind *ret_kind,
		     struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, 0, &look, err) < 0)
		return -1;
	*ret_kind = look.state.kind;
	return 0;
}

/* The first of the paths that exists, NULL: none. */
static int first_existing(struct host *host, const char *const *paths, const char **ret_path,
			  struct error *err)
{
	enum file_kind kind = FILE_ABSENT;

	for (*ret_path = NULL; *paths && !*ret_path; paths++) {
		if (look_kind(host, *paths, &kind, err) < 0)
			return -1;
		*ret_path = kind == FILE_ABSENT ? NULL : *paths;
	}
	return 0;
}

static int look_tools(struct host *host, struct audit_files *files, struct error *err)
{
	static const char *const augenrules[] = {"/usr/sbin/augenrules", "/sbin/augenrules", NULL};
	static const char *const auditctl[] = {"/usr/sbin/auditctl", "/sbin/auditctl", NULL};

	if (first_existing(host, augenrules, &files->augenrules, err) < 0 ||
	    first_existing(host, auditctl, &files->auditctl, err) < 0)
		return -1;
	files->has_augenrules = files->augenrules != NULL;
	files->has_tools = files->augenrules || files->auditctl;
	return 0;
}

/* auditctl -R wants root's file that others cannot write (v3.0.9 fileopt()). */
static int check_plain(struct audit_files *files, const struct file_state *s, struct error *err)
{
	const char *why = s->uid	      ? "does not belong to root"
			  : s->mode & S_IWOTH ? "is writable by everybody"
					      : NULL;

	free(files->refused);
	files->refused = why ? strdup(why) : NULL;
	return !why || files->refused ? 0 : error_nomem(err);
}

/* The same bytes as before are not parsed again. old: the files of the last look, taken from. */
static int take_or_parse(struct audit_files *files, struct audit_file **old, size_t old_len,
			 const char *path, struct blob *content, struct error *err)
{
	struct audit_file *f;

	if (vec_reserve((void **)&files->files, &files->cap, files->len,
			sizeof(struct audit_file *), err) < 0)
		return -1;
	for (size_t i = 0; i < old_len; i++)
		if (old[i] && old[i]->content == content && str_equal(old[i]->text.file, path)) {
			files->files[files->len++] = take_ptr(&old[i]);
			return 0;
		}
	f = calloc(1, sizeof(*f));
	if (!f)
		return error_nomem(err);
	if (audit_text_parse(path, content->data, content->len, &f->text, err) < 0) {
		free(f);
		return -1;
	}
	f->content = blob_ref(content);
	files->files[files->len++] = f;
	return 0;
}

static int read_file(struct host *host, struct audit_files *files, struct audit_file **old,
		     size_t old_len, const char *path, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_REGULAR || !look.state.content)
		return 0; /* cat says so, and goes on */
	if (strcmp(path, AUDIT_RULES_FILE) == 0 && check_plain(files, &look.state, err) < 0)
		return -1;
	return take_or_parse(files, old, old_len, path, look.state.content, err);
}

static int compare_names(const void *a, const void *b)
{
	return audit_order(*(char *const *)a, *(char *const *)b);
}

static int read_directory(struct host *host, struct audit_files *files, struct audit_file **old,
			  size_t old_len, struct error *err)
{
	AUTO(strv) struct strv names = {0};

	if (look_directory(host, AUDIT_RULES_DIR, &names, err) < 0)
		return -1;
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), compare_names);
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path = str_format("%s/%s", AUDIT_RULES_DIR, names.items[i]);

		if (!path)
			return error_nomem(err);
		if (audit_is_rules_name(names.items[i]) &&
		    read_file(host, files, old, old_len, path, err) < 0)
			return -1;
	}
	return 0;
}

struct place_cookie {
	struct host *host;
	struct audit_files *files;
};

static int place(void *cookie, const char *path, struct audit_place *ret_place, struct error *err)
{
	struct place_cookie *c = cookie;

	return look_audit_place(c->host, c->files, path, ret_place, err);
}

static int merge(struct host *host, struct audit_files *files, struct error *err)
{
	struct place_cookie cookie = {host, files};
	struct audit_view view = {place, &cookie};
	AUTO_FREE struct audit_text **texts = calloc(files->len + 1, sizeof(struct audit_text *));

	if (!texts)
		return error_nomem(err);
	for (size_t i = 0; i < files->len; i++)
		texts[i] = &files->files[i]->text;
	return audit_rules_merge(texts, files->len, files->has_dir ? MERGE_AUGENRULES : MERGE_PLAIN,
				 &view, &files->rules, err);
}

static int read_all(struct host *host, struct audit_files *files, struct audit_file **old,
		    size_t old_len, struct error *err)
{
	enum file_kind dir, plain;

	if (look_kind(host, AUDIT_RULES_DIR, &dir, err) < 0 ||
	    look_kind(host, AUDIT_RULES_FILE, &plain, err) < 0)
		return -1;
	files->has_dir = dir == FILE_DIRECTORY;
	files->has_plain = plain == FILE_REGULAR;
	if (files->has_dir)
		return read_directory(host, files, old, old_len, err);
	return files->has_plain ? read_file(host, files, old, old_len, AUDIT_RULES_FILE, err) : 0;
}

static void forget_tmpfiles(struct audit_files *files)
{
	for (size_t i = 0; i < files->tmpfiles_len; i++) {
		free(files->tmpfiles[i].path);
		free(files->tmpfiles[i].file);
	}
	files->tmpfiles_len = 0;
	strv_done(&files->tmpfiles_read);
	files->tmpfiles_looked = false;
}

static int look_again(struct host *host, struct audit_files *files, struct error *err)
{
	AUTO_FREE struct audit_file **old = take_ptr(&files->files);
	size_t old_len = files->len;
	int r;

	audit_rules_done(&files->rules);
	forget_tmpfiles(files);
	files->len = files->cap = 0;
	r = read_all(host, files, old, old_len, err);
	for (size_t i = 0; i < old_len; i++)
		audit_file_free(old[i]);
	return r < 0 ? -1 : merge(host, files, err);
}

/* What is staged matters if it is ours to read, or makes or removes what a rule may name. */
static bool is_outdated(const struct host *host)
{
	const struct stage *stage = host->stage;

	if (stage->generation == host->audit_generation)
		return false;
	if (stage->len < host->audit_staged)
		return true;
	for (size_t i = 0; i < stage->len; i++) {
		const struct staged_file *f = &stage->files[i];

		if (f->generation > host->audit_generation &&
		    (f->before.kind != f->after.kind || str_starts(f->path, "/etc/audit/") ||
		     strstr(f->path, "/tmpfiles.d/")))
			return true;
	}
	return false;
}

int look_audit_files(struct host *host, struct audit_files **ret_files, struct error *err)
{
	bool fresh = !host->audit;

	if (fresh) {
		host->audit = calloc(1, sizeof(*host->audit));
		if (!host->audit)
			return error_nomem(err);
	}
	if ((fresh && look_tools(host, host->audit, err) < 0) ||
	    ((fresh || is_outdated(host)) && look_again(host, host->audit, err) < 0)) {
		audit_files_free(take_ptr(&host->audit));
		return -1;
	}
	host->audit_generation = host->stage->generation;
	host->audit_staged = host->stage->len;
	*ret_files = host->audit;
	return 0;
}

void audit_files_free(struct audit_files *files)
{
	if (!files)
		return;
	audit_rules_done(&files->rules);
	forget_tmpfiles(files);
	for (size_t i = 0; i < files->len; i++)
		audit_file_free(files->files[i]);
	free(files->files);
	free(files->tmpfiles);
	free(files->refused);
	free(files);
}
