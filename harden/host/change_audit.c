// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's list is a stack of bytes to us here: what it gave is what it takes back.
 */
#include "harden/host/change_audit.h"

#include "harden/host/change_command.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <unistd.h>

#define LOAD_SECONDS 60

/* Of libaudit; > 0, or -errno. */
typedef int rule_call(int fd, struct audit_rule_data *rule, int flags, int action);

struct loading {
	struct host *host;
	struct audit_files *files;
	struct audit_load *load;
	int fd;
	rule_call *add, *del;
};

static void loading_done(struct loading *l)
{
	if (l->fd >= 0)
		(void)close(l->fd); /* netlink: nothing is buffered */
}

static int take_call(const char *name, rule_call **ret_call, struct error *err)
{
	void *address = audit_library_symbol(name);

	if (!address)
		return error_set(err, ERROR_SYS, 0, "load audit rules: libaudit has no %s", name);
	memcpy(ret_call, &address, sizeof(address));
	return 0;
}

static int connect_kernel(struct loading *l, struct error *err)
{
	if (audit_library_connect(&l->fd, err) < 0 ||
	    take_call("audit_add_rule_data", &l->add, err) < 0)
		return -1;
	return take_call("audit_delete_rule_data", &l->del, err);
}

/* 0 or an errno. The library writes into the rule, so it gets a copy. */
static int send_rule(const struct loading *l, rule_call *call, const struct blob *bytes)
{
	AUTO_FREE struct audit_rule_data *rule = malloc(bytes->len);
	int r;

	if (!rule)
		return ENOMEM;
	memcpy(rule, bytes->data, bytes->len);
	r = call(l->fd, rule, (int)rule->flags, (int)rule->action);
	return r < 0 ? -r : 0;
}

/*
 * Puts the kernel's list back as it was before: what differs from the first difference on goes, and
 * comes again. 0 or an errno.
 */
static int put_back(struct loading *l)
{
	AUTO(audit_kernel) struct audit_kernel now = {0};
	size_t same = 0;
	int sys = 0;

	if (audit_kernel_read(l->host, &now, NULL) < 0 || now.problem)
		return EIO;
	while (same < now.raw_len && same < l->load->before.raw_len &&
	       blob_equal(now.raw[same], l->load->before.raw[same]))
		same++;
	for (size_t i = same; i < now.raw_len; i++) {
		int r = send_rule(l, l->del, now.raw[i]);

		sys = sys ? sys : r;
	}
	for (size_t i = same; i < l->load->before.raw_len; i++) {
		int r = send_rule(l, l->add, l->load->before.raw[i]);

		sys = sys ? sys : r;
	}
	return sys;
}

/* Takes why. */
static int fail(struct loading *l, char *why, struct error *err)
{
	int sys = put_back(l);

	l->load->outcome = sys ? AUDIT_LOAD_INCOMPLETE : AUDIT_LOAD_FAILED;
	l->load->why = why;
	if (why && sys) {
		l->load->why = str_format(
			"%s; the rules that were loaded before could not all be put back: %s", why,
			strerror(sys));
		free(why);
	}
	return l->load->why ? 0 : error_nomem(err);
}

static const char *refusal_text(int sys)
{
	return sys == ENOENT ? "a directory on its way does not exist" : strerror(sys);
}

static int name_line(struct loading *l, const struct audit_loaded *rule, const char *why,
		     struct error *err)
{
	return strv_addf(&l->load->missing, err, "%s:%u: %s%s%s", rule->where.file,
			 rule->where.line, rule->line->text, why ? ": " : "", why ? why : "");
}

/* auditctl with the words of the line itself, for what we do not encode. */
static int add_by_auditctl(struct loading *l, const struct audit_loaded *rule, struct error *err)
{
	AUTO(error) struct error problem = {0};
	AUTO(strv) struct strv words = {0};
	AUTO(command_result) struct command_result result = {0};
	struct command command = {.seconds = LOAD_SECONDS};

	if (!l->files->auditctl || strchr(rule->line->text, '\\')) /* escapes of blanks */
		return name_line(l, rule, "only augenrules can load it", err);
	if (strv_add(&words, l->files->auditctl, err) < 0 ||
	    strv_split(&words, rule->line->text, " ", err) < 0 ||
	    vec_reserve((void **)&words.items, &words.cap, words.len, sizeof(char *), err) < 0)
		return -1;
	words.items[words.len] = NULL;
	command.argv = (const char *const *)words.items;
	if (command_run(&command, &result, &problem) == 0 &&
	    command_check(&command, &result, &problem) == 0)
		return 0;
	return name_line(l, rule, error_message(&problem), err);
}

