// SPDX-License-Identifier: Apache-2.0
/*
 * Seeded random texts for the property tests: the same seed gives the same texts everywhere.
 */
#pragma once

#include "harden/base/str.h"

#include <stdint.h>

struct random {
	uint64_t seed;
};

/* splitmix64 */
static inline uint64_t random_next(struct random *r)
{
	uint64_t z = (r->seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A number in [0, n). */
static inline unsigned random_below(struct random *r, unsigned n)
{
	return (unsigned)(random_next(r) % n);
}

static inline const char *random_of(struct random *r, const char *const *choices, size_t count)
{
	return choices[random_below(r, (unsigned)count)];
}

/* Any blanks that JSON allows between tokens. */
static inline void random_json_gap(struct random *r, struct strbuf *b)
{
	static const char *const gaps[] = {"",	   "",	   "",	       " ",	 " ",  "\n",
					   "\n  ", "\n\t", "\r\n    ", "\n\n  ", "  ", " \n "};

	strbuf_append(b, random_of(r, gaps, ARRAY_SIZE(gaps)));
}

static inline void random_json_value(struct random *r, struct strbuf *b, unsigned depth);

static inline void random_json_container(struct random *r, struct strbuf *b, unsigned depth,
					 bool map)
{
	static const char *const names[] = {"icc",	"log-opts", "\\u0061", "a\\\"b",
					    "\xc3\xa4", "{,}",	    "",	       "labels"};
	unsigned n = random_below(r, 5);

	strbuf_append_char(b, map ? '{' : '[');
	random_json_gap(r, b);
	for (unsigned i = 0; i < n; i++) {
		if (i) {
			strbuf_append_char(b, ',');
			random_json_gap(r, b);
		}
		if (map) {
			strbuf_appendf(b, "\"%s%u\"", random_of(r, names, ARRAY_SIZE(names)), i);
			random_json_gap(r, b);
			strbuf_append_char(b, ':');
			random_json_gap(r, b);
		}
		random_json_value(r, b, depth);
		random_json_gap(r, b);
	}
	strbuf_append_char(b, map ? '}' : ']');
}

static inline void random_json_value(struct random *r, struct strbuf *b, unsigned depth)
{
	static const char *const scalars[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"9223372036854775807",
		"1.5",
		"-2e-3",
		"0.1",
		"\"\"",
		"\"x\"",
		"\"\\n\\u00e4\\ud83d\\ude00\"",
		"\"\xe2\x82\xac\"",
		"\"a,b\"",
		"\"{[\\\\\\\"]}\"",
	};

	if (depth == 0 || random_below(r, 3) == 0)
		strbuf_append(b, random_of(r, scalars, ARRAY_SIZE(scalars)));
	else
		random_json_container(r, b, depth - 1, random_below(r, 2));
}

/* A whole text whose top is a map. */
static inline void random_json_map(struct random *r, struct strbuf *b, unsigned depth)
{
	random_json_gap(r, b);
	random_json_container(r, b, depth, true);
	random_json_gap(r, b);
}
