// SPDX-License-Identifier: Apache-2.0
/*
 * SHA-256: the vectors of FIPS 180-4's examples, whole and in pieces.
 */
#include "harden/text/digest.h"

#include "harden/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	const char *text, *hex;
} vectors[] = {
	{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void test_vectors(void **state)
{
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		assert_int_equal(digest_sha256(vectors[i].text, strlen(vectors[i].text), hex, NULL),
				 0);
		assert_string_equal(hex, vectors[i].hex);
	}
}

static void test_pieces(void **state)
{
	AUTO(digest) struct digest d = {0};
	char hex[DIGEST_HEX_SIZE], block[1000];

	(void)state;
	memset(block, 'a', sizeof(block));
	for (int round = 0; round < 2; round++) { /* it may begin again */
		assert_int_equal(digest_begin(&d, NULL), 0);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(digest_add(&d, block, sizeof(block), NULL), 0);
		assert_int_equal(digest_end(&d, hex, NULL), 0);
		assert_string_equal(
			hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	}
}

static void test_never_begun(void **state)
{
	struct digest d = {0};

	(void)state;
	digest_done(&d);
	assert_null(d.context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_never_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
