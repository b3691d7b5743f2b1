// SPDX-License-Identifier: Apache-2.0
/*
 * What a container's own answer does not hold: where the sources of its mounts lead, what the
 * kernel says of its first process, and what the engine has stored about it. Read from this host's
 * own files, so only for its own engine; as with the API itself, root's names are taken as they are.
 *
 * Facts: moby daemon/container (config.v2.json: NoNewPrivileges, SeccompProfile, AppArmorProfile in
 * 20.10 to 28), proc(5). The id of a container is part of its processes' cgroup path under every
 * cgroup driver, so a number that was reused meanwhile is noticed.
 */
#include "harden/host/look_question_parts.h"
#include "harden/text/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)4 << 20)

/* The whole of a small file; 1: it is not there. */
static int read_file(const char *path, struct strbuf *text, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0 || strbuf_read(text, fd, 0, FILE_MAX) < 0)
		return error_set(err, ERROR_SYS, errno, "read %s", path);
	return strbuf_text(text) ? 0 : error_nomem(err);
}

/* Notes under .Problems why a word of a recipe has no member. */
static int problem(struct value *problems, const char *word, const char *why, struct error *err)
{
	return value_set(problems, word, value_text(why), err);
}

static int problem_of(struct value *problems, const char *word, struct error *why,
		      struct error *err)
{
	int r;

	if (why->code == ERROR_NOMEM)
		return error_nomem(err);
	r = problem(problems, word, error_message(why), err);
	error_done(why);
	return r;
}

/* What a mount's source is, links followed: its path, and whether it is the engine's own socket. */
static int look_source(const char *source, const char *endpoint, struct value *ret,
		       struct value *problems, struct error *err)
{
	char real[PATH_MAX];
	struct stat st, socket;

	if (!realpath(source, real)) {
		AUTO_FREE char *why = str_format("%s: %s", source, strerror(errno));

		if (errno == ENOENT ||
		    errno == ENOTDIR) /* it was removed since: it leads nowhere */
			return value_set(ret, "Real", value_text(source), err);
		return why ? problem(problems, "sources", why, err) : error_nomem(err);
	}
	if (value_set(ret, "Real", value_text(real), err) < 0)
		return -1;
	if (stat(real, &st) < 0)
		return 0; /* it went away just now */
	if (value_set(ret, "Socket", value_bool(S_ISSOCK(st.st_mode)), err) < 0)
		return -1;
	return value_set(ret, "Endpoint",
			 value_bool(endpoint && stat(endpoint, &socket) == 0 &&
				    st.st_dev == socket.st_dev && st.st_ino == socket.st_ino),
			 err);
}

static int look_sources(const struct strv *sources, const char *endpoint, struct value *harden,
			struct value *problems, struct error *err)
{
	struct value *map = value_map();

	if (value_set(harden, "Sources", map, err) < 0)
		return -1;
	for (size_t i = 0; i < sources->len; i++) {
		struct value *one = value_map();

		if (value_set(map, sources->items[i], one, err) < 0 ||
		    look_source(sources->items[i], endpoint, one, problems, err) < 0)
			return -1;
	}
	return 0;
}

/* "Uid:\t0\t0\t0\t0" as a list of integers, "Seccomp:\t2" as an integer, "CapEff:\t00..." as text. */
static struct value *status_value(const char *name, const char *text, size_t len)
{
	AUTO_FREE char *copy = strndup(text, len);
	AUTO_PTR(value) struct value *list = NULL;
	AUTO(strv) struct strv words = {0};

	if (!copy || strv_split(&words, copy, " \t", NULL) < 0)
		return NULL;
	if (str_starts(name, "Cap"))
		return value_text(words.len ? words.items[0] : "");
	if (words.len == 1)
		return value_integer(strtol(words.items[0], NULL, 10));
	list = value_list();
	for (size_t i = 0; i < words.len && list; i++)
		if (value_add(list, value_integer(strtol(words.items[i], NULL, 10)), NULL) < 0)
			return NULL;
	return take_ptr(&list);
}

