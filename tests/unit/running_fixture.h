// SPDX-License-Identifier: Apache-2.0
/*
 * A live host with a dockerd that does not run: its process is files (proc_fixture.h), its API's
 * answers are texts.
 */
#pragma once

#include "tests/unit/proc_fixture.h"

#include "harden/host/look_daemon.h"
#include "harden/text/json.h"

#define RUNNING_PID 812

struct running_case {
	const char *name, *tree;
	const char *args;		     /* of the running daemon, without its name */
	const char *info, *version, *bridge; /* NULL: not answered */
	long ago;			     /* when it began; files of the tree are new */
};

static inline struct value *running_answer(const char *text)
{
	struct error err = {0};
	struct value *v = NULL;

	if (text && json_read(text, strlen(text), "answer", &v, &err) < 0)
		fail_msg("%s", error_message(&err));
	return v;
}

/* The tree, live, with this daemon; its answers stand in for what a socket would say. */
static inline struct daemon_now *running_open(struct tree *t, const struct running_case *c)
{
	char args[512];
	struct fake_process p = {
		.pid = RUNNING_PID, .exe = "/usr/sbin/dockerd", .args = args, .ago = c->ago};
	const struct daemon_now *now;
	struct daemon_now *ours;
	struct error err = {0};

	(void)snprintf(args, sizeof(args), "dockerd%s%s", c->args ? " " : "",
		       c->args ? c->args : "");
	tree_open(t, c->tree);
	proc_live(t);
	proc_add(t, &p);
	t->host.engine_none = true;
	if (look_daemon(&t->host, &now, &err) < 0)
		fail_msg("%s: %s", c->name, error_message(&err));
	assert_int_equal(now->process.pid, RUNNING_PID);
	ours = t->host.daemon;
	ours->info = running_answer(c->info);
	ours->version = running_answer(c->version);
	ours->bridge = running_answer(c->bridge);
	return ours;
}

/* So long ago that every file is newer, or so late that none is. */
#define BEGAN_BEFORE 1000
#define BEGAN_AFTER (-10)
