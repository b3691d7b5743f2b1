// SPDX-License-Identifier: Apache-2.0
/*
 * Asking the kernel, and comparing its answer with the files.
 */
#include "harden/host/look_audit_kernel.h"

#include "harden/host/look_users.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* In kernel-parameters.txt: audit=0 or off; of several the last one counts (audit_enable()). */
static bool is_off(const char *command_line)
{
	AUTO(strv) struct strv words = {0};
	bool off = false;

	if (strv_split(&words, command_line, " \n", NULL) < 0)
		return false;
	for (size_t i = 0; i < words.len; i++)
		if (str_starts(words.items[i], "audit="))
			off = strcmp(words.items[i], "audit=0") == 0 ||
			      strcmp(words.items[i], "audit=off") == 0;
	return off;
}

static bool booted_off(void)
{
	AUTO_CLOSE int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	char text[4096]; /* COMMAND_LINE_SIZE is at most that */
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return false; /* the kernel itself says whether it is on */
	text[n] = '\0';
	return is_off(text);
}

static int user_number(void *cookie, const char *name, uint32_t *ret_uid)
{
	uid_t uid;

	if (look_uid(cookie, name, &uid, NULL) < 0)
		return -1;
	*ret_uid = uid;
	return 0;
}

static int group_number(void *cookie, const char *name, uint32_t *ret_gid)
{
	gid_t gid;

	if (look_gid(cookie, name, &gid, NULL) < 0)
		return -1;
	*ret_gid = gid;
	return 0;
}

static void names_of(struct host *host, struct audit_names *names)
{
	*names = (struct audit_names){.user = user_number, .group = group_number, .cookie = host};
	audit_library_names(names);
}

struct reading {
	struct audit_kernel *kernel;
	struct audit_names names;
};

static int take_rule(void *cookie, const void *data, size_t len, struct error *err)
{
	struct reading *r = cookie;
	struct audit_kernel *k = r->kernel;
	AUTO(audit_rule) struct audit_rule rule = {0};

	if (audit_kernel_decode(data, len, &r->names, &rule, err) < 0 ||
	    audit_kernel_add(&k->loaded, &rule, err) < 0 ||
	    vec_reserve((void **)&k->raw, &k->raw_cap, k->raw_len, sizeof(struct blob *), err) < 0)
		return -1;
	k->raw[k->raw_len] = blob_new(data, len);
	return k->raw[k->raw_len++] ? 0 : error_nomem(err);
}

static int ask(struct host *host, struct audit_kernel *kernel, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	struct reading reading = {.kernel = kernel};

	if (audit_library_connect(&fd, err) < 0 || audit_library_state(fd, &kernel->state, err) < 0)
		return -1;
	names_of(host, &reading.names);
	return audit_library_rules(fd, take_rule, &reading, err);
}

/* A path as the kernel resolves it: links in all but the last component. */
static int place(void *cookie, const char *path, struct audit_place *ret_place, struct error *err)
{
	return look_audit_place_now(cookie, path, ret_place, err);
}

int audit_kernel_read(struct host *host, struct audit_kernel *ret_kernel, struct error *err)
{
	AUTO(audit_kernel) struct audit_kernel kernel = {.boot_off = booted_off()};
	AUTO(error) struct error problem = {0};
	struct audit_view view = {place, host};

	if (!kernel.boot_off && ask(host, &kernel, &problem) < 0) {
		if (problem.code == ERROR_NOMEM)
			return error_nomem(err);
		kernel.problem =
			str_format("%s%s%s", error_message(&problem), problem.next ? "; " : "",
				   problem.next ? problem.next : "");
		if (!kernel.problem)
			return error_nomem(err);
		audit_kernel_rules_done(&kernel.loaded);
	}
	if (audit_kernel_finish(&kernel.loaded, &view, err) < 0)
		return -1;
	*ret_kernel = kernel;
	kernel = (struct audit_kernel){0};
	return 0;
}

int look_audit_kernel(struct host *host, struct audit_kernel **ret_kernel, struct error *err)
{
	*ret_kernel = NULL;
	if (!host->live)
		return 0;
	if (!host->audit_kernel) {
		AUTO_PTR(audit_kernel) struct audit_kernel *kernel = calloc(1, sizeof(*kernel));

		if (!kernel)
			return error_nomem(err);
		if (audit_kernel_read(host, kernel, err) < 0)
			return -1;
		host->audit_kernel = take_ptr(&kernel);
	}
	*ret_kernel = host->audit_kernel;
	return 0;
}

