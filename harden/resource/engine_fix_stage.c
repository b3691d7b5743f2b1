// SPDX-License-Identifier: Apache-2.0
/*
 * From violations to edits: whether the object may be changed from here, what undoing will send, and
 * what a person has to know before.
 */
#include "harden/resource/engine_fix.h"

#include "harden/host/look_engine.h"

#define SERVICE_LABEL "com.docker.swarm.service.name"
#define COMPOSE_LABEL "com.docker.compose.project"
#define KUBERNETES_LABEL "io.kubernetes."

/* What a field of a container takes, and what undoing sends where 0 would mean "leave alone". */
static const struct limit {
	const char *path;
	int64_t least;	/* smaller ones are no limit, or refused (6 MiB) */
	bool unlimited; /* -1 is another way to say there is none */
	int64_t back;	/* 0: before itself can be set; -1: all CPUs */
	const char *impact;
} limits[] = {
	{"HostConfig.CpuShares", 2, false, 1024,
	 "rollback sets CpuShares to 1024, the kernel's own value, as 0 cannot be set again"},
	{"HostConfig.Memory", 6 << 20, false, INT64_C(9223372036854771712),
	 "rollback sets Memory to 9223372036854771712, which is no limit either, as 0 cannot be "
	 "set "
	 "again"},
	{"HostConfig.MemorySwap", 6 << 20, true, INT64_C(9223372036854771712), NULL},
	{"HostConfig.NanoCpus", 1, false, -1,
	 "rollback sets NanoCpus to all CPUs, as 0 cannot be set again"},
	{"HostConfig.PidsLimit", 1, false, 0, NULL},
	{"Spec.TaskTemplate.Resources.Limits.MemoryBytes", 4 << 20, false, 0, NULL},
	{"Spec.TaskTemplate.Resources.Limits.NanoCPUs", 1, false, 0, NULL},
	{"Spec.TaskTemplate.Resources.Limits.Pids", 1, false, 0, NULL},
};

/* One object on its way to the stage. */
struct target {
	const struct fix *fix;
	const struct question_finding *finding;
	struct host *host;
	struct update object; /* borrowed texts */
};

static const struct limit *limit_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].path, path) == 0)
			return &limits[i];
	return NULL;
}

static bool is_choice_of_a_person(const struct fix_value *v)
{
	const struct limit *limit = limit_of(v->path);

	if (!limit || v->after->kind != VALUE_INTEGER)
		return false;
	return v->after->integer < limit->least && !(limit->unlimited && v->after->integer == -1);
}

/* The rollback value of NanoCpus: what the host has. */
static int all_cpus(const struct target *t, int64_t *ret, struct error *err)
{
	AUTO_PTR(value) struct value *info = NULL;
	const struct value *ncpu;

	if (question_object(t->host, "/info", &info, err) != 0)
		return -1;
	ncpu = value_get(info, "NCPU");
	if (!ncpu || ncpu->kind != VALUE_INTEGER || ncpu->integer < 1)
		return error_set(err, ERROR_FORMAT, 0,
				 "the engine does not say how many CPUs there "
				 "are");
	*ret = ncpu->integer * 1000000000;
	return 0;
}

/* Returns what undoing sends in place of nothing; NULL with 0: before itself. */
static int back_of(const struct target *t, const struct fix_value *v, const struct value *before,
		   struct value **ret, const char **ret_impact, struct error *err)
{
	const struct limit *limit = limit_of(v->path);
	int64_t number;

	if (!field_same(before, NULL))
		return 0;
	if (strcmp(v->path, "HostConfig.RestartPolicy.Name") == 0) {
		*ret = value_text("no"); /* what "" means, which cannot be set */
		return *ret ? 0 : error_nomem(err);
	}
	if (!limit || !limit->back)
		return 0;
	number = limit->back;
	if (number < 0 && all_cpus(t, &number, err) < 0)
		return -1;
	*ret = value_integer(number);
	*ret_impact = limit->impact;
	return *ret ? 0 : error_nomem(err);
}

/* The edit, with what a person has to know of it; each may be NULL. */
static int put(const struct target *t, const struct field_edit *edit, const char *general,
	       const char *special, struct error *err)
{
	const struct stage_edit what = {&t->object, edit, general};
	const struct stage_edit more = {&t->object, edit, special};

	if (stage_edit_object(t->host->stage, &what, err) < 0)
		return -1;
	return special ? stage_edit_object(t->host->stage, &more, err) : 0;
}

static int stage_rotation(const struct target *t, const struct fix_value *v, struct error *err)
{
	struct value *before = value_get(t->finding->kept, v->path);
	bool has_count = before && before->kind == VALUE_INTEGER;
	AUTO_PTR(value)
	struct value *after = v->rotation->counts
				      ? value_integer(has_count ? before->integer + 1 : 1)
				      : value_bool(true);
	const struct field_edit edit = {
		.path = v->path, .before = before, .after = after, .stays = true};

	return after ? put(t, &edit, v->rotation->impact, NULL, err) : error_nomem(err);
}