/* Adds one rule to what is there; a refusal is noted in missing. */
static int add_rule(struct loading *l, const struct audit_loaded *rule, struct error *err)
{
	AUTO_PTR(blob) struct blob *bytes = NULL;
	int sys, r = audit_kernel_encode(&rule->line->rule, rule->kind, &bytes, err);

	if (r)
		return r < 0 ? -1 : add_by_auditctl(l, rule, err);
	sys = send_rule(l, l->add, bytes);
	return sys && sys != EEXIST ? name_line(l, rule, refusal_text(sys), err) : 0;
}

static bool is_ours(const struct audit_files *files, const struct audit_loaded *rule)
{
	for (size_t i = 0; i < files->len; i++) {
		const struct audit_text *text = &files->files[i]->text;

		if (strcmp(text->file, rule->where.file) != 0)
			continue;
		for (size_t k = 0; k < text->len; k++)
			if (str_equal(text->lines[k].text, AUDIT_OWN_HEADER))
				return true;
	}
	return false;
}

/* Rules that had been loaded and are gone, as their lines would read. */
static int note_dropped(struct loading *l, const struct audit_kernel *after, struct error *err)
{
	for (size_t i = 0; i < l->load->before.raw_len; i++) {
		bool there = false;

		for (size_t k = 0; k < after->raw_len && !there; k++)
			there = blob_equal(l->load->before.raw[i], after->raw[k]);
		if (!there &&
		    strv_add(&l->load->dropped, l->load->before.loaded.lines[i].text, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_named(const struct strv *missing, const struct audit_loaded *rule)
{
	AUTO_FREE char *place = str_format("%s:%u: ", rule->where.file, rule->where.line);

	for (size_t i = 0; place && i < missing->len; i++)
		if (str_starts(missing->items[i], place))
			return true;
	return false;
}

/* Asks the kernel what came of it. said: what the loader complained of, NULL: nothing. */
static int verify(struct loading *l, const char *said, struct error *err)
{
	AUTO(audit_kernel) struct audit_kernel after = {0};
	AUTO(audit_difference) struct audit_difference d = {0};

	if (audit_kernel_read(l->host, &after, err) < 0)
		return -1;
	if (after.problem)
		return fail(l, strdup(after.problem), err);
	if (audit_kernel_compare(l->host, &l->files->rules, &after, &d, err) < 0)
		return -1;
	for (size_t i = 0; i < d.len; i++)
		if (!is_named(&l->load->missing, d.missing[i]) &&
		    name_line(l, d.missing[i], NULL, err) < 0)
			return -1;
	if (d.len || (said && d.unsure))
		return fail(l,
			    str_format("%zu audit rules are not loaded%s%s", d.len,
				       said ? ": " : "", said ? said : ""),
			    err);
	l->load->outcome = AUDIT_LOAD_DONE;
	strv_done(&l->load->missing); /* refused one by one, yet there: somebody else's */
	return note_dropped(l, &after, err);
}

static int load_one_by_one(struct loading *l, const struct audit_difference *d, struct error *err)
{
	l->load->one_by_one = true;
	for (size_t i = 0; i < d->len; i++)
		if (add_rule(l, d->missing[i], err) < 0)
			return -1;
	return verify(l, NULL, err);
}

/* Before anything is deleted: whether the kernel takes each line of ours. 1: it does not. */
static int try_ours(struct loading *l, const struct audit_difference *d, struct error *err)
{
	int sys;

	for (size_t i = 0; i < d->len; i++)
		if (is_ours(l->files, d->missing[i]) && add_rule(l, d->missing[i], err) < 0)
			return -1;
	if (l->load->missing.len) {
		char *why =
			str_format("the kernel refuses %zu rules of ours", l->load->missing.len);

		return fail(l, why, err) < 0 ? -1 : 1;
	}
	sys = put_back(l);
	if (sys)
		return error_set(err, ERROR_SYS, sys, "take back rules that were only tried");
	return 0;
}

static int load_by_augenrules(struct loading *l, const struct audit_difference *d,
			      struct error *err)
{
	const char *const argv[] = {l->files->augenrules, "--load", NULL};
	struct command command = {.argv = argv, .seconds = LOAD_SECONDS};
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error problem = {0};
	int r = try_ours(l, d, err);

	if (r)
		return r < 0 ? -1 : 0;
	if (command_run(&command, &result, err) < 0)
		return -1;
	/* its standard output has the state; at times errors go to syslog alone */
	result.out[0] = '\0';
	r = command_check(&command, &result, &problem);
	return verify(l, r < 0 ? error_message(&problem) : NULL, err);
}

/* A directory below /run that tmpfiles.d will make at boot, but whose service does not run now. */
static int make_runtime_dir(struct loading *l, const struct audit_loaded *rule, struct error *err)
{
	static const char tool[] = "/usr/bin/systemd-tmpfiles";
	AUTO(audit_place) struct audit_place now = {0};
	AUTO(command_result) struct command_result result = {0};
	AUTO(error) struct error problem = {0};
	AUTO_FREE char *dir = strdup(rule->path);
	const struct audit_tmpfile *line;
	const char *argv[] = {tool, "--create", NULL, NULL};
	struct command command = {.argv = argv, .seconds = LOAD_SECONDS};

	if (!dir || look_audit_place_now(l->host, rule->path, &now, err) < 0)
		return dir ? -1 : error_nomem(err);
	if (rule->kind != RULE_DIR)
		*strrchr(dir, '/') = '\0';
	if ((rule->kind == RULE_DIR ? now.exists : now.parent_exists) || strcmp(dir, "/run") == 0)
		return 0;
	if (look_audit_tmpfile(l->host, l->files, dir, &line, err) < 0)
		return -1;
	argv[2] = line ? line->file : NULL;
	if (line && command_run(&command, &result, &problem) < 0 && problem.code == ERROR_NOMEM)
		return error_nomem(err);
	return 0; /* a directory that is still not there makes the kernel refuse the rule */
}

static int make_runtime_dirs(struct loading *l, const struct audit_difference *d, struct error *err)
{
	for (size_t i = 0; i < d->len; i++)
		if (d->missing[i]->path && audit_is_volatile(d->missing[i]->path) &&
		    make_runtime_dir(l, d->missing[i], err) < 0)
			return -1;
	return 0;
}

static int wait_for_reboot(struct loading *l, const char *why, struct error *err)
{
	l->load->outcome = AUDIT_LOAD_WAITS;
	l->load->why = strdup(why);
	return l->load->why ? 0 : error_nomem(err);
}

static int load(struct loading *l, bool force, struct error *err)
{
	AUTO(audit_difference) struct audit_difference d = {0};
	const char *waits = audit_kernel_waits(&l->load->before);
	bool reload;

	if (look_audit_files(l->host, &l->files, err) < 0 ||
	    audit_kernel_compare(l->host, &l->files->rules, &l->load->before, &d, err) < 0)
		return -1;
	reload = audit_kernel_may_reload(l->files, &l->load->before);
	if (!d.len && !(d.disordered && reload) && !(force && d.extra))
		return 0;
	if (waits || (!d.len && !reload))
		return wait_for_reboot(
			l, waits ? waits : "rules that are no longer written stay loaded", err);
	if (connect_kernel(l, err) < 0 || make_runtime_dirs(l, &d, err) < 0)
		return -1;
	return reload ? load_by_augenrules(l, &d, err) : load_one_by_one(l, &d, err);
}

int audit_load(struct host *host, bool force, struct audit_load *ret_load, struct error *err)
{
	AUTO(audit_load) struct audit_load result = {0};
	AUTO(loading) struct loading l = {.host = host, .load = &result, .fd = -1};

	if (!host->live)
		return error_set(err, ERROR_INTERNAL, 0,
				 "load audit rules of a host that is not "
				 "live");
	if (audit_kernel_read(host, &result.before, err) < 0)
		return -1;
	if (result.before.problem)
		return error_set(err, ERROR_SYS, 0, "load audit rules: %s", result.before.problem);
	if (load(&l, force, err) < 0) {
		if (l.fd >= 0 && put_back(&l) != 0)
			return error_wrap(err, "rules loaded before are not all back");
		return -1;
	}
	audit_kernel_free(take_ptr(&host->audit_kernel)); /* it is another one now */
	*ret_load = result;
	result = (struct audit_load){0};
	return 0;
}

/* audit.rules from the files as they are now, without loading it. */
static int merge_again(struct loading *l, struct error *err)
{
	const char *argv[] = {NULL, NULL};
	struct command command = {.argv = argv, .seconds = LOAD_SECONDS};
	AUTO(command_result) struct command_result result = {0};

	if (look_audit_files(l->host, &l->files, err) < 0)
		return -1;
	argv[0] = l->files->augenrules;
	return argv[0] && command_run(&command, &result, err) < 0 ? -1 : 0;
}

int audit_load_undo(struct host *host, struct audit_load *load, struct error *err)
{
	AUTO(loading) struct loading l = {.host = host, .load = load, .fd = -1};
	int sys;

	if (load->outcome == AUDIT_LOAD_NOTHING || load->outcome == AUDIT_LOAD_WAITS)
		return 0;
	if (connect_kernel(&l, err) < 0)
		return -1;
	sys = put_back(&l);
	if (sys)
		return error_set(err, ERROR_SYS, sys,
				 "put back the audit rules that were loaded before");
	return load->one_by_one ? 0 : merge_again(&l, err);
}

void audit_load_done(struct audit_load *load)
{
	free(load->why);
	audit_kernel_done(&load->before);
	strv_done(&load->missing);
	strv_done(&load->dropped);
	*load = (struct audit_load){0};
}
