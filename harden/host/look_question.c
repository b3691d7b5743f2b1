// SPDX-License-Identifier: Apache-2.0
/*
 * The list of questions and their results.
 */
#include "harden/host/look_question.h"

#include "harden/host/look_question_parts.h"
#include "harden/text/json.h"
#include "harden/text/mask.h"

#include <stdlib.h>

#define SHARE_AMONG 16 /* findings of one question: they say one of a few things */

const char *const also_names[] = {
	"history", "top", "changes", "sources", "process", "stored", "content", NULL,
};

const char *const question_names[] = {"with", "info", "daemon", "devices", NULL};

const char *const question_kinds[] = {
	"container", "image", "network", "volume",  "service", "node",	 "task", "secret",
	"config",    "swarm", "info",	 "version", "exec",    "daemon", NULL,
};

struct question *question_ref(struct question *q)
{
	q->refs++;
	return q;
}

static void allowlist_done(struct allowlist *a)
{
	strv_done(&a->names);
	strv_done(&a->images);
	strv_done(&a->labels);
	strv_done(&a->services);
}

static void question_done(struct question *q)
{
	char *const texts[] = {q->identity, q->file,	  q->each,   q->select,
			       q->when,	    q->violation, q->review, q->evidence};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < GATHER_MAX; i++) {
		free(q->gather[i].kind);
		free(q->gather[i].text);
	}
	value_free(q->with);
	value_free(q->entry);
	allowlist_done(&q->allow);
	strv_done(&q->keep);
	result_done(&q->result);
}

void question_free(struct question *q)
{
	if (!q || --q->refs)
		return;
	question_done(q);
	free(q);
}

static void finding_done(struct question_finding *f)
{
	blob_free(f->resource);
	blob_free(f->message);
	free(f->next);
	value_free(f->actual);
	blob_free(f->id);
	blob_free(f->name);
	value_free(f->kept);
}

void result_done(struct question_result *r)
{
	error_done(&r->problem);
	for (size_t i = 0; i < r->len; i++)
		finding_done(&r->findings[i]);
	free(r->findings);
	for (size_t i = 0; i < r->seen_len; i++) {
		value_free(r->seen[i].value);
		strv_done(&r->seen[i].names);
	}
	free(r->seen);
	*r = (struct question_result){0};
}

/* All expressions about an object fail for the same reason: that is told once. */
static bool is_known_error(const struct question_result *r, const struct question_finding *f)
{
	const struct question_finding *last = r->len ? &r->findings[r->len - 1] : NULL;

	return f->kind == FINDING_ERROR && last && last->kind == FINDING_ERROR &&
	       blob_equal(last->resource, f->resource) && last->message == f->message;
}

/* The same text of one of the last findings, or a new one. */
static struct blob *share_message(const struct question_result *r, struct strbuf *text)
{
	for (size_t i = r->len; i > 0 && r->len - i < SHARE_AMONG; i--) {
		struct blob *message = r->findings[i - 1].message;

		if (message->len == text->len &&
		    memcmp(message->data, strbuf_text(text), text->len) == 0)
			return blob_ref(message);
	}
	return blob_from_strbuf(text);
}

int result_find(struct question_result *r, enum finding_kind kind, struct blob *resource,
		const char *message, struct value *actual, bool allowed, struct error *err)
{
	struct question_finding f = {.kind = kind,
				     .allowed = allowed,
				     .resource = blob_ref(resource),
				     .actual = value_share(actual)};
	AUTO(strbuf) struct strbuf shown = {0};

	/* the message may quote a step of a build, or what an expression choked on */
	if (mask_text(message, strlen(message), &shown, err) < 0 || !strbuf_text(&shown) ||
	    !(f.message = share_message(r, &shown)) ||
	    vec_reserve((void **)&r->findings, &r->cap, r->len, sizeof(f), err) < 0) {
		finding_done(&f);
		return error_nomem(err);
	}
	if (is_known_error(r, &f))
		finding_done(&f);
	else
		r->findings[r->len++] = f;
	return 0;
}

int result_see(struct question_result *r, const char *name, const struct value *value,
	       struct value **ret_same, struct error *err)
{
	struct question_seen *seen = NULL;

