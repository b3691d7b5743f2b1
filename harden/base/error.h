// SPDX-License-Identifier: Apache-2.0
/*
 * One error object, filled where the facts are and passed up.
 *
 * A fallible function returns 0 (or a positive meaning) or exactly -1 with *err filled:
 *
 *	return error_set(err, ERROR_SYS, errno, "open %s", path);
 *
 * A caller that knows more puts its context in front:
 *
 *	if (store_put(...) < 0)
 *		return error_wrap(err, "back up %s", path);
 *
 * Both macros end in the constant -1, so that analysers see through them. When sys is not 0 its
 * strerror text ends the message. The object owns its strings; error_done() releases them and
 * leaves the object ready for use. A NULL err is allowed everywhere: the caller does not care.
 */
#pragma once

#include <stddef.h>

enum error_code {
	ERROR_NONE,
	ERROR_SYS,	  /* a system call failed */
	ERROR_NOMEM,	  /* out of memory; undo still has to run */
	ERROR_USAGE,	  /* the command line is wrong (exit 64) */
	ERROR_RECIPE,	  /* a recipe, site file or template is wrong */
	ERROR_FORMAT,	  /* a file of the host is not what its format says */
	ERROR_UNSAFE,	  /* refused for safety */
	ERROR_CONFLICT,	  /* changed since it was looked at */
	ERROR_DURABILITY, /* changed, but the sync failed */
	ERROR_REMOTE,	  /* the other side of a connection failed */
	ERROR_BUSY,	  /* somebody else holds the lock */
	ERROR_INTERNAL,	  /* a mistake of ours */
};

struct error {
	enum error_code code;
	int sys;	/* errno, 0 if none */
	char *message;	/* what was being done, to which file, what happened */
	char *resource; /* path or object name, NULL if none */
	char *next;	/* what a person does next, NULL if nothing is known */
};

void error_set_impl(struct error *err, enum error_code code, int sys, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void error_wrap_impl(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define error_set(err, code, sys, ...) (error_set_impl((err), (code), (sys), __VA_ARGS__), -1)
#define error_wrap(err, ...) (error_wrap_impl((err), __VA_ARGS__), -1)
#define error_nomem(err) error_set((err), ERROR_NOMEM, 0, "out of memory")

/* Attach the object's name or the next step; the first one attached stays (it is the nearest). */
void error_resource(struct error *err, const char *resource);
void error_next(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message, never NULL. */
const char *error_message(const struct error *err);
/* The stable name of a code in JSON: "sys", "nomem", "usage", "recipe", ... */
const char *error_code_name(enum error_code code);

/* dst becomes a copy of src; a text that cannot be copied is left out. */
void error_copy(struct error *dst, const struct error *src);
/* Moves src into dst (dst's own content is released) and empties src. */
void error_move(struct error *dst, struct error *src);
void error_done(struct error *err);