static int stage_field(const struct target *t, const struct fix_value *v, const char *impact,
		       struct error *err)
{
	struct value *before = value_get(t->finding->kept, v->path);
	AUTO_PTR(value) struct value *back = NULL;
	struct field_edit edit = {.path = v->path, .before = before, .after = v->after};
	const char *says = NULL;

	if (v->rotation)
		return stage_rotation(t, v, err);
	if (back_of(t, v, before, &back, &says, err) < 0)
		return -1;
	edit.back = back;
	return put(t, &edit, impact, says, err);
}

/* What a person has to know of this object beside its control's impact; NULL: nothing. */
static const char *impact_of(const struct target *t)
{
	const struct value *labels = value_get(t->finding->kept, "Config.Labels");

	if (value_get(labels, COMPOSE_LABEL))
		return "a docker compose up that creates the container anew loses this: put it "
		       "into "
		       "the Compose file too";
	return t->fix->action->impact;
}

/* Whoever made the container gives it its settings again; NULL: nobody. */
static const char *owner_of(const struct value *labels)
{
	if (value_get(labels, SERVICE_LABEL))
		return "it belongs to a service of the swarm: change that (docker service update)";
	for (size_t i = 0; i < value_len(labels); i++)
		if (str_starts(labels->members[i].key, KUBERNETES_LABEL))
			return "it belongs to Kubernetes: change its pod";
	return NULL;
}

static int by_hand(const struct target *t, const char *next, struct error *err)
{
	return stage_by_hand(t->host->stage, t->finding->message->data, next, err);
}

static int choose(const struct target *t, const struct fix_value *v, struct error *err)
{
	AUTO_FREE char *next = str_format("choose a value for %s: the recipe's is %lld",
					  v->leaf->key, (long long)v->after->integer);

	return next ? by_hand(t, next, err) : error_nomem(err);
}

/* Who uses the image: a stopped container does, too, and the engine would refuse. */
static int image_users(const struct target *t, struct value **ret, struct error *err)
{
	AUTO_FREE char *path =
		engine_path("/containers/json?all=1&filters=%7B%22ancestor%22%3A%5B%22%s%22%5D%7D",
			    t->object.id);

	return path ? question_object(t->host, path, ret, err) : error_nomem(err);
}

static int stage_removal(const struct target *t, struct error *err)
{
	AUTO_PTR(value) struct value *users = NULL;

	if (t->object.kind == UPDATE_IMAGE && image_users(t, &users, err) < 0)
		return -1;
	if (value_len(users))
		return by_hand(t, "a container still uses it: remove that first", err);
	for (const char *const *guard = t->fix->action->guards; *guard; guard++) {
		struct value *now = value_get(t->finding->kept, *guard);
		const struct field_edit edit = {
			.path = (char *)*guard, .before = now, .after = now};

		if (put(t, &edit, t->fix->action->impact, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int stage_object(const struct target *t, struct error *err)
{
	const char *owner = owner_of(value_get(t->finding->kept, "Config.Labels"));

	if (owner)
		return by_hand(t, owner, err);
	for (size_t i = 0; i < t->fix->len; i++)
		if (is_choice_of_a_person(&t->fix->values[i]))
			return choose(t, &t->fix->values[i], err);
	if (t->fix->action->guards)
		return stage_removal(t, err);
	for (size_t i = 0; i < t->fix->len; i++)
		if (stage_field(t, &t->fix->values[i], impact_of(t), err) < 0)
			return -1;
	return 0;
}

static int stage_finding(const struct fix *fix, const struct question_finding *f, struct host *host,
			 struct error *err)
{
	const char *why = questions_unchangeable(host);
	const char *swarm = value_get_text(f->kept, "ID");
	const struct target t = {
		.fix = fix,
		.finding = f,
		.host = host,
		.object = {.kind = fix->action->kind,
			   .id = swarm	 ? (char *)swarm
				 : f->id ? f->id->data
					 : NULL,
			   .name = f->name ? f->name->data : NULL,
			   .removes = fix->action->guards != NULL},
	};

	if (why) /* without a next step, as that is the control's own remedy, by hand */
		return stage_block(host->stage, "engine", err, NULL,
				   "the engine is not changed from here: %s", why);
	return f->id ? stage_object(&t, err) : by_hand(&t, NULL, err);
}

/* What goes may also be what a person was to judge: consent is that judgement. */
static bool is_meant(const struct fix *fix, const struct question_finding *f)
{
	return !f->allowed &&
	       (f->kind == FINDING_VIOLATION || (f->kind == FINDING_REVIEW && fix->action->guards));
}

int fix_stage(const struct fix *fix, const struct question *question, struct host *host,
	      struct error *err)
{
	const struct question_result *r = &question->result;

	for (size_t i = 0; i < r->len; i++)
		if (is_meant(fix, &r->findings[i]) &&
		    stage_finding(fix, &r->findings[i], host, err) < 0)
			return -1;
	return 0;
}