	*ret_same = NULL;
	for (size_t i = 0; i < r->seen_len && !seen; i++)
		if (value_equal(r->seen[i].value, value))
			seen = &r->seen[i];
	if (!seen && r->seen_len == SEEN_MAX) {
		r->not_shown++;
		return 0;
	}
	if (!seen) {
		if (vec_reserve((void **)&r->seen, &r->seen_cap, r->seen_len, sizeof(*seen), err) <
		    0)
			return -1;
		seen = &r->seen[r->seen_len];
		*seen = (struct question_seen){.value = value_copy(value)};
		if (!seen->value)
			return error_nomem(err);
		r->seen_len++;
	}
	seen->count++;
	*ret_same = seen->value;
	return seen->names.len < SEEN_NAMES ? strv_add(&seen->names, name, err) : 0;
}

int questions_open(struct host *host, const struct engine_access *access, struct error *err)
{
	struct questions *all = calloc(1, sizeof(*all));

	if (!all)
		return error_nomem(err);
	questions_free(host->questions);
	host->questions = all;
	all->access = *access;
	all->access.library = blob_ref(access->library);
	all->access.url = access->url ? strdup(access->url) : NULL;
	all->access.cert_path = access->cert_path ? strdup(access->cert_path) : NULL;
	all->access.image = access->image ? strdup(access->image) : NULL;
	if (access->source)
		all->source = *access->source;
	all->access.source = NULL;
	all->opened = access->source != NULL;
	if ((access->url && !all->access.url) || (access->cert_path && !all->access.cert_path) ||
	    (access->image && !all->access.image))
		return error_nomem(err);
	return 0;
}

int questions_begin(struct host *host, struct error *err)
{
	struct questions *all = host->questions;

	if (questions_source(host, all, err) < 0)
		return -1;
	if (all->problem.code == ERROR_NONE)
		return 0;
	error_copy(err, &all->problem);
	return -1;
}

bool questions_are_open(const struct host *host)
{
	return host->questions != NULL;
}

const char *questions_unchangeable(const struct host *host)
{
	return host->questions->source.unchangeable;
}

void questions_free(struct questions *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->len; i++)
		question_free(all->items[i]);
	free(all->items);
	if (all->source.free)
		all->source.free(all->source.cookie);
	free((char *)all->access.url);
	free((char *)all->access.cert_path);
	free((char *)all->access.image);
	blob_free(all->access.library);
	error_done(&all->problem);
	free(all);
}

int question_add(struct host *host, struct question **question, struct error *err)
{
	struct questions *all = host->questions;

	if (!all)
		return error_set(err, ERROR_INTERNAL, 0, "there is no engine to ask");
	if ((*question)->added)
		return 0;
	for (size_t i = 0; i < all->len; i++)
		if (strcmp(all->items[i]->identity, (*question)->identity) == 0) {
			question_free(*question);
			*question = question_ref(all->items[i]);
			return 0;
		}
	if (vec_reserve((void **)&all->items, &all->cap, all->len, sizeof(struct question *), err) <
	    0)
		return -1;
	all->items[all->len++] = question_ref(*question);
	(*question)->added = true;
	return 0;
}

void questions_forget(struct host *host)
{
	struct questions *all = host->questions;

	for (size_t i = 0; all && i < all->len; i++) {
		result_done(&all->items[i]->result);
		all->items[i]->answered = false;
	}
}

int question_object(struct host *host, const char *path, struct value **ret_object,
		    struct error *err)
{
	struct questions *all = host->questions;
	AUTO_PTR(blob) struct blob *body = NULL;
	int r;

	if (!all)
		return error_set(err, ERROR_INTERNAL, 0, "there is no engine to ask");
	if (questions_source(host, all, err) < 0)
		return -1;
	if (all->problem.code != ERROR_NONE) {
		error_copy(err, &all->problem);
		return -1;
	}
	if (!all->source.get)
		return error_set(err, ERROR_REMOTE, 0, "there is no engine to ask");
	r = all->source.get(all->source.cookie, path, &body, err);
	return r ? r : json_read(body->data, body->len, path, ret_object, err);
}

int question_answer(struct host *host, struct question *question, struct error *err)
{
	if (question->answered)
		return 0;
	if (!question->added)
		return error_set(err, ERROR_INTERNAL, 0, "a question that was not added");
	return questions_pass(host, host->questions, err);
}
