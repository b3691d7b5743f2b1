// SPDX-License-Identifier: Apache-2.0
/*
 * What running containers use now, against the limits that are staged for them: a limit below the
 * memory in use makes the kernel end a process at once, one of processes that is nearly reached
 * makes the next fork fail.
 */
#include "harden/resource/engine_usage.h"

#include "harden/host/look_engine.h"
#include "harden/host/look_question.h"

static const struct {
	const char *field; /* that is staged */
	const char *used;  /* of /stats */
	int64_t times;	   /* the limit should be that many times what is used */
	const char *impact;
} usages[] = {
	{"HostConfig.Memory", "memory_stats.usage", 1,
	 "it uses more memory than that now: the kernel may end it at once"},
	{"HostConfig.PidsLimit", "pids_stats.current", 2,
	 "it has more than half as many processes and threads now: the next ones may fail"},
};

static bool is_tight(const struct field_edit *f, const struct value *used, int64_t times)
{
	return f && used && used->kind == VALUE_INTEGER && f->after->kind == VALUE_INTEGER &&
	       used->integer > f->after->integer / times;
}

static bool is_of_interest(const struct update *u)
{
	if (u->kind != UPDATE_CONTAINER || u->removes)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(usages); i++)
		if (update_field(u, usages[i].field))
			return true;
	return false;
}

static int add_usage(struct host *host, struct staged_update *s, struct error *err)
{
	AUTO_FREE char *path =
		engine_path("/containers/%s/stats?stream=false&one-shot=1", s->update.id);
	AUTO_PTR(value) struct value *stats = NULL;
	AUTO(error) struct error problem = {0};

	if (!path)
		return error_nomem(err);
	if (question_object(host, path, &stats, &problem) != 0)
		return 0; /* nothing is known, and nothing is said */
	for (size_t i = 0; i < ARRAY_SIZE(usages); i++)
		if (is_tight(update_field(&s->update, usages[i].field),
			     field_get(stats, usages[i].used), usages[i].times) &&
		    strv_add_once(&s->impact, usages[i].impact, err) < 0)
			return -1;
	return 0;
}

int usage_name(struct host *host, struct error *err)
{
	struct stage *stage = host->stage;

	for (size_t i = 0; i < stage->updates_len; i++)
		if (is_of_interest(&stage->updates[i].update) &&
		    add_usage(host, &stage->updates[i], err) < 0)
			return -1;
	return 0;
}
