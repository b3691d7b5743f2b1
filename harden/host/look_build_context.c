// SPDX-License-Identifier: Apache-2.0
/*
 * What COPY and ADD would find: the context is looked at below its own root, links are followed
 * inside it as the builder does, and what .dockerignore names is left out.
 */
#include "harden/host/look_build.h"

#include "harden/host/look_file.h"
#include "harden/host/look_walk.h"

#include <errno.h>
#include <strings.h>

#define HEAD 512 /* bytes of a tar header */

static const struct {
	const char *name;
	const char *why; /* ADD cannot become COPY; NULL: it can */
} kinds[BUILD_KINDS] = {
	[BUILD_UNKNOWN] = {"unknown", "its sources are not known without --context DIR"},
	[BUILD_STAGE] = {"stage", NULL},
	[BUILD_HEREDOC] = {"heredoc", "its source stands in the Dockerfile"},
	[BUILD_VARIABLE] = {"variable", "a source depends on a variable of the build"},
	[BUILD_URL] = {"url", "it fetches an address, which COPY does not"},
	[BUILD_GIT] = {"git", "it fetches a repository, which COPY does not"},
	[BUILD_PATTERN] = {"pattern", "a source is a pattern, which may name archives"},
	[BUILD_IGNORED] = {"ignored", "a source is left out by .dockerignore"},
	[BUILD_MISSING] = {"missing", "a source is not in the context"},
	[BUILD_FILE] = {"file", NULL},
	[BUILD_DIRECTORY] = {"directory", NULL},
	[BUILD_ARCHIVE] = {"archive",
			   "a source is an archive, which ADD unpacks and COPY does not"},
	[BUILD_OTHER] = {"other", "a source is neither a file nor a directory"},
};

const char *build_kind_name(enum build_kind kind)
{
	return kinds[kind].name;
}

bool build_is_plain(const struct build *b, size_t instruction, const char **ret_why)
{
	const struct build_sources *s = &b->sources[instruction];

	*ret_why = "it has no source";
	for (size_t i = 0; i < s->len; i++) {
		*ret_why = kinds[s->items[i].kind].why;
		if (*ret_why)
			return false;
	}
	return s->len > 0;
}

