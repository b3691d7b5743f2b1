// SPDX-License-Identifier: Apache-2.0
/*
 * What allowlists and extra members need of an object, found by jq from its answer.
 */
#include "harden/host/look_question_parts.h"

#include <fnmatch.h>

const char object_facts_text[] =
	"(.Config.Labels? // .Spec.Labels? // .Labels? // {}) as $l | {"
	"pid: (if (.State.Running? // false) == true then (.State.Pid? // 0) else 0 end), "
	"sources: [.Mounts?[]? | .Source?, $devices[.Name? // \"\"]? | strings], "
	"images: [.Config.Image?, .RepoTags?[]?, .Spec.TaskTemplate.ContainerSpec.Image? | "
	"strings], "
	"services: [$l | objects | .[\"com.docker.compose.service\"]?, "
	"(\"\\(.[\"com.docker.compose.project\"]?)/\\(.[\"com.docker.compose.service\"]?)\"), "
	".[\"com.docker.swarm.service.name\"]? | strings], "
	"execs: [.ExecIDs?[]? | strings], labels: $l, "
	"layers: ([.RootFS.Layers?[]?] | length), size: (.Size? // 0), "
	"driver: .GraphDriver.Name?, "
	"upper: .GraphDriver.Data.UpperDir?, "
	"lower: .GraphDriver.Data.LowerDir?}";

static int read_texts(const struct value *list, struct strv *texts, struct error *err)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (value_as_text(list->members[i].value) &&
		    strv_add_once(texts, list->members[i].value->text, err) < 0)
			return -1;
	return 0;
}

static int64_t integer_of(const struct value *v, const char *key)
{
	const struct value *member = value_get(v, key);

	return member && member->kind == VALUE_INTEGER ? member->integer : 0;
}

int object_facts_read(const struct value *v, struct object_facts *ret, struct error *err)
{
	ret->pid = integer_of(v, "pid");
	ret->layers = integer_of(v, "layers");
	ret->size = integer_of(v, "size");
	ret->driver = value_get_text(v, "driver");
	ret->upper = value_get_text(v, "upper");
	ret->lower = value_get_text(v, "lower");
	ret->labels = value_get(v, "labels");
	if (read_texts(value_get(v, "sources"), &ret->sources, err) < 0 ||
	    read_texts(value_get(v, "images"), &ret->images, err) < 0 ||
	    read_texts(value_get(v, "services"), &ret->services, err) < 0)
		return -1;
	return read_texts(value_get(v, "execs"), &ret->execs, err);
}

void object_facts_done(struct object_facts *f)
{
	strv_done(&f->sources);
	strv_done(&f->images);
	strv_done(&f->services);
	strv_done(&f->execs);
}

static bool matches(const struct strv *patterns, const char *text)
{
	for (size_t i = 0; i < patterns->len; i++)
		if (fnmatch(patterns->items[i], text, 0) == 0)
			return true;
	return false;
}

static bool matches_any(const struct strv *patterns, const struct strv *texts)
{
	for (size_t i = 0; i < texts->len; i++)
		if (matches(patterns, texts->items[i]))
			return true;
	return false;
}

/* A pattern is KEY or KEY=VALUE. */
static bool matches_label(const struct strv *patterns, const struct value *labels)
{
	for (size_t i = 0; patterns->len && i < value_len(labels); i++) {
		const struct value_member *m = &labels->members[i];
		const char *value = value_as_text(m->value);
		AUTO_FREE char *pair =
			m->key ? str_format("%s=%s", m->key, value ? value : "") : NULL;

		if (pair && (matches(patterns, m->key) || matches(patterns, pair)))
			return true;
	}
	return false;
}

bool allowlist_has(const struct allowlist *a, const char *name, const struct object_facts *f)
{
	return matches(&a->names, name) || matches_any(&a->images, &f->images) ||
	       matches_any(&a->services, &f->services) || matches_label(&a->labels, f->labels);
}
