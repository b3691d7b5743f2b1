// SPDX-License-Identifier: Apache-2.0
/*
 * fork and exec by hand: posix_spawn cannot change the user. Its end is waited for by poll in
 * short slices, as pidfd_open(2) is Linux 5.3 and a daemon that it leaves behind may hold the pipes
 * open for ever.
 */
#include "harden/host/change_command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SLICE_MS 20
#define LAST_LINES 5

struct pipes {
	int out[2], said[2], failed[2]; /* failed: errno of what went wrong before exec */
};

struct running {
	pid_t pid;
	bool ended;
	int wait_status;
	long deadline_ms;
	struct strbuf out, said;
};

static void pipes_done(struct pipes *p)
{
	int *const ends[] = {p->out, p->said, p->failed};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		for (int k = 0; k < 2; k++)
			if (ends[i][k] >= 0)
				(void)close(ends[i][k]); /* nothing is buffered in it */
}

static void close_end(int *fd)
{
	(void)close(*fd); /* nothing is buffered in it */
	*fd = -1;
}

static int check_program(const char *path, struct error *err)
{
	struct stat st;

	if (path[0] != '/' || stat(path, &st) < 0)
		return error_set(err, ERROR_SYS, path[0] == '/' ? errno : EINVAL, "run %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_UNSAFE, 0, "run %s: it is no regular file", path);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return error_set(err, ERROR_UNSAFE, 0,
				 "run %s: it is not root's, or others can write it", path);
	return 0;
}

/* In the child. Returns only when something failed, with errno. */
static void become(const struct command *c, const struct pipes *p)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	if (null < 0 || setpgid(0, 0) < 0 || dup2(null, 0) < 0 || dup2(p->out[1], 1) < 0 ||
	    dup2(p->said[1], 2) < 0)
		return;
	if (c->pass_fd && fcntl(c->pass_fd, F_SETFD, 0) < 0)
		return;
	if (c->uid && (setgroups(0, NULL) < 0 || setresgid(c->gid, c->gid, c->gid) < 0 ||
		       setresuid(c->uid, c->uid, c->uid) < 0))
		return;
	(void)sigemptyset(&none); /* cannot fail */
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return;
	(void)execve(c->argv[0], (char *const *)c->argv, environment); /* returns only on failure */
}

static long now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int start(const struct command *c, struct pipes *p, struct running *run, struct error *err)
{
	int sys = 0;

	if (pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->said, O_CLOEXEC) < 0 ||
	    pipe2(p->failed, O_CLOEXEC) < 0)
		return error_set(err, ERROR_SYS, errno, "run %s: make a pipe", c->argv[0]);
	run->deadline_ms = now_ms() + (long)c->seconds * 1000;
	run->pid = fork();
	if (run->pid < 0)
		return error_set(err, ERROR_SYS, errno, "run %s: fork", c->argv[0]);
	if (run->pid == 0) {
		become(c, p);
		sys = errno;
		(void)!write(p->failed[1], &sys, sizeof(sys)); /* nobody else to tell */
		_exit(127);
	}
	close_end(&p->out[1]);
	close_end(&p->said[1]);
	close_end(&p->failed[1]);
	if (read(p->failed[0], &sys, sizeof(sys)) == (ssize_t)sizeof(sys)) {
		(void)waitpid(run->pid, NULL, 0); /* it is ending */
		return error_set(err, ERROR_SYS, sys, "run %s", c->argv[0]);
	}
	if (fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(p->said[0], F_SETFL, O_NONBLOCK) < 0)
		return error_set(err, ERROR_SYS, errno, "run %s: read from it", c->argv[0]);
	return 0;
}

