// SPDX-License-Identifier: Apache-2.0
/*
 * augeas as a codec. The text stands at /in, its tree below /tree, what is written back at /out;
 * what went wrong is told below /augeas/text/tree/error (augeas 1.14).
 */
#include "harden/text/augeas.h"

#include "harden/base/library.h"

#include <ctype.h>
#include <stdlib.h>

/* augeas.h, unchanged since 1.0 */
enum { NO_LOAD = 1 << 5, NO_MODL_AUTOLOAD = 1 << 6, NO_ERR_CLOSE = 1 << 8 };
enum { AUG_NOMEM = 1 };

#define TREE_ERROR "/augeas/text/tree/error"

struct augeas; /* the library's own */

struct functions {
	struct augeas *(*init)(const char *root, const char *loadpath, unsigned flags);
	void (*close)(struct augeas *aug);
	int (*get)(const struct augeas *aug, const char *path, const char **ret_value);
	int (*set)(struct augeas *aug, const char *path, const char *value);
	int (*insert)(struct augeas *aug, const char *path, const char *label, int before);
	int (*rm)(struct augeas *aug, const char *path);
	int (*match)(const struct augeas *aug, const char *path, char ***ret_paths);
	int (*text_store)(struct augeas *aug, const char *lens, const char *node, const char *path);
	int (*text_retrieve)(struct augeas *aug, const char *lens, const char *node_in,
			     const char *path, const char *node_out);
	int (*error)(struct augeas *aug);
	const char *(*error_message)(struct augeas *aug);
};

static const struct library_symbol symbols[] = {
	{"aug_init", offsetof(struct functions, init)},
	{"aug_close", offsetof(struct functions, close)},
	{"aug_get", offsetof(struct functions, get)},
	{"aug_set", offsetof(struct functions, set)},
	{"aug_insert", offsetof(struct functions, insert)},
	{"aug_rm", offsetof(struct functions, rm)},
	{"aug_match", offsetof(struct functions, match)},
	{"aug_text_store", offsetof(struct functions, text_store)},
	{"aug_text_retrieve", offsetof(struct functions, text_retrieve)},
	{"aug_error", offsetof(struct functions, error)},
	{"aug_error_message", offsetof(struct functions, error_message)},
};

/* The one thing that outlives a call: the library stays open. One thread only. */
static struct functions library;

/* An edit under way. */
struct session {
	const struct augeas_edit *edit;
	struct augeas *aug;
	bool added_newline;
};

static int open_library(struct error *err)
{
	static const char *const files[] = {"libaugeas.so.0", NULL};
	static struct library augeas = {
		.files = files,
		.purpose = "libaugeas, which edits this file",
		.next = "install augeas' library and lenses (Debian: libaugeas0)",
	};

	return library_open(&augeas, symbols, ARRAY_SIZE(symbols), &library, err);
}

/* A call into the library failed without a word below TREE_ERROR. */
static int failed(struct session *s, const char *what, struct error *err)
{
	if (library.error(s->aug) == AUG_NOMEM)
		return error_nomem(err);
	return error_set(err, ERROR_RECIPE, 0, "%s: %s: %s", s->edit->file, what,
			 library.error_message(s->aug));
}

static const char *tree_error(struct session *s, const char *name)
{
	AUTO_FREE char *path = str_format(TREE_ERROR "%s", name);
	const char *value = NULL;

	return path && library.get(s->aug, path, &value) == 1 ? value : NULL;
}

/* The lens does not read the text: augeas counts columns from 0. */
static int parse_error(struct session *s, struct error *err)
{
	const char *line = tree_error(s, "/line"), *column = tree_error(s, "/char");

	if (!tree_error(s, ""))
		return failed(s, s->edit->lens, err);
	(void)error_set(err, ERROR_FORMAT, 0, "%s:%s:%ld: the lens %s does not understand this",
			s->edit->file, line ? line : "1", column ? strtol(column, NULL, 10) + 1 : 1,
			s->edit->lens);
	error_resource(err, s->edit->file);
	error_next(err, "correct that line, or leave the control out");
	return -1;
}

static int store(struct session *s, const char *text, struct error *err)
{
	if (library.set(s->aug, "/in", text) < 0)
		return failed(s, "keep the text", err);
	if (library.text_store(s->aug, s->edit->lens, "/in", "/tree") < 0)
		return parse_error(s, err);
	return 0;
}

/* The tree as text, borrowed from the library; NULL when the lens cannot write it. */
static const char *retrieve(struct session *s)
{
	const char *text = NULL;

	if (library.text_retrieve(s->aug, s->edit->lens, "/in", "/tree", "/out") < 0 ||
	    library.get(s->aug, "/out", &text) != 1)
		return NULL;
	return text ? text : "";
}

/*
 * Keywords of ssh and sshd do not mind case (sshd_config(5)), but path expressions do: a plain
 * node of these lenses becomes a regular expression.
 */
static char *node_expression(const struct augeas_edit *edit)
{
	const char *c = edit->node;

	while (isalnum((unsigned char)*c))
		c++;
	if (!*c && (str_starts(edit->lens, "Sshd.") || str_starts(edit->lens, "Ssh.")))
		return str_format("/tree/*[label() =~ regexp('^%s$', 'i')]", edit->node);
	return str_format("/tree/%s", edit->node);
}

