// SPDX-License-Identifier: Apache-2.0
/*
 * The two ways were tried with 20.10.24 and 26.1.5 (moby cmd/dockerd/daemon.go, start()).
 */
#include "harden/host/change_validate.h"

#include "harden/host/change_command.h"
#include "harden/text/json_edit.h"

#include <errno.h>
#include <sys/mman.h>

#define NOBODY 65534
#define SECONDS 60 /* it only reads; on a busy machine that may take long */

static const char good_end[] = "needs to be started with root";
static const char no_option[] = "unknown flag: --validate";

static int put_copy(int fd, const struct dockerd *d, struct error *err)
{
	static const char *const remap[] = {"userns-remap", NULL};
	AUTO_PTR(blob) struct blob *copy = NULL;
	const char *data = "{}\n";
	size_t len = strlen(data);

	if (d->config_content) {
		if (json_edit_unset(d->config_content, d->config_path, remap, &copy, err) < 0)
			return -1;
		data = copy->data;
		len = copy->len;
	}
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "copy %s", d->config_path);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool is_left_out(const struct pflag *f)
{
	return f->key &&
	       (str_equal(f->key->name, "config-file") || str_equal(f->key->name, "userns-remap"));
}

/* The written flags without those two; argv has room for all and three more. */
static size_t add_flags(const struct dockerd *d, const char **argv, size_t n)
{
	for (size_t i = 0; i < d->flags.len; i++) {
		const struct pflag *f = &d->flags.items[i];
		bool again = i > 0 && d->flags.items[i - 1].word == f->word; /* of one bundle */

		for (size_t w = 0; w < f->words && !is_left_out(f) && !again; w++)
			argv[n++] = d->line.args[f->word + w].text;
	}
	return n;
}

static char *last_line(const char *text)
{
	size_t end = strlen(text), at;

	while (end && (text[end - 1] == '\n' || text[end - 1] == ' '))
		end--;
	for (at = end; at && text[at - 1] != '\n'; at--)
		;
	return strndup(text + at, end - at);
}

struct attempt {
	const char **argv;
	int fd;
	bool unprivileged;
};

/* 0, 1 as validate_config(), or 2: no such option. */
static int ask(const struct attempt *a, char **ret_why, struct error *err)
{
	const struct command command = {
		.argv = a->argv,
		.seconds = SECONDS,
		.pass_fd = a->fd,
		.uid = a->unprivileged ? NOBODY : 0,
		.gid = a->unprivileged ? NOBODY : 0,
	};
	AUTO(command_result) struct command_result result = {0};

	if (command_run(&command, &result, err) < 0)
		return -1;
	if (result.timed_out)
		return command_check(&command, &result, err);
	if (a->unprivileged ? strstr(result.said, good_end) != NULL : result.status == 0)
		return 0;
	if (!a->unprivileged && strstr(result.said, no_option))
		return 2;
	*ret_why = last_line(result.said);
	return *ret_why ? 1 : error_nomem(err);
}

int validate_config(const struct dockerd *d, const char *binary, char **ret_why, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	AUTO_FREE const char **argv = calloc(d->line.len + 4, sizeof(*argv));
	AUTO_FREE char *file = NULL;
	struct attempt attempt = {.argv = argv};
	size_t n = 1;
	int r = 2;

	if (!argv)
		return error_nomem(err);
	argv[0] = d->binary ? d->binary : binary;
	if (!argv[0] || !str_ends(argv[0], "/dockerd"))
		return 2;
	fd = memfd_create("daemon.json", MFD_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "make a file in memory");
	if (put_copy(fd, d, err) < 0)
		return -1;
	attempt.fd = fd;
	file = str_format("--config-file=/proc/self/fd/%d", fd);
	if (!file)
		return error_nomem(err);
	n = add_flags(d, argv, n);
	argv[n++] = file;
	argv[n] = "--validate";
	if (engine_at_least(d->version, "23.0"))
		r = ask(&attempt, ret_why, err);
	if (r != 2)
		return r;
	argv[n] = NULL;
	attempt.unprivileged = true;
	return ask(&attempt, ret_why, err);
}
