// SPDX-License-Identifier: Apache-2.0
/*
 * SipHash: Aumasson and Bernstein, 2012. Bytes are taken little-endian whatever the machine.
 */
#include "harden/text/path_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define CAP_FIRST 64

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* Of the path with its tag behind it. */
static uint64_t hash(const struct path_set *set, char tag, const char *path, size_t len)
{
	uint64_t v[4] = {
		set->key[0] ^ 0x736f6d6570736575U,
		set->key[1] ^ 0x646f72616e646f6dU,
		set->key[0] ^ 0x6c7967656e657261U,
		set->key[1] ^ 0x7465646279746573U,
	};
	uint64_t word = 0, h;

	for (size_t i = 0; i <= len; i++) {
		word |= (uint64_t)(unsigned char)(i < len ? path[i] : tag) << (i % 8 * 8);
		if (i % 8 == 7) {
			sip_word(v, word);
			word = 0;
		}
	}
	sip_word(v, word | (uint64_t)(len + 1) << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	h = v[0] ^ v[1] ^ v[2] ^ v[3];
	return h ? h : 1;
}

void path_set_init(struct path_set *set)
{
	struct timespec t = {0};

	*set = (struct path_set){0};
	if (getrandom(set->key, sizeof(set->key), GRND_NONBLOCK) == (ssize_t)sizeof(set->key))
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* early at boot: still nobody's choice */
	set->key[0] = (uint64_t)(uintptr_t)set;
	set->key[1] = (uint64_t)t.tv_nsec;
}

static uint64_t *find(const struct path_set *set, uint64_t h)
{
	size_t i = (size_t)h & (set->cap - 1);

	while (set->slots[i] && set->slots[i] != h)
		i = (i + 1) & (set->cap - 1);
	return &set->slots[i];
}

static int grow(struct path_set *set, struct error *err)
{
	struct path_set larger = *set;

	larger.cap = set->cap ? set->cap * 2 : CAP_FIRST;
	larger.slots = calloc(larger.cap, sizeof(*larger.slots));
	if (!larger.slots)
		return error_nomem(err);
	for (size_t i = 0; i < set->cap; i++)
		if (set->slots[i])
			*find(&larger, set->slots[i]) = set->slots[i];
	free(set->slots);
	*set = larger;
	return 0;
}

int path_set_add(struct path_set *set, char tag, const char *path, size_t len, struct error *err)
{
	uint64_t h = hash(set, tag, path, len), *slot;

	if (set->len >= set->cap / 4 * 3 && grow(set, err) < 0)
		return -1;
	slot = find(set, h);
	set->len += !*slot;
	*slot = h;
	return 0;
}

bool path_set_has(const struct path_set *set, char tag, const char *path, size_t len)
{
	return set->cap && *find(set, hash(set, tag, path, len));
}

void path_set_done(struct path_set *set)
{
	free(set->slots);
	set->slots = NULL;
	set->len = set->cap = 0;
}
