// SPDX-License-Identifier: Apache-2.0
/*
 * The store of originals: each file content once, under its SHA-256, as store/ab/cdef... (0600).
 * What is in it was synced before anything relied on it, and its digest is checked when it is read.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdint.h>

struct store {
	int dir; /* STATE/store; -1: there is none yet */
};

/* create false: a store that does not exist is empty. Released with store_done(). */
int store_open(int state_fd, bool create, struct store *ret_store, struct error *err);
void store_done(struct store *s);

/* Keeps the bytes and gives their digest; durable after store_sync(). */
int store_put(struct store *s, const struct blob *content, char ret_sha256[65], struct error *err);
int store_sync(struct store *s, struct error *err);
/* Errors: FORMAT when the object is missing or is not what its name says; SYS, NOMEM. */
int store_get(const struct store *s, const char *sha256, struct blob **ret_content,
	      struct error *err);
/* The digests of all objects, sorted. */
int store_list(const struct store *s, struct strv *ret_digests, struct error *err);
uint64_t store_size(const struct store *s, const char *sha256);
int store_remove(struct store *s, const char *sha256, struct error *err);
