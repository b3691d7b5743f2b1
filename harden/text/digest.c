// SPDX-License-Identifier: Apache-2.0
/*
 * SHA-256 by libcrypto's EVP interface.
 */
#include "harden/text/digest.h"

#include "harden/base/str.h"
#include "harden/text/libcrypto.h"

#define SHA256_SIZE 32

struct functions {
	void *(*context_new)(void);
	void (*context_free)(void *context);
	const void *(*sha256)(void);
	int (*begin)(void *context, const void *type, void *engine);
	int (*update)(void *context, const void *data, size_t len);
	int (*final)(void *context, unsigned char *digest, unsigned *len);
};

static const struct library_symbol symbols[] = {
	{"EVP_MD_CTX_new", offsetof(struct functions, context_new)},
	{"EVP_MD_CTX_free", offsetof(struct functions, context_free)},
	{"EVP_sha256", offsetof(struct functions, sha256)},
	{"EVP_DigestInit_ex", offsetof(struct functions, begin)},
	{"EVP_DigestUpdate", offsetof(struct functions, update)},
	{"EVP_DigestFinal_ex", offsetof(struct functions, final)},
};

/* The one thing that outlives a call: finding them costs more than digesting. One thread only. */
static struct functions library;

static int open_library(struct error *err)
{
	struct functions lib;

	if (library.begin)
		return 0;
	if (libcrypto_open(symbols, ARRAY_SIZE(symbols), &lib, err) < 0)
		return -1;
	library = lib;
	return 0;
}

static int refused(struct error *err)
{
	return error_set(err, ERROR_INTERNAL, 0, "libcrypto refuses to make a SHA-256 digest");
}

int digest_begin(struct digest *d, struct error *err)
{
	if (open_library(err) < 0)
		return -1;
	if (!d->context)
		d->context = library.context_new();
	if (!d->context)
		return error_nomem(err);
	return library.begin(d->context, library.sha256(), NULL) == 1 ? 0 : refused(err);
}

int digest_add(struct digest *d, const void *data, size_t len, struct error *err)
{
	if (len == 0)
		return 0;
	return library.update(d->context, data, len) == 1 ? 0 : refused(err);
}

int digest_end(struct digest *d, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	unsigned char bytes[64]; /* EVP_MAX_MD_SIZE */
	unsigned len = 0;

	if (library.final(d->context, bytes, &len) != 1 || len != SHA256_SIZE)
		return refused(err);
	for (unsigned i = 0; i < len; i++) {
		ret_hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret_hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret_hex[DIGEST_HEX_SIZE - 1] = '\0';
	return 0;
}

void digest_done(struct digest *d)
{
	if (d->context)
		library.context_free(d->context);
	d->context = NULL;
}

int digest_sha256(const void *data, size_t len, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	AUTO(digest) struct digest d = {0};

	if (digest_begin(&d, err) < 0 || digest_add(&d, data, len, err) < 0)
		return -1;
	return digest_end(&d, ret_hex, err);
}
