// SPDX-License-Identifier: Apache-2.0
/*
 * Putting the running daemon together: process, command line, the file it reads, answers of its API.
 */
#include "harden/host/look_daemon.h"

#include "harden/host/host.h"
#include "harden/host/look_daemon_parts.h"
#include "harden/host/look_dockerd_parts.h"
#include "harden/host/look_file.h"
#include "harden/host/look_process_view.h"
#include "harden/text/json.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PID_FILE "/var/run/docker.pid"

static const char *const config_dir = "/etc/docker";

static bool is_after(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* When the bytes at path came to be as they are: 1, or 0 where there is nothing. */
static int last_change(struct host *host, const char *path, struct timespec *ret_when)
{
	struct statx stx;
	struct timespec birth;

	if (statx(host->root_fd, path[1] ? path + 1 : ".", AT_SYMLINK_NOFOLLOW,
		  STATX_BASIC_STATS | STATX_BTIME, &stx) < 0)
		return 0;
	*ret_when = (struct timespec){stx.stx_mtime.tv_sec, stx.stx_mtime.tv_nsec};
	birth = (struct timespec){stx.stx_btime.tv_sec, stx.stx_btime.tv_nsec};
	if (!(stx.stx_mask & STATX_BTIME))
		birth = (struct timespec){stx.stx_ctime.tv_sec, stx.stx_ctime.tv_nsec};
	if (is_after(birth, *ret_when))
		*ret_when = birth;
	return 1;
}

/*
 * Whether a file may have been taken out of a directory since: the directory changed, and no entry
 * that is there now came at that time. (dockerd itself makes /etc/docker/key.json at its first
 * start.) A new name is a rename or a birth, so the change time of the entry counts.
 */
static int lost_an_entry(struct host *host, const char *dir, struct timespec since, bool *ret_lost,
			 struct error *err)
{
	AUTO(strv) struct strv names = {0};
	struct timespec changed;

	*ret_lost = false;
	if (!last_change(host, dir, &changed) || !is_after(changed, since))
		return 0;
	if (look_directory(host, dir, &names, err) < 0)
		return -1;
	*ret_lost = true;
	for (size_t i = 0; i < names.len && *ret_lost; i++) {
		AUTO_FREE char *path = path_join(dir, names.items[i]);
		struct stat st;

		if (!path)
			return error_nomem(err);
		if (fstatat(host->root_fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !is_after(changed, st.st_ctim))
			*ret_lost = false;
	}
	return 0;
}

/* What it was started with, if a record of our own changes tells: that is then what its file says. */
static int look_past(struct host *host, struct daemon_now *now, struct error *err)
{
	struct dockerd *d = now->view;
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO_PTR(value) struct value *config = NULL;
	AUTO(error) struct error why = {0};
	int r = host->past ? host->past(host->past_cookie, d->config_path, now->process.began,
					&content, &why)
			   : 0;

	if (r < 0 && why.code == ERROR_NOMEM)
		return error_nomem(err);
	if (r <= 0)
		return 0; /* records that cannot be read are no witness */
	if (content && json_read_flags(content->data, content->len, d->config_path,
				       JSON_ALLOW_BOM | JSON_ALLOW_EMPTY, &config, NULL) < 0)
		return 0; /* it cannot have started on that */
	if (!config)
		config = value_map();
	if (!config)
		return error_nomem(err);
	value_free(d->config);
	d->config = take_ptr(&config);
	error_done(&d->problem);
	d->problem = (struct error){0};
	free(take_ptr(&now->file_moved));
	now->file_past = true;
	return 0;
}

static int look_moved(struct host *host, struct daemon_now *now, struct error *err)
{
	const struct dockerd *d = now->view;
	struct timespec changed;
	bool lost = false;

	if (d->problem.code != ERROR_NONE)
		now->file_moved = str_format("no dockerd starts on the file as it is now (%s)",
					     error_message(&d->problem));
	else if (d->config_content && last_change(host, d->config_path, &changed) &&
		 is_after(changed, now->process.began))
		now->file_moved =
			str_format("%s was changed after the daemon had begun", d->config_path);
	if (now->file_moved || d->problem.code != ERROR_NONE || d->config_content ||
	    !str_starts(d->config_path, "/etc/docker/"))
		return now->file_moved || d->problem.code == ERROR_NONE ? 0 : error_nomem(err);
	if (lost_an_entry(host, config_dir, now->process.began, &lost, err) < 0)
		return -1;
	if (lost && !(now->file_moved =
			      str_format("%s is not there, and something was taken out of %s after "
					 "the daemon had begun",
					 d->config_path, config_dir)))
		return error_nomem(err);
	return 0;
}

/* What is staged does not run: the file is looked at as the host has it. */
static int fill_view(struct host *host, struct daemon_now *now, struct error *err)
{
	struct dockerd *d;

	if (process_view(host, &now->process, host->dockerd, &now->view, err) < 0)
		return -1;
	d = now->view;
	if (look_unit(host, "docker.socket", &d->socket, err) < 0 ||
	    dockerd_look_config(host, d, err) < 0 || look_moved(host, now, err) < 0 ||
	    (now->file_moved && look_past(host, now, err) < 0))
		return -1;
	if (d->problem.code == ERROR_NONE)
		return 0;
	/* flags still tell what runs; what the file tells is in doubt */
	error_done(&d->problem);
	d->problem = (struct error){0};
	value_free(d->config);
	d->config = value_map();
	return d->config ? 0 : error_nomem(err);
}

int daemon_look_view(struct host *host, struct daemon_now *now, struct error *err)
{
	struct stage none = {0}, *stage = host->stage;
	int r;

	host->stage = &none;
	r = fill_view(host, now, err);
	host->stage = stage;
	return r;
}

static int look_main_pid(struct host *host, struct daemon_now *now, char **ret_pid_file,
			 struct error *err)
{
	AUTO(error) struct error why = {0};
	const struct dockerd *written;

	if (look_dockerd(host, &written, err) < 0)
		return -1;
	if (dockerd_text(written, "pidfile", ret_pid_file, NULL) < 0 || !*ret_pid_file) {
		*ret_pid_file = strdup(PID_FILE); /* also where the configuration is broken */
		if (!*ret_pid_file)
			return error_nomem(err);
	}
	if (look_systemd(host, &now->systemd, &why) == 0 || why.code != ERROR_NOMEM)
		return 0; /* a systemd that does not answer leaves the pid file */
	error_move(err, &why);
	return -1;
}

static int fill(struct host *host, struct daemon_now *now, struct error *err)
{
	AUTO_FREE char *pid_file = NULL;

	if (look_main_pid(host, now, &pid_file, err) < 0 ||
	    look_process(host, now->systemd.service.main_pid, pid_file, &now->process, err) < 0)
		return -1;
	if (!now->process.pid)
		return 0;
	return daemon_look_view(host, now, err) < 0 ? -1 : daemon_look_answers(host, now, err);
}

int look_daemon(struct host *host, const struct daemon_now **ret, struct error *err)
{
	struct daemon_now *now;

	if (!host->live)
		return error_set(err, ERROR_INTERNAL, 0, "the daemon of a host that is not live");
	if (!host->daemon) {
		now = calloc(1, sizeof(*now));
		if (!now)
			return error_nomem(err);
		if (fill(host, now, err) < 0) {
			daemon_now_free(now);
			return -1;
		}
		host->daemon = now;
	}
	*ret = host->daemon;
	return 0;
}

void daemon_forget(struct host *host)
{
	daemon_now_free(host->daemon);
	host->daemon = NULL;
}

void daemon_now_free(struct daemon_now *now)
{
	if (!now)
		return;
	daemon_answers_done(now);
	dockerd_free(now->view);
	process_done(&now->process);
	systemd_done(&now->systemd);
	free(now->file_moved);
	free(now);
}

const char *daemon_version(const struct daemon_now *now)
{
	const char *version = value_get_text(now->version, "Version");

	if (version)
		return version;
	return now->view ? now->view->version : NULL;
}

bool daemon_restores_live(const struct daemon_now *now)
{
	const struct value *v = value_get(now->info, "LiveRestoreEnabled");

	return v && v->kind == VALUE_BOOL && v->boolean;
}

static int setting_of_shown(const struct daemon_now *now, const char *path, struct setting *s,
			    struct error *err)
{
	const char *source;
	int r = strchr(path, '.') ? 0 : daemon_shown(now, path, &s->value, &source, err);

	if (r <= 0)
		return r;
	s->key = daemon_key_find(path);
	s->from = FROM_FILE;
	s->source = str_format("GET %s", source);
	return s->source ? 1 : error_nomem(err);
}

static int say_past(struct setting *s, struct error *err)
{
	char *source = str_format("%s, by the file as it was when the daemon began", s->source);

	if (!source)
		return error_nomem(err);
	free(s->source);
	s->source = source;
	return 0;
}

int daemon_setting(const struct daemon_now *now, const char *path, struct setting *ret_setting,
		   const char **ret_doubt, struct error *err)
{
	AUTO(setting) struct setting s = {0};
	int r = setting_of_shown(now, path, &s, err);

	if (r < 0 || (r == 0 && dockerd_setting(now->view, path, &s, err) < 0))
		return -1;
	if (r == 0 && s.from != FROM_FLAG && now->file_past && say_past(&s, err) < 0)
		return -1;
	*ret_doubt = r == 0 && s.from != FROM_FLAG ? now->file_moved : NULL;
	*ret_setting = s;
	s = (struct setting){0};
	return 0;
}
