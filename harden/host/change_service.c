// SPDX-License-Identifier: Apache-2.0
/*
 * systemctl and the site's restart command. A restart after a failed start begins with
 * reset-failed: three starts within a minute are docker.service's limit (StartLimitBurst=3 of the
 * upstream unit), and our own undo must not be the one that is refused.
 */
#include "harden/host/change_service.h"

#include "harden/host/change_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#define UNIT "docker.service"
#define CALL_SECONDS 180 /* of calls that start nothing: what systemctl gives a daemon-reload */
#define LOG_LINES 10
#define LOG_BYTES 16384

static const char of_unit[] = "--unit=" UNIT;
static const char *const systemctl[] = {"/usr/bin/systemctl", "/bin/systemctl"};
static const char *const journalctl[] = {"/usr/bin/journalctl", "/bin/journalctl"};

static const char *first_of(const char *const places[2])
{
	struct stat st;

	return stat(places[0], &st) == 0 ? places[0] : places[1];
}

static int run(const char *const *argv, unsigned seconds, char **ret_out, struct error *err)
{
	AUTO(command_result) struct command_result result = {0};
	const struct command command = {.argv = argv, .seconds = seconds};

	if (command_run(&command, &result, err) < 0 || command_check(&command, &result, err) < 0)
		return -1;
	if (ret_out)
		*ret_out = take_ptr(&result.out);
	return 0;
}

static int call_systemctl(const char *verb, const char *option, const char *unit, unsigned seconds,
			  struct error *err)
{
	const char *argv[5] = {first_of(systemctl), verb};
	size_t n = 2;

	if (option)
		argv[n++] = option;
	if (unit)
		argv[n] = unit;
	return run(argv, seconds, NULL, err);
}