/* The last bytes are kept: they tell how it ended. Closes *fd at its end. */
static void take_output(int *fd, struct strbuf *b)
{
	char buffer[4096];
	ssize_t n = 0;

	while (*fd >= 0 && (n = read(*fd, buffer, sizeof(buffer))) > 0) {
		strbuf_append_bytes(b, buffer, (size_t)n);
		if (b->len > 2 * (size_t)COMMAND_OUTPUT_MAX && b->data) {
			memmove(b->data, b->data + b->len - COMMAND_OUTPUT_MAX,
				COMMAND_OUTPUT_MAX + 1);
			b->len = COMMAND_OUTPUT_MAX;
		}
	}
	if (*fd >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		close_end(fd);
}

static bool has_ended(struct running *run)
{
	if (!run->ended && waitpid(run->pid, &run->wait_status, WNOHANG) == run->pid)
		run->ended = true;
	return run->ended;
}

/* True when it ended by itself. Output is taken until the end, and what is left of it after. */
static bool wait_for(struct running *run, struct pipes *p)
{
	while (!has_ended(run) && now_ms() < run->deadline_ms) {
		struct pollfd fds[] = {{p->out[0], POLLIN, 0}, {p->said[0], POLLIN, 0}};

		(void)poll(fds, ARRAY_SIZE(fds), SLICE_MS); /* a signal only shortens the slice */
		take_output(&p->out[0], &run->out);
		take_output(&p->said[0], &run->said);
	}
	take_output(&p->out[0], &run->out);
	take_output(&p->said[0], &run->said);
	return run->ended;
}

static int keep(struct strbuf *b, char **ret_text, struct error *err)
{
	if (b->len > COMMAND_OUTPUT_MAX && b->data) {
		memmove(b->data, b->data + b->len - COMMAND_OUTPUT_MAX, COMMAND_OUTPUT_MAX + 1);
		b->len = COMMAND_OUTPUT_MAX;
	}
	return strbuf_take(b, ret_text, err);
}

/* A child whose parent gave up must not go on. */
static void kill_all(struct running *run)
{
	if (run->pid <= 0 || run->ended)
		return;
	(void)kill(-run->pid, SIGKILL); /* its group; gone is as good */
	while (waitpid(run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
		;
	run->ended = true;
}

static int collect(struct running *run, struct pipes *p, struct command_result *result,
		   struct error *err)
{
	result->timed_out = !wait_for(run, p);
	kill_all(run);
	result->status = WIFSIGNALED(run->wait_status) ? 128 + WTERMSIG(run->wait_status)
						       : WEXITSTATUS(run->wait_status);
	if (keep(&run->out, &result->out, err) < 0)
		return -1;
	return keep(&run->said, &result->said, err);
}

int command_run(const struct command *command, struct command_result *ret_result, struct error *err)
{
	AUTO(command_result) struct command_result result = {0};
	AUTO(pipes) struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	struct running run = {0};
	int r;

	if (check_program(command->argv[0], err) < 0)
		return -1;
	r = start(command, &p, &run, err);
	if (r == 0)
		r = collect(&run, &p, &result, err);
	strbuf_done(&run.out);
	strbuf_done(&run.said);
	if (r < 0)
		return -1;
	*ret_result = result;
	result = (struct command_result){0};
	return 0;
}

/* Where its last lines begin, newlines at the end not counted; *ret_len without them. */
static const char *last_lines(const char *text, size_t *ret_len)
{
	size_t end = strlen(text), at;
	int lines = 0;

	while (end && text[end - 1] == '\n')
		end--;
	for (at = end; at; at--)
		if (text[at - 1] == '\n' && ++lines == LAST_LINES)
			break;
	*ret_len = end - at;
	return text + at;
}

int command_check(const struct command *command, const struct command_result *result,
		  struct error *err)
{
	size_t len = 0;
	const char *said = last_lines(*result->said ? result->said : result->out, &len);
	const char *word = len ? ": " : "";

	if (result->timed_out)
		return error_set(err, ERROR_SYS, ETIMEDOUT, "%s did not end within %u s%s%.*s",
				 command->argv[0], command->seconds, word, (int)len, said);
	if (result->status)
		return error_set(err, ERROR_SYS, 0, "%s ended with exit status %d%s%.*s",
				 command->argv[0], result->status, word, (int)len, said);
	return 0;
}

void command_result_done(struct command_result *result)
{
	free(result->out);
	free(result->said);
	*result = (struct command_result){0};
}