static void free_paths(char **paths, int count)
{
	for (int i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

static int add_found(struct session *s, const char *path, struct strv *found, struct error *err)
{
	const char *value = NULL;

	if (library.get(s->aug, path, &value) != 1)
		return failed(s, path, err);
	return strv_add(found, value ? value : "", err);
}

static int set_match(struct session *s, const char *path, struct error *err)
{
	const char *value = NULL;

	(void)library.get(s->aug, path, &value); /* worked in add_found() */
	if (str_equal(value, s->edit->value))
		return 0;
	return library.set(s->aug, path, s->edit->value) < 0 ? failed(s, path, err) : 0;
}

/*
 * A new node stands at the end, but what follows a Match of sshd_config would belong to it: there
 * it goes before the first one.
 */
static int make_node(struct session *s, struct error *err)
{
	AUTO_FREE char *path = str_format("/tree/%s", s->edit->node);
	char **matches = NULL;
	int n;

	if (!path)
		return error_nomem(err);
	n = library.match(s->aug, "/tree/Match[1]", &matches);
	if (n > 0) {
		free_paths(matches, n);
		if (!strchr(s->edit->node, '/') &&
		    library.insert(s->aug, "/tree/Match[1]", s->edit->node, 1) < 0)
			return failed(s, path, err);
	}
	return library.set(s->aug, path, s->edit->value) < 0 ? failed(s, path, err) : 0;
}

static int change_tree(struct session *s, struct strv *found, struct error *err)
{
	AUTO_FREE char *expression = node_expression(s->edit);
	char **paths = NULL;
	int n, r = 0;

	if (!expression)
		return error_nomem(err);
	n = library.match(s->aug, expression, &paths);
	if (n < 0)
		return failed(s, s->edit->node, err);
	for (int i = 0; i < n && r == 0; i++) {
		r = add_found(s, paths[i], found, err);
		if (r == 0 && s->edit->value)
			r = set_match(s, paths[i], err);
	}
	free_paths(paths, n);
	if (r == 0 && !s->edit->value && library.rm(s->aug, expression) < 0)
		r = failed(s, s->edit->node, err);
	if (r == 0 && s->edit->value && n == 0)
		r = make_node(s, err);
	return r;
}

static int refuse(struct augeas_result *result, const struct session *s, const char *why,
		  struct error *err)
{
	result->refused = str_format("the lens %s %s", s->edit->lens, why);
	return result->refused ? 0 : error_nomem(err);
}

static int edit_text(struct session *s, const char *text, struct augeas_result *result,
		     struct error *err)
{
	const char *out;
	size_t len;

	if (store(s, text, err) < 0)
		return -1;
	out = retrieve(s);
	if (!out || strcmp(out, text) != 0)
		return change_tree(s, &result->found, err) < 0
			       ? -1
			       : refuse(result, s, "does not keep the rest of this file", err);
	if (change_tree(s, &result->found, err) < 0)
		return -1;
	out = retrieve(s);
	if (!out)
		return refuse(result, s, "cannot write this value", err);
	len = strlen(out);
	if (s->added_newline && len && out[len - 1] == '\n')
		len--;
	result->after = blob_new(out, len);
	return result->after ? 0 : error_nomem(err);
}

/* The text as a C string; most lenses want its last line ended, as augeas itself does for files. */
static int prepare(struct session *s, const struct blob *in, char **ret_text, struct error *err)
{
	size_t len = in ? in->len : 0;

	if (len && memchr(in->data, '\0', len)) {
		(void)error_set(err, ERROR_FORMAT, 0, "%s: there is a NUL byte in this text file",
				s->edit->file);
		error_resource(err, s->edit->file);
		return -1;
	}
	s->added_newline = len && in->data[len - 1] != '\n';
	*ret_text = str_format("%s%s", len ? in->data : "", s->added_newline ? "\n" : "");
	return *ret_text ? 0 : error_nomem(err);
}

int augeas_edit(const struct blob *in, const struct augeas_edit *edit,
		struct augeas_result *ret_result, struct error *err)
{
	struct session s = {.edit = edit};
	struct augeas_result result = {0};
	AUTO_FREE char *text = NULL;
	int r;

	if (open_library(err) < 0 || prepare(&s, in, &text, err) < 0)
		return -1;
	s.aug = library.init("/", NULL, NO_LOAD | NO_MODL_AUTOLOAD | NO_ERR_CLOSE);
	if (!s.aug)
		return error_nomem(err);
	r = library.error(s.aug) ? failed(&s, "start augeas", err)
				 : edit_text(&s, text, &result, err);
	library.close(s.aug);
	if (r < 0) {
		augeas_result_done(&result);
		return -1;
	}
	*ret_result = result;
	return 0;
}

void augeas_result_done(struct augeas_result *result)
{
	strv_done(&result->found);
	blob_free(result->after);
	free(result->refused);
	*result = (struct augeas_result){0};
}
