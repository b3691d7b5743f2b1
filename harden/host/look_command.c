// SPDX-License-Identifier: Apache-2.0
/*
 * The only start of a process outside of harden/host/change_*: tests/checks/symbols.sh allows
 * posix_spawn and kill (of our own child) in this object for it.
 */
#include "harden/host/look_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

struct child {
	const char *program;
	pid_t pid; /* 0: reaped */
	int fd[2]; /* we read its output and its errors from these; -1: at their end */
	struct strbuf *text[2];
	struct timespec end;
	bool over; /* the time */
};

static long left_ms(const struct child *c)
{
	struct timespec now;
	long ms;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	ms = (long)(c->end.tv_sec - now.tv_sec) * 1000 + (c->end.tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? ms : 0;
}

static void close_end(struct child *c, int i)
{
	if (c->fd[i] >= 0)
		(void)close(c->fd[i]); /* only read from */
	c->fd[i] = -1;
}

/* No child of ours outlives the call: its whole group is killed. */
static void child_done(struct child *c)
{
	if (c->pid) {
		(void)kill(-c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_end(c, 0);
	close_end(c, 1);
}

static int spawn_with(struct child *c, const char *const *argv, int out, int said,
		      posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						  NULL};
	sigset_t none, all;
	int r;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, out, 1);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, said, 2);
	r = r ? r : posix_spawnattr_setpgroup(attributes, 0);
	r = r ? r : posix_spawnattr_setsigmask(attributes, &none);
	r = r ? r : posix_spawnattr_setsigdefault(attributes, &all);
	r = r ? r
	      : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
							     POSIX_SPAWN_SETSIGMASK |
							     POSIX_SPAWN_SETSIGDEF);
	/* the strings are not written to: the type is older than const */
	return r ? r
		 : posix_spawn(&c->pid, c->program, actions, attributes, (char *const *)argv,
			       (char *const *)environment);
}

static int spawn(struct child *c, const char *const *argv, int out, int said)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (!r) {
		r = spawn_with(c, argv, out, said, &actions, &attributes);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	if (r)
		c->pid = 0;
	return r;
}

static int start(struct child *c, const char *const *argv, struct error *err)
{
	AUTO_CLOSE int out = -1;
	AUTO_CLOSE int said = -1;
	int ends[2], r;

	for (int i = 0; i < 2; i++) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return error_set(err, ERROR_SYS, errno, "make a pipe to %s", c->program);
		c->fd[i] = ends[0];
		*(i ? &said : &out) = ends[1];
	}
	r = spawn(c, argv, out, said);
	return r ? error_set(err, ERROR_SYS, r, "start %s", c->program) : 0;
}

static int take(struct child *c, int i, struct error *err)
{
	char chunk[4096];
	ssize_t n = read(c->fd[i], chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read what %s says", c->program);
	if (n == 0)
		close_end(c, i);
	strbuf_append_bytes(c->text[i], chunk, (size_t)n);
	if (c->text[i]->len > LOOK_COMMAND_MAX)
		return error_set(err, ERROR_FORMAT, 0, "%s prints more than %u bytes", c->program,
				 LOOK_COMMAND_MAX);
	return 0;
}

static int read_all(struct child *c, struct error *err)
{
	while (c->fd[0] >= 0 || c->fd[1] >= 0) {
		struct pollfd fds[2] = {{.fd = c->fd[0], .events = POLLIN},
					{.fd = c->fd[1], .events = POLLIN}};
		long ms = left_ms(c);
		int n = ms ? poll(fds, 2, (int)ms) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "wait for %s", c->program);
		c->over = n == 0;
		if (c->over)
			return 0;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents && take(c, i, err) < 0)
				return -1;
	}
	return 0;
}

/* It may close its output long before it ends. */
static int reap(struct child *c, int *ret_status)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	while (!c->over) {
		pid_t pid = waitpid(c->pid, ret_status, WNOHANG);

		if (pid == c->pid) {
			c->pid = 0;
			return 1;
		}
		if (pid < 0 && errno != EINTR)
			return 0;
		c->over = !left_ms(c);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* The last line that says something. */
static const char *last_line(struct strbuf *said)
{
	char *newline;

	while (said->len && said->data[said->len - 1] == '\n')
		said->data[--said->len] = '\0';
	newline = said->len ? strrchr(said->data, '\n') : NULL;
	return newline ? newline + 1 : strbuf_text(said);
}

static int run(struct child *c, const char *const *argv, unsigned milliseconds, struct error *err)
{
	int status = 0;

	if (start(c, argv, err) < 0 || read_all(c, err) < 0)
		return -1;
	if (!reap(c, &status))
		return error_set(err, ERROR_SYS, 0, "%s did not end within %u ms", c->program,
				 milliseconds);
	if (!strbuf_text(c->text[0]) || !strbuf_text(c->text[1]))
		return error_nomem(err);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, ERROR_SYS, 0, "%s ended with %s %d: %s", c->program,
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			 last_line(c->text[1]));
}

int look_command(const char *const *argv, unsigned milliseconds, struct strbuf *ret_out,
		 struct error *err)
{
	AUTO(strbuf) struct strbuf said = {0};
	AUTO(child)
	struct child c = {
		.program = argv[0],
		.fd = {-1, -1},
		.text = {ret_out, &said},
	};

	if (clock_gettime(CLOCK_MONOTONIC, &c.end) < 0)
		return error_set(err, ERROR_SYS, errno, "tell the time");
	c.end.tv_sec += milliseconds / 1000;
	c.end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	return run(&c, argv, milliseconds, err);
}
