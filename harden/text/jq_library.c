// SPDX-License-Identifier: Apache-2.0
/*
 * Opening libjq. The one thing that outlives a call: the library stays open.
 */
#include "harden/text/jq_library.h"

#include "harden/base/library.h"
#include "harden/base/str.h"

static const struct library_symbol symbols[] = {
	{"jq_init", offsetof(struct jq_library, init)},
	{"jq_teardown", offsetof(struct jq_library, teardown)},
	{"jq_set_error_cb", offsetof(struct jq_library, set_error_cb)},
	{"jq_compile", offsetof(struct jq_library, compile)},
	{"jq_start", offsetof(struct jq_library, start)},
	{"jq_next", offsetof(struct jq_library, next)},
	{"jq_halt", offsetof(struct jq_library, halt)},
	{"jv_get_kind", offsetof(struct jq_library, get_kind)},
	{"jv_copy", offsetof(struct jq_library, copy)},
	{"jv_free", offsetof(struct jq_library, free)},
	{"jv_invalid_get_msg", offsetof(struct jq_library, invalid_get_msg)},
	{"jv_parse_sized", offsetof(struct jq_library, parse_sized)},
	{"jv_null", offsetof(struct jq_library, null)},
	{"jv_bool", offsetof(struct jq_library, boolean)},
	{"jv_number", offsetof(struct jq_library, number)},
	{"jv_number_value", offsetof(struct jq_library, number_value)},
	{"jv_string_sized", offsetof(struct jq_library, string_sized)},
	{"jv_string_length_bytes", offsetof(struct jq_library, string_length)},
	{"jv_string_value", offsetof(struct jq_library, string_value)},
	{"jv_array", offsetof(struct jq_library, array)},
	{"jv_array_append", offsetof(struct jq_library, array_append)},
	{"jv_array_length", offsetof(struct jq_library, array_length)},
	{"jv_array_get", offsetof(struct jq_library, array_get)},
	{"jv_object", offsetof(struct jq_library, object)},
	{"jv_object_set", offsetof(struct jq_library, object_set)},
	{"jv_object_iter", offsetof(struct jq_library, object_iter)},
	{"jv_object_iter_next", offsetof(struct jq_library, object_iter_next)},
	{"jv_object_iter_valid", offsetof(struct jq_library, object_iter_valid)},
	{"jv_object_iter_key", offsetof(struct jq_library, object_iter_key)},
	{"jv_object_iter_value", offsetof(struct jq_library, object_iter_value)},
};

const struct jq_library *jq_library(struct error *err)
{
	static const char *const files[] = {"libjq.so.1", NULL};
	static struct library library = {
		.files = files,
		.purpose = "libjq, which judges answers of the engine",
		.next = "install jq's library, 1.6 or newer (Debian: libjq1)",
	};
	static struct jq_library functions;

	return library_open(&library, symbols, ARRAY_SIZE(symbols), &functions, err) < 0
		       ? NULL
		       : &functions;
}