void audit_kernel_done(struct audit_kernel *kernel)
{
	free(kernel->problem);
	audit_kernel_rules_done(&kernel->loaded);
	for (size_t i = 0; i < kernel->raw_len; i++)
		blob_free(kernel->raw[i]);
	free(kernel->raw);
	*kernel = (struct audit_kernel){0};
}

void audit_kernel_free(struct audit_kernel *kernel)
{
	if (kernel)
		audit_kernel_done(kernel);
	free(kernel);
}

const char *audit_kernel_waits(const struct audit_kernel *kernel)
{
	if (kernel->boot_off)
		return "the kernel was started with audit=0: take that off its command line and "
		       "reboot";
	if (kernel->state.enabled == 2)
		return "audit rules are locked (-e 2) until a reboot, which loads the written ones";
	return NULL;
}

bool audit_kernel_may_reload(const struct audit_files *files, const struct audit_kernel *kernel)
{
	const struct audit_rules *r = &files->rules;

	return files->augenrules && files->has_dir && !r->stopped && !r->disabled && !r->locks &&
	       (r->clears || !kernel->loaded.len);
}

/* A watch may have been loaded before its directory was made, or after. */
static int find_written(const struct audit_loaded *l, const struct audit_names *names,
			const struct audit_kernel *kernel, size_t *ret_index, struct error *err)
{
	const struct audit_rule *rule = &l->line->rule;
	const enum rule_kind kinds[] = {l->kind, l->kind == RULE_DIR ? RULE_PATH : RULE_DIR};
	size_t tries = rule->kind == RULE_WATCH ? 2 : 1;

	for (size_t i = 0; i < tries; i++) {
		AUTO(audit_rule) struct audit_rule form = {0};
		int r = audit_kernel_form(rule, kinds[i], names, &form, err);

		if (r)
			return r;
		if (audit_kernel_find(&kernel->loaded, &form, ret_index))
			return 0;
	}
	*ret_index = SIZE_MAX;
	return 0;
}

static int note_missing(struct audit_difference *d, const struct audit_loaded *l, struct error *err)
{
	if (vec_reserve((void **)&d->missing, &d->cap, d->len, sizeof(const struct audit_loaded *),
			err) < 0)
		return -1;
	d->missing[d->len++] = l;
	return 0;
}

int audit_kernel_compare(struct host *host, const struct audit_rules *written,
			 const struct audit_kernel *kernel, struct audit_difference *ret_difference,
			 struct error *err)
{
	AUTO(audit_difference) struct audit_difference d = {0};
	size_t last[LIST_FILESYSTEM + 1] = {0}, found = 0;
	struct audit_names names;

	names_of(host, &names);
	for (size_t i = 0; i < written->len; i++) {
		const struct audit_loaded *l = &written->items[i];
		size_t at = SIZE_MAX;
		int r = l->reached ? find_written(l, &names, kernel, &at, err) : 0;

		if (r < 0 ||
		    (r == 0 && l->reached && at == SIZE_MAX && note_missing(&d, l, err) < 0))
			return -1;
		d.unsure += r > 0;
		if (at == SIZE_MAX)
			continue;
		d.disordered |= at < last[l->line->rule.list];
		last[l->line->rule.list] = at;
		found++;
	}
	d.extra = kernel->loaded.len > found + d.unsure ? kernel->loaded.len - found - d.unsure : 0;
	*ret_difference = d;
	d = (struct audit_difference){0};
	return 0;
}

void audit_difference_done(struct audit_difference *d)
{
	free(d->missing);
	*d = (struct audit_difference){0};
}

int audit_kernel_missing(struct host *host, bool *ret_needs_load, const char **ret_why_not,
			 struct error *err)
{
	AUTO(audit_difference) struct audit_difference d = {0};
	struct audit_files *files;
	struct audit_kernel *kernel;

	*ret_needs_load = false;
	*ret_why_not = NULL;
	if (look_audit_kernel(host, &kernel, err) < 0)
		return -1;
	if (!kernel)
		return 0;
	if (kernel->problem) {
		*ret_why_not = kernel->problem;
		return 0;
	}
	if (look_audit_files(host, &files, err) < 0 ||
	    audit_kernel_compare(host, &files->rules, kernel, &d, err) < 0)
		return -1;
	*ret_needs_load = d.len || (d.disordered && audit_kernel_may_reload(files, kernel));
	*ret_why_not = audit_kernel_waits(kernel);
	return 0;
}
