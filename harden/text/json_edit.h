// SPDX-License-Identifier: Apache-2.0
/*
 * Edits of a JSON object text that keep every byte outside the edited value: order, indentation,
 * unknown keys, line ends, the final newline or its absence, a byte order mark.
 *
 * A path is a NULL-ended list of keys from the root: {"log-opts", "max-size", NULL}. New members
 * follow the file's own style and come last in their object; missing parents are made as objects.
 * A NULL, empty or blank text becomes {\n  "key": value\n}\n. An edit that changes nothing returns
 * the input itself (one reference more).
 *
 * The input is read with a byte order mark and emptiness allowed: whether this dockerd accepts them
 * is the caller's question. Errors: FORMAT with FILE:LINE:COLUMN when the text is no JSON or a
 * parent is no object; INTERNAL when the result does not read back as the edit (the result is then
 * not returned).
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

int json_edit_set(const struct blob *in, const char *file, const char *const *path,
		  const struct value *v, struct blob **ret_out, struct error *err);
/* Removes a member, its comma and its line if it stood alone there; absent is unchanged. */
int json_edit_unset(const struct blob *in, const char *file, const char *const *path,
		    struct blob **ret_out, struct error *err);
/* Appends one element to the list at path; a missing list is made. */
int json_edit_add_element(const struct blob *in, const char *file, const char *const *path,
			  const struct value *v, struct blob **ret_out, struct error *err);
/* Removes element index (from 0) of the list at path; no such list or element is unchanged. */
int json_edit_remove_element(const struct blob *in, const char *file, const char *const *path,
			     size_t index, struct blob **ret_out, struct error *err);