/* sd_booted(3), and that the directory is not a leftover: PID 1 bears the name. */
static bool systemd_runs(void)
{
	struct stat st;
	char name[16] = "";
	AUTO_CLOSE int fd = -1;

	if (lstat("/run/systemd/system", &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && str_starts(name, "systemd");
}

static const char *property(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return line + len + 1;
	}
	return "";
}

static int ask_systemd(struct service *s, struct error *err)
{
	const char *argv[] = {first_of(systemctl),
			      "show",
			      "-p",
			      "MainPID,NeedDaemonReload,LoadState",
			      UNIT,
			      NULL};
	AUTO_FREE char *out = NULL;

	if (run(argv, CALL_SECONDS, &out, err) < 0)
		return -1;
	s->main_pid = (pid_t)strtol(property(out, "MainPID"), NULL, 10);
	s->need_reload = str_starts(property(out, "NeedDaemonReload"), "yes");
	if (str_starts(property(out, "LoadState"), "loaded"))
		s->kind = SERVICE_SYSTEMD;
	return 0;
}

static int take_command(struct service *s, const struct strv *restart, struct error *err)
{
	s->words = calloc(restart->len + 1, sizeof(*s->words));
	if (!s->words)
		return error_nomem(err);
	for (size_t i = 0; i < restart->len; i++)
		s->words[i] = restart->items[i];
	s->kind = SERVICE_COMMAND;
	return 0;
}

int service_open(const struct strv *restart, struct service *ret_service, struct error *err)
{
	AUTO(service) struct service s = {.systemd = systemd_runs()};

	if (s.systemd && ask_systemd(&s, err) < 0)
		return -1;
	if (s.kind == SERVICE_NONE && restart && restart->len && take_command(&s, restart, err) < 0)
		return -1;
	*ret_service = s;
	s = (struct service){0};
	return 0;
}

void service_done(struct service *s)
{
	free(s->words);
	*s = (struct service){0};
}

int service_daemon_reload(const struct service *s, struct error *err)
{
	return s->systemd ? call_systemctl("daemon-reload", NULL, NULL, CALL_SECONDS, err) : 0;
}

int service_reload(const struct service *s, struct host *host, const struct running *running,
		   struct error *err)
{
	if (s->kind == SERVICE_SYSTEMD && s->main_pid == running->process.pid)
		return call_systemctl("reload", NULL, UNIT, CALL_SECONDS, err);
	if (!running_lives(host, running))
		return error_set(err, ERROR_CONFLICT, 0, "dockerd (pid %d) has ended meanwhile",
				 (int)running->process.pid);
	if (kill(running->process.pid, SIGHUP) < 0)
		return error_set(err, ERROR_SYS, errno, "send SIGHUP to dockerd (pid %d)",
				 (int)running->process.pid);
	return 0;
}

static int restart_by(const struct service *s, unsigned seconds, struct error *err)
{
	switch (s->kind) {
	case SERVICE_SYSTEMD:
		(void)call_systemctl("reset-failed", NULL, UNIT, CALL_SECONDS,
				     NULL); /* fails when nothing had failed */
		return call_systemctl("restart", NULL, UNIT, seconds, err);
	case SERVICE_COMMAND:
		return run(s->words, seconds, NULL, err);
	case SERVICE_NONE:
		break;
	}
	return error_set(err, ERROR_INTERNAL, 0, "nobody here can restart dockerd");
}

int service_restart(const struct service *s, unsigned seconds, struct error *err)
{
	return restart_by(s, seconds, err);
}

int service_start_again(const struct service *s, struct host *host, const struct running *hanging,
			unsigned seconds, struct error *err)
{
	/* the main process alone: what holds the containers may live in the same cgroup */
	const char *kill_main[] = {first_of(systemctl), "kill", "--kill-who=main",
				   "--signal=KILL",	UNIT,	NULL};

	if (s->kind == SERVICE_SYSTEMD)
		(void)run(kill_main, CALL_SECONDS, NULL, NULL); /* nothing may run */
	else if (running_lives(host, hanging))
		(void)kill(hanging->process.pid, SIGKILL); /* gone is as good */
	return restart_by(s, seconds, err) < 0 ? error_wrap(err, "start dockerd again") : 0;
}

long service_log_end(const char *log)
{
	struct stat st;

	return log && log[0] == '/' && stat(log, &st) == 0 && S_ISREG(st.st_mode) ? (long)st.st_size
										  : 0;
}

/* Bytes of a regular file behind offset, at most the last LOG_BYTES. */
static int read_log(const char *log, long offset, struct strbuf *out)
{
	AUTO_CLOSE int fd = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	char chunk[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (st.st_size < offset)
		offset = 0; /* it was rotated */
	if (st.st_size - offset > LOG_BYTES)
		offset = st.st_size - LOG_BYTES;
	while (out->len < LOG_BYTES && (n = pread(fd, chunk, sizeof(chunk), offset)) > 0) {
		strbuf_append_bytes(out, chunk, (size_t)n);
		offset += n;
	}
	return 0;
}

/* Chatter of the libraries beneath hides what went wrong. */
static bool is_chatter(const char *line, size_t len)
{
	return memmem(line, len, "level=info", 10) || memmem(line, len, "level=debug", 11);
}

/* The last lines of a text; without chatter unless that is all there is. */
static int last_lines(const char *text, bool chatter, char **ret_lines, struct error *err)
{
	AUTO(strv) struct strv lines = {0}, kept = {0};
	AUTO(strbuf) struct strbuf out = {0};

	if (strv_split(&lines, text, "\n", err) < 0)
		return -1;
	for (size_t i = 0; i < lines.len; i++)
		if ((chatter || !is_chatter(lines.items[i], strlen(lines.items[i]))) &&
		    strv_add(&kept, lines.items[i], err) < 0)
			return -1;
	if (!kept.len && lines.len)
		return last_lines(text, true, ret_lines, err);
	for (size_t i = kept.len > LOG_LINES ? kept.len - LOG_LINES : 0; i < kept.len; i++)
		strbuf_appendf(&out, "%s%s", out.len ? "\n" : "", kept.items[i]);
	return strbuf_take(&out, ret_lines, err);
}

int service_log(const struct service *s, const char *log, long offset, char **ret_lines,
		struct error *err)
{
	const char *argv[] = {first_of(journalctl), of_unit,	    "--lines=60",
			      "--no-pager",	    "--output=cat", NULL};
	AUTO_FREE char *said = NULL;
	AUTO(strbuf) struct strbuf text = {0};

	if (s->kind == SERVICE_SYSTEMD)
		(void)run(argv, CALL_SECONDS, &said, NULL); /* no journal: no lines */
	else
		(void)read_log(log && log[0] == '/' ? log : "/var/log/docker.log", offset,
			       &text); /* likewise */
	if (!said && !strbuf_text(&text))
		return error_nomem(err);
	return last_lines(said ? said : strbuf_text(&text), false, ret_lines, err);
}
