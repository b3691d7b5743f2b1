// SPDX-License-Identifier: Apache-2.0
/*
 * libjq as jq.c and jq_data.c call it: opened by name on first use, never closed. A jv is passed by
 * value; its layout is part of libjq.so.1's interface since jq 1.5. Every call of the library takes
 * the jv it is given, except copy and what only asks about one without freeing (see jv.h).
 */
#pragma once

#include "harden/base/error.h"

#include <stdint.h>

typedef struct {
	unsigned char kind_flags, pad;
	unsigned short offset;
	int size;
	union {
		void *pointer;
		double number;
	} u;
} jv;

enum jv_kind {
	JV_KIND_INVALID,
	JV_KIND_NULL,
	JV_KIND_FALSE,
	JV_KIND_TRUE,
	JV_KIND_NUMBER,
	JV_KIND_STRING,
	JV_KIND_ARRAY,
	JV_KIND_OBJECT
};

struct jq_state;

struct jq_library {
	struct jq_state *(*init)(void);
	void (*teardown)(struct jq_state **jq);
	void (*set_error_cb)(struct jq_state *jq, void (*report)(void *cookie, jv message),
			     void *cookie);
	int (*compile)(struct jq_state *jq, const char *program);
	void (*start)(struct jq_state *jq, jv input, int flags);
	jv (*next)(struct jq_state *jq);
	void (*halt)(struct jq_state *jq, jv exit_code, jv message);
	enum jv_kind (*get_kind)(jv v); /* does not free */
	jv (*copy)(jv v);
	void (*free)(jv v);
	jv (*invalid_get_msg)(jv v);
	jv (*parse_sized)(const char *text, int len);
	jv (*null)(void);
	jv (*boolean)(int b);
	jv (*number)(double d);
	double (*number_value)(jv v); /* does not free */
	jv (*string_sized)(const char *text, int len);
	int (*string_length)(jv v);
	const char *(*string_value)(jv v); /* does not free */
	jv (*array)(void);
	jv (*array_append)(jv array, jv v);
	int (*array_length)(jv array);
	jv (*array_get)(jv array, int index);
	jv (*object)(void);
	jv (*object_set)(jv object, jv key, jv v);
	int (*object_iter)(jv object); /* these do not free */
	int (*object_iter_next)(jv object, int iter);
	int (*object_iter_valid)(jv object, int iter);
	jv (*object_iter_key)(jv object, int iter);
	jv (*object_iter_value)(jv object, int iter);
};

/* The library, NULL with err (SYS: what to install) when it is not there. One thread only. */
const struct jq_library *jq_library(struct error *err);
