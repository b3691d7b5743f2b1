// SPDX-License-Identifier: Apache-2.0
/*
 * Everything is read anew each time: a look is taken before the change, after each step, and after
 * an undo. The engine is asked where the running daemon listens, not where the written one would.
 */
#include "backup/settle_look.h"

#include "harden/host/look_engine.h"
#include "harden/host/look_listeners.h"

#define CONNECT_MS 2000
#define ANSWER_MS 20000
#define TOTAL_MS 30000

/* The unix socket of the running daemon; for fd:// that of the unit. */
static int own_url(struct settle_now *now, const struct dockerd *view, char **ret_url,
		   struct error *err)
{
	AUTO(listeners) struct listeners list = {0};
	AUTO_FREE char *source = NULL;

	if (look_listeners(view, &list, NULL) == 0)
		for (size_t i = 0; i < list.len; i++)
			if (list.items[i].kind == LISTENER_UNIX) {
				*ret_url = str_format("unix://%s", list.items[i].address);
				return *ret_url ? 0 : error_nomem(err);
			}
	return engine_own_url(&now->host, ret_url, &source, err);
}

/* Where the daemon that runs listens. */
static int find_engine(struct settle_now *now, char **ret_url, struct error *err)
{
	AUTO_PTR(dockerd) struct dockerd *view = NULL;

	if (running_view(&now->host, &now->running, now->written, NULL, &view, err) < 0 ||
	    own_url(now, view, ret_url, err) < 0)
		return -1;
	if (!*ret_url)
		return error_set(err, ERROR_REMOTE, 0, "dockerd listens on no unix socket");
	return 0;
}

static struct engine_address address_of(const char *url)
{
	return (struct engine_address){
		.url = url, .connect_ms = CONNECT_MS, .answer_ms = ANSWER_MS, .total_ms = TOTAL_MS};
}

static int connect_engine(struct settle_now *now, struct engine **ret_engine, struct error *err)
{
	AUTO_FREE char *url = NULL;
	struct engine_address address;

	if (find_engine(now, &url, err) < 0)
		return -1;
	address = address_of(url);
	return engine_open(&address, ret_engine, err);
}

static int take_names(struct settle_now *now, const struct value *list, struct error *err)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *names = value_get(list->members[i].value, "Names");
		const char *name = value_len(names) ? value_as_text(names->members[0].value) : NULL;

		if (!name)
			name = value_get_text(list->members[i].value, "Id");
		if (name && strv_add(&now->containers, name + (*name == '/'), err) < 0)
			return -1;
	}
	strv_sort(&now->containers);
	return 0;
}

static int ask_engine(struct settle_now *now, struct engine *engine, struct error *err)
{
	AUTO_PTR(value) struct value *list = NULL;
	const struct value *all;

	if (engine_get_value(engine, "/info", &now->info, err) != 0 ||
	    engine_get_value(engine, "/containers/json", &list, err) != 0 ||
	    engine_get_value(engine, "/networks/bridge", &now->bridge, err) < 0)
		return -1;
	if (value_get_text(now->info, "Name") == NULL)
		return error_set(err, ERROR_REMOTE, 0, "GET /info: no answer of dockerd's");
	all = value_get(now->info, "Containers");
	now->any_container = all && all->kind == VALUE_INTEGER && all->integer > 0;
	return take_names(now, list, err);
}

static int look_engine(struct settle_now *now, struct error *err)
{
	AUTO_PTR(engine) struct engine *engine = NULL;
	AUTO(error) struct error why = {0};

	if (connect_engine(now, &engine, &why) == 0 && ask_engine(now, engine, &why) == 0) {
		now->answers = true;
		return 0;
	}
	if (why.code == ERROR_NOMEM) {
		error_move(err, &why);
		return -1;
	}
	error_move(&now->silent, &why);
	return 0;
}

