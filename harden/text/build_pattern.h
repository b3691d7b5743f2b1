// SPDX-License-Identifier: Apache-2.0
/*
 * Patterns of a build context: the lines of .dockerignore, and the sources of COPY and ADD. Paths
 * are relative to the context, without "./" and without a slash in front.
 *
 * Facts: moby patternmatcher (**, last pattern that matches wins, a pattern holds for all below what
 * it names), Go's filepath.Match (* and ? do not match a slash, [a-z], [^a], backslash).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>

#define BUILD_PATTERNS_MAX 1000

struct build_pattern {
	char *text; /* cleaned */
	bool keeps; /* a line that began with "!" */
};

struct build_patterns {
	struct build_pattern *items;
	size_t len, cap;
	bool keeps_any; /* so that below what is ignored something may be kept */
};

/* Lines of a .dockerignore. Errors: FORMAT with FILE:LINE (more than BUILD_PATTERNS_MAX), NOMEM. */
int build_patterns_read(const char *data, size_t len, const char *file,
			struct build_patterns *ret_patterns, struct error *err);
void build_patterns_done(struct build_patterns *patterns);
/* Whether the context leaves out this path. */
bool build_patterns_ignore(const struct build_patterns *patterns, const char *path);

/* Whether a pattern names the path or a directory it lies in. "." names all. */
bool build_pattern_matches(const char *pattern, const char *path);
/* "./a//b/../c/" is "a/c"; nothing is "."; "../" in front is dropped, as a context ends there. */
char *build_path_clean(const char *path);
/* Has characters that mean more than themselves. */
bool build_path_is_pattern(const char *path);
/* A regular expression (PCRE) that does what build_pattern_matches() does; "" for ".". NULL: no
 * memory. */
char *build_pattern_regex(const char *pattern);
