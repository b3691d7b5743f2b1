// SPDX-License-Identifier: Apache-2.0
/*
 * Raw ACL attributes, also malformed ones.
 */
#include "harden/text/acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define V2 "\2\0\0\0"
#define E(tag, perm, id) tag "\0" perm "\0" id
#define ANY "\377\377\377\377"
#define U1000 "\350\3\0\0"

static void named_entries_count_within_the_mask(void **state)
{
	static const struct {
		const char *name, *data;
		size_t len;
		bool grants;
		unsigned group;
	} cases[] = {
#define CASE(name, bytes, grants, group) {name, bytes, sizeof(bytes) - 1, grants, group}
		CASE("no entries", V2, false, 7),
		CASE("empty", "", false, 7),
		CASE("cut off in the version", "\2\0", false, 7),
		CASE("another version", "\3\0\0\0" E("\2", "\6", U1000), false, 7),
		CASE("only the mode's own",
		     V2 E("\1", "\6", ANY) E("\4", "\4", ANY) E("\40", "\0", ANY), false, 4),
		CASE("a user", V2 E("\2", "\6", U1000) E("\4", "\4", ANY) E("\20", "\6", ANY), true,
		     4),
		CASE("a group", V2 E("\4", "\0", ANY) E("\10", "\4", U1000) E("\20", "\7", ANY),
		     true, 0),
		CASE("nothing within the mask",
		     V2 E("\2", "\6", U1000) E("\4", "\4", ANY) E("\20", "\1", ANY), false, 4),
		CASE("no rights", V2 E("\2", "\0", U1000) E("\4", "\5", ANY) E("\20", "\7", ANY),
		     false, 5),
		CASE("no mask", V2 E("\2", "\4", U1000), true, 7),
		CASE("cut off in an entry", V2 E("\4", "\4", ANY) "\2\0\6", false, 4),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(blob) struct blob *acl = blob_new(cases[i].data, cases[i].len);

		if (acl_grants_named(acl) != cases[i].grants ||
		    acl_group_bits(acl) != cases[i].group)
			fail_msg("%s: %d, group %o", cases[i].name, acl_grants_named(acl),
				 (unsigned)acl_group_bits(acl));
	}
	assert_false(acl_grants_named(NULL));
	assert_int_equal(acl_group_bits(NULL), 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_entries_count_within_the_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
