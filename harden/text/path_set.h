// SPDX-License-Identifier: Apache-2.0
/*
 * Which paths there are, in 8 to 16 bytes for each, however long they are: a set of keyed hashes
 * (SipHash-2-4 with a key of its own from the kernel), so that nobody can choose two paths that are
 * taken for one. Among a million paths two are by chance once in 37 million sets.
 *
 * Every path has a tag, a letter of the caller's; one path may be in with several.
 */
#pragma once

#include "harden/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct path_set {
	uint64_t key[2];
	uint64_t *slots; /* open addressing; 0: free */
	size_t len, cap; /* cap is a power of two, or 0 */
};

void path_set_init(struct path_set *set);
int path_set_add(struct path_set *set, char tag, const char *path, size_t len, struct error *err);
bool path_set_has(const struct path_set *set, char tag, const char *path, size_t len);
void path_set_done(struct path_set *set);
