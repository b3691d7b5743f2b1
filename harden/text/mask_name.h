// SPDX-License-Identifier: Apache-2.0
/*
 * Which names belong to secrets, and which values are none whatever their name: the tables behind
 * mask.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Empty, a word such as true, or the name of a key or certificate file. */
bool mask_is_harmless(const char *value, size_t len);
/* A token that is known by its beginning: AKIA..., SWMTKN-1-..., ghp_... */
bool mask_is_known_token(const char *word, size_t len);
/* Letters and digits that nobody would write as a plain word. */
bool mask_looks_random(const char *word, size_t len);