static bool same_daemon(const struct process *a, const struct process *b)
{
	int64_t ms = (a->began.tv_sec - b->began.tv_sec) * 1000 +
		     (a->began.tv_nsec - b->began.tv_nsec) / 1000000;

	return a->pid == b->pid && ms > -1000 && ms < 1000;
}

static int look_origin(struct backup *b, const struct settle_now *before, struct settle_now *now,
		       struct error *err)
{
	now->origin.process.pid = now->running.process.pid;
	now->origin.process.began = now->running.process.began;
	if (!before || !same_daemon(&before->origin.process, &now->origin.process))
		return settle_look_origin(b, now, err);
	now->origin.known = before->origin.known;
	now->origin.ours = before->origin.ours;
	now->origin.config = value_copy(before->origin.config);
	return before->origin.config && !now->origin.config ? error_nomem(err) : 0;
}

/* What the file has no more, of what the daemon may have read from it. */
static int find_gone(const struct settle_now *before, struct settle_now *now, struct error *err)
{
	bool same = before && same_daemon(&before->origin.process, &now->origin.process);
	const struct value *earlier = same && before->written ? before->written->config : NULL;

	return settle_diff_gone(earlier, now->written, &now->diff, err) < 0 ||
			       settle_diff_gone(now->origin.config, now->written, &now->diff, err) <
				       0
		       ? -1
		       : 0;
}

static int compare(const struct settle_now *before, struct settle_now *now, struct error *err)
{
	AUTO_PTR(dockerd) struct dockerd *view = NULL;

	if (running_view(&now->host, &now->running, now->written, now->origin.config, &view, err) <
	    0)
		return -1;
	now->plugin_flag = dockerd_has_flag(view, "authorization-plugins");
	if (now->written->problem.code != ERROR_NONE)
		return 0; /* nothing to compare with: it would not start on it */
	if (now->origin.known && settle_diff_views(view, now->written, &now->diff, err) < 0)
		return -1;
	if (!now->answers)
		return 0;
	if (settle_diff_shown(now->info, now->bridge, now->written, now->origin.known, &now->diff,
			      err) < 0)
		return -1;
	return find_gone(before, now, err);
}

int settle_look(struct backup *b, pid_t main_pid, const struct settle_now *before,
		struct settle_now *now, struct error *err)
{
	*now = (struct settle_now){.host = {.root_fd = -1}};
	if (host_open(NULL, true, &now->stage, &now->host, err) < 0 ||
	    look_dockerd(&now->host, &now->written, err) < 0 ||
	    look_running(&now->host, now->written, main_pid, &now->running, err) < 0)
		return -1;
	if (!now->running.process.pid)
		return 0;
	if (look_origin(b, before, now, err) < 0 || look_engine(now, err) < 0)
		return -1;
	return compare(before, now, err);
}

bool settle_ping(struct settle_now *now, pid_t main_pid, pid_t *ret_pid, bool *ret_denied,
		 struct error *err)
{
	AUTO_FREE char *url = NULL;
	struct engine_address address;

	*ret_pid = 0;
	*ret_denied = false;
	running_done(&now->running);
	if (look_running(&now->host, now->written, main_pid, &now->running, err) < 0)
		return false;
	*ret_pid = now->running.process.pid;
	if (!*ret_pid) {
		(void)error_set(err, ERROR_CONFLICT, 0, "no dockerd runs");
		return false;
	}
	if (find_engine(now, &url, err) < 0)
		return false;
	address = address_of(url);
	return engine_ping(&address, ret_denied, err) == 0;
}

void settle_now_done(struct settle_now *now)
{
	running_done(&now->running);
	process_done(&now->origin.process);
	value_free(now->origin.config);
	error_done(&now->silent);
	value_free(now->info);
	value_free(now->bridge);
	strv_done(&now->containers);
	settle_diff_done(&now->diff);
	host_done(&now->host);
	stage_done(&now->stage);
	*now = (struct settle_now){.host = {.root_fd = -1}};
}