static int read_status(const char *text, struct value *ret, struct error *err)
{
	static const char *const wanted[] = {"Uid",    "Gid",	 "CapInh",  "CapPrm",	 "CapEff",
					     "CapBnd", "CapAmb", "Seccomp", "NoNewPrivs"};

	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
		size_t name = strcspn(line, ":\n");

		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (strlen(wanted[i]) == name && strncmp(line, wanted[i], name) == 0 &&
			    value_set(ret, wanted[i],
				      status_value(wanted[i], line + name + 1,
						   strcspn(line, "\n") - name - 1),
				      err) < 0)
				return -1;
		if (!strchr(line, '\n'))
			break;
	}
	return 0;
}

/* Whether the process still is this container's; what cannot be told is no. */
static int belongs(int64_t pid, const char *id, struct error *err)
{
	AUTO_FREE char *path = str_format("/proc/%lld/cgroup", (long long)pid);
	AUTO(strbuf) struct strbuf text = {0};
	int r = path ? read_file(path, &text, err) : error_nomem(err);

	/* empty: the process has just ended */
	return r < 0 ? -1 : r == 0 && text.len && strstr(text.data, id) != NULL;
}

static int look_process(int64_t pid, const char *id, struct value *harden, struct value *problems,
			struct error *err)
{
	AUTO_FREE char *path = str_format("/proc/%lld/status", (long long)pid);
	AUTO(error) struct error why = {0};
	AUTO(strbuf) struct strbuf text = {0};
	struct value *map;
	int r;

	if (pid <= 0)
		return 0; /* it does not run */
	if (!path)
		return error_nomem(err);
	r = read_file(path, &text, &why);
	if (r == 0)
		r = belongs(pid, id, &why) == 1 ? 0 : 1;
	if (r < 0)
		return problem_of(problems, "process", &why, err);
	if (r == 1)
		return problem(problems, "process", "its first process is not to be found here",
			       err);
	map = value_map();
	if (value_set(harden, "Process", map, err) < 0)
		return -1;
	return read_status(text.data, map, err);
}

static int keep_stored(const struct value *config, struct value *harden, struct error *err)
{
	static const char *const wanted[] = {"NoNewPrivileges", "SeccompProfile",
					     "AppArmorProfile"};
	struct value *map = value_map();

	if (value_set(harden, "Stored", map, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (value_get(config, wanted[i]) &&
		    value_set(map, wanted[i], value_copy(value_get(config, wanted[i])), err) < 0)
			return -1;
	return 0;
}

static int look_stored(const char *id, const char *root_dir, struct value *harden,
		       struct value *problems, struct error *err)
{
	AUTO_FREE char *path = str_format("%s/containers/%s/config.v2.json", root_dir, id);
	AUTO_PTR(value) struct value *config = NULL;
	AUTO(error) struct error why = {0};
	AUTO(strbuf) struct strbuf text = {0};
	int r;

	if (!path)
		return error_nomem(err);
	r = read_file(path, &text, &why);
	if (r == 1) {
		AUTO_FREE char *absent = str_format("%s is not there", path);

		return absent ? problem(problems, "stored", absent, err) : error_nomem(err);
	}
	if (r < 0 || json_read(text.data, text.len, path, &config, &why) < 0)
		return problem_of(problems, "stored", &why, err);
	return keep_stored(config, harden, err);
}

int look_container(const char *id, const char *root_dir, unsigned also,
		   const struct object_facts *facts, const char *endpoint, struct value *harden,
		   struct error *err)
{
	struct value *problems = value_map();

	if (value_set(harden, "Problems", problems, err) < 0)
		return -1;
	if ((also & ALSO_SOURCES) &&
	    look_sources(&facts->sources, endpoint, harden, problems, err) < 0)
		return -1;
	if ((also & ALSO_PROCESS) && look_process(facts->pid, id, harden, problems, err) < 0)
		return -1;
	if ((also & ALSO_STORED) && look_stored(id, root_dir, harden, problems, err) < 0)
		return -1;
	return 0;
}
