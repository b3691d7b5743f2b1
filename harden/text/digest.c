// SPDX-License-Identifier: Apache-2.0
/*
 * SHA-256 by libcrypto's EVP interface. The library is opened once per process and stays open; its
 * configuration file is not read, since nothing in it may change what a digest is and OPENSSL_CONF
 * must not choose code that runs as root.
 */
#include "harden/text/digest.h"

#include "harden/base/str.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

/* openssl/crypto.h, unchanged since 1.1.0 */
#define INIT_NO_LOAD_CONFIG 0x80u

#define SHA256_SIZE 32

struct library {
	void *handle;
	int (*init)(uint64_t options, const void *settings);
	void *(*context_new)(void);
	void (*context_free)(void *context);
	const void *(*sha256)(void);
	int (*begin)(void *context, const void *type, void *engine);
	int (*update)(void *context, const void *data, size_t len);
	int (*final)(void *context, unsigned char *digest, unsigned *len);
};

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{"OPENSSL_init_crypto", offsetof(struct library, init)},
	{"EVP_MD_CTX_new", offsetof(struct library, context_new)},
	{"EVP_MD_CTX_free", offsetof(struct library, context_free)},
	{"EVP_sha256", offsetof(struct library, sha256)},
	{"EVP_DigestInit_ex", offsetof(struct library, begin)},
	{"EVP_DigestUpdate", offsetof(struct library, update)},
	{"EVP_DigestFinal_ex", offsetof(struct library, final)},
};

/* The one thing that outlives a call: opening costs far more than digesting. One thread only. */
static struct library library;

static int find_symbols(struct library *lib, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *address = dlsym(lib->handle, symbols[i].name);

		if (!address) {
			(void)error_set(err, ERROR_SYS, 0, "find %s in libcrypto", symbols[i].name);
			error_next(err, "install OpenSSL 1.1.1 or newer (Debian: libssl3)");
			return -1;
		}
		memcpy((char *)lib + symbols[i].offset, &address, sizeof(address));
	}
	return 0;
}

static int library_open(struct error *err)
{
	static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"};
	struct library lib = {0};

	if (library.handle)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names) && !lib.handle; i++)
		lib.handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!lib.handle) {
		const char *why = dlerror();

		(void)error_set(err, ERROR_SYS, 0,
				"open libcrypto, which makes the SHA-256 digests: %s",
				why ? why : "not found");
		error_resource(err, "libcrypto.so.3");
		error_next(err, "install OpenSSL's library (Debian: libssl3)");
		return -1;
	}
	if (find_symbols(&lib, err) < 0) {
		(void)dlclose(lib.handle); /* it was of no use */
		return -1;
	}
	(void)lib.init(INIT_NO_LOAD_CONFIG, NULL); /* if it fails, so does digest_begin() */
	library = lib;
	return 0;
}

static int refused(struct error *err)
{
	return error_set(err, ERROR_INTERNAL, 0, "libcrypto refuses to make a SHA-256 digest");
}

int digest_begin(struct digest *d, struct error *err)
{
	if (library_open(err) < 0)
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