/* The sum of a tar header's bytes, its own field taken as blanks, stands in it as an octal number. */
static bool is_tar_header(const unsigned char *head)
{
	unsigned long sum = 0, stated = 0;
	size_t at = 148;

	for (size_t i = 0; i < HEAD; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	while (at < 156 && head[at] == ' ')
		at++;
	for (; at < 156 && head[at] >= '0' && head[at] <= '7'; at++)
		stated = stated * 8 + (head[at] - '0');
	return head[0] && sum == stated;
}

/* gzip, bzip2, xz, zstd and tar, as moby pkg/archive tells them. */
static bool is_archive(const unsigned char *head, size_t len)
{
	static const struct {
		const char *magic;
		size_t len;
	} magics[] = {
		{"\x1f\x8b", 2}, {"BZh", 3}, {"\xfd\x37\x7a\x58\x5a", 5}, {"\x28\xb5\x2f\xfd", 4}};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (len >= magics[i].len && memcmp(head, magics[i].magic, magics[i].len) == 0)
			return true;
	return len == HEAD && (memcmp(head + 257, "ustar", 5) == 0 || is_tar_header(head));
}

static int look_at_head(struct host *inside, struct node *node, enum build_kind *ret,
			struct error *err)
{
	unsigned char head[HEAD];
	AUTO_CLOSE int fd = -1;
	size_t len = 0;
	ssize_t n;

	if (node_open(inside, node, &fd, err) < 0)
		return -1;
	while (len < HEAD && (n = read(fd, head + len, HEAD - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "read %s", node->path);
		len += (size_t)n;
	}
	*ret = is_archive(head, len) ? BUILD_ARCHIVE : BUILD_FILE;
	return 0;
}

static int look_at_path(struct build *b, const struct build_patterns *ignored, const char *clean,
			enum build_kind *ret, struct error *err)
{
	AUTO(walk) struct walk walk = {0};
	AUTO_FREE char *path = path_join("/", strcmp(clean, ".") == 0 ? "" : clean);

	if (!path)
		return error_nomem(err);
	*ret = BUILD_IGNORED;
	if (build_patterns_ignore(ignored, clean))
		return 0;
	if (walk_path(&b->inside, path, true, &walk, err) < 0)
		return -1;
	*ret = BUILD_MISSING;
	if (!walk.node || walk.node->state.kind == FILE_ABSENT)
		return 0;
	*ret = walk.node->state.kind == FILE_DIRECTORY ? BUILD_DIRECTORY : BUILD_OTHER;
	return walk.node->state.kind == FILE_REGULAR ? look_at_head(&b->inside, walk.node, ret, err)
						     : 0;
}

/* As BuildKit tells them (frontend/dockerfile/dfgitutil): a scheme, or a name that ends in .git. */
static enum build_kind remote_kind(const char *text)
{
	AUTO_FREE char *plain = strndup(text, strcspn(text, "#?"));
	bool git = plain && str_ends(plain, ".git");

	if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
		return git ? BUILD_GIT : BUILD_URL;
	if (str_starts(text, "git@") || str_starts(text, "git://") || str_starts(text, "ssh://") ||
	    (git && str_starts(text, "github.com/")))
		return BUILD_GIT;
	return BUILD_UNKNOWN;
}

static int look_at_source(struct build *b, const struct dockerfile_instruction *i, size_t arg,
			  const struct build_patterns *ignored, struct build_source *s,
			  struct error *err)
{
	const char *text = i->values.items[arg];
	AUTO_FREE char *clean = NULL;

	s->text = strdup(text);
	clean = build_path_clean(text);
	if (!s->text || !clean)
		return error_nomem(err);
	if (i->word == DOCKERFILE_COPY && dockerfile_flag(i, "from")) {
		s->kind = BUILD_STAGE;
		return 0;
	}
	if (i->heredocs_len && str_starts(i->args.items[arg], "<<")) {
		s->kind = BUILD_HEREDOC;
		return 0;
	}
	if (i->unknown.len && strchr(text, '$')) {
		s->kind = BUILD_VARIABLE;
		return 0;
	}
	s->kind = i->word == DOCKERFILE_ADD ? remote_kind(text) : BUILD_UNKNOWN;
	if (s->kind != BUILD_UNKNOWN)
		return 0;
	s->pattern = build_pattern_regex(clean);
	if (!s->pattern)
		return error_nomem(err);
	if (build_path_is_pattern(clean))
		s->kind = BUILD_PATTERN;
	else if (b->context)
		return look_at_path(b, ignored, clean, &s->kind, err);
	return 0;
}

static int look_at_sources(struct build *b, const struct build_patterns *ignored, struct error *err)
{
	for (size_t i = 0; i < b->dockerfile.len; i++) {
		const struct dockerfile_instruction *in = &b->dockerfile.instructions[i];
		struct build_sources *s = &b->sources[i];

		if (in->word != DOCKERFILE_ADD && in->word != DOCKERFILE_COPY)
			continue;
		for (size_t k = 0; k + 1 < in->values.len; k++) {
			if (vec_reserve((void **)&s->items, &s->cap, s->len, sizeof(*s->items),
					err) < 0)
				return -1;
			s->items[s->len] = (struct build_source){0};
			if (look_at_source(b, in, k, ignored, &s->items[s->len++], err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Puts what stands in directory dir ("" for the context) into files, and directories into todo. */
static int list_directory(struct build *b, const struct build_patterns *ignored, const char *dir,
			  struct strv *todo, struct error *err)
{
	AUTO(strv) struct strv names = {0};
	AUTO_FREE char *at = path_join("/", dir);

	if (!at)
		return error_nomem(err);
	if (look_directory(&b->inside, at, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		AUTO_FREE char *path =
			*dir ? path_join(dir, names.items[i]) : strdup(names.items[i]);
		AUTO_FREE char *inside = path ? path_join("/", path) : NULL;
		AUTO(walk) struct walk walk = {0};
		bool is_directory, left_out;

		if (!inside)
			return error_nomem(err);
		if (walk_path(&b->inside, inside, false, &walk, err) < 0)
			return -1;
		is_directory = walk.node && walk.node->state.kind == FILE_DIRECTORY;
		left_out = build_patterns_ignore(ignored, path);
		if (is_directory && strcmp(names.items[i], ".git") != 0) {
			if ((!left_out || ignored->keeps_any) && strv_add(todo, path, err) < 0)
				return -1;
		} else if (!left_out && strv_add(&b->files, path, err) < 0) {
			return -1;
		}
		if (b->files.len + todo->len > BUILD_FILES_MAX)
			return error_set(err, ERROR_FORMAT, 0,
					 "the context %s has more than %d files", b->context,
					 BUILD_FILES_MAX);
	}
	return 0;
}

static int list_files(struct build *b, const struct build_patterns *ignored, struct error *err)
{
	AUTO(strv) struct strv todo = {0};

	if (strv_add(&todo, "", err) < 0)
		return -1;
	while (todo.len) {
		AUTO_FREE char *dir = todo.items[--todo.len];

		if (list_directory(b, ignored, dir, &todo, err) < 0)
			return -1;
	}
	strv_sort(&b->files);
	return 0;
}

static int read_ignore_file(struct host *host, const char *path, const char *shown,
			    struct build_patterns *ret, struct error *err)
{
	AUTO(look) struct look look = {0};

	if (look_file(host, path, LOOK_CONTENT, &look, err) < 0)
		return -1;
	if (look.state.kind != FILE_REGULAR || !look.state.content)
		return 0;
	return build_patterns_read(look.state.content->data, look.state.content->len, shown, ret,
				   err) < 0
		       ? -1
		       : 1;
}

/* DOCKERFILE.dockerignore beside the Dockerfile counts before that of the context. */
static int read_ignored(struct host *host, const struct build *b, struct build_patterns *ret,
			struct error *err)
{
	AUTO_FREE char *own = str_format("%s.dockerignore", b->path);
	AUTO_FREE char *own_shown = str_format("%s.dockerignore", b->file);
	AUTO_FREE char *shown = b->context ? path_join(b->context, ".dockerignore") : NULL;
	int r;

	if (!b->context)
		return 0;
	if (!own || !own_shown || !shown)
		return error_nomem(err);
	r = read_ignore_file(host, own, own_shown, ret, err);
	if (r == 0)
		r = read_ignore_file((struct host *)&b->inside, "/.dockerignore", shown, ret, err);
	return r < 0 ? -1 : 0;
}

int look_build_context(struct host *host, struct build *b, struct error *err)
{
	AUTO(build_patterns) struct build_patterns ignored = {0};

	if (read_ignored(host, b, &ignored, err) < 0 || look_at_sources(b, &ignored, err) < 0)
		return -1;
	if (!b->context || b->listed)
		return 0;
	b->listed = true;
	if (list_files(b, &ignored, &b->problem) < 0 && b->problem.code == ERROR_NOMEM)
		return error_nomem(err);
	return 0;
}
