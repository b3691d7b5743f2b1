// SPDX-License-Identifier: Apache-2.0
/*
 * What a TLS server can start with.
 */
#include "harden/text/certificate.h"

#include "tests/unit/pem_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1800000000

static const struct {
	const char *ca, *cert, *key;
	time_t now;
	const char *why; /* NULL: it can */
} cases[] = {
	{PEM_CA, PEM_CERT, PEM_KEY, NOW, NULL},
	{PEM_CA PEM_CERT, PEM_CERT PEM_CA, PEM_KEY, NOW, NULL},
	{PEM_CA, PEM_CERT, PEM_KEY, PEM_BEGIN, NULL},
	{PEM_CA, PEM_CERT, PEM_OTHER_KEY, NOW, "the key /k is not that of the certificate /c"},
	{PEM_CA, PEM_CERT, PEM_LOCKED_KEY, NOW, "/k holds no private key"},
	{PEM_CA, PEM_CERT, PEM_CERT, NOW, "/k holds no private key"},
	{PEM_CA, PEM_KEY, PEM_KEY, NOW, "/c holds no certificate"},
	{PEM_CA, "", PEM_KEY, NOW, "/c holds no certificate"},
	{PEM_KEY, PEM_CERT, PEM_KEY, NOW, "/a holds no certificate"},
	{"", PEM_CERT, PEM_KEY, NOW, "/a holds no certificate"},
	{NULL, PEM_CERT, PEM_KEY, NOW, "/a holds no certificate"},
	{PEM_CA, PEM_CERT, PEM_KEY, (time_t)PEM_END + 1, "/a has expired"},
	{PEM_CA, PEM_CERT, PEM_KEY, PEM_BEGIN - 1, "/a is not valid yet"},
	{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", PEM_CERT, PEM_KEY, NOW,
	 "/a holds no certificate"},
};

static struct pem_file file(const char *path, const char *text)
{
	return (struct pem_file){path, text ? blob_new(text, strlen(text)) : NULL};
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pem_file ca = file("/a", cases[i].ca), cert = file("/c", cases[i].cert),
				key = file("/k", cases[i].key);
		AUTO_FREE char *why = NULL;
		AUTO(error) struct error err = {0};

		assert_int_equal(certificate_check(&ca, &cert, &key, cases[i].now, &why, &err),
				 cases[i].why ? 1 : 0);
		if (cases[i].why && (!why || !strstr(why, cases[i].why)))
			fail_msg("case %zu: \"%s\", not \"%s\"", i, why ? why : "", cases[i].why);
		blob_free((struct blob *)ca.content);
		blob_free((struct blob *)cert.content);
		blob_free((struct blob *)key.content);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
