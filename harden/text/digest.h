// SPDX-License-Identifier: Apache-2.0
/*
 * SHA-256 by libcrypto, which is opened on first use (libcrypto.h). Hexadecimal digits are lower
 * case.
 *
 *	AUTO(digest) struct digest d = {0};
 *	if (digest_begin(&d, err) < 0 || digest_add(&d, data, len, err) < 0 ||
 *	    digest_end(&d, hex, err) < 0)
 *
 * Errors: SYS when the library cannot be opened, INTERNAL when it refuses.
 */
#pragma once

#include "harden/base/error.h"

#include <stddef.h>

#define DIGEST_HEX_SIZE 65

struct digest {
	void *context;
};

int digest_sha256(const void *data, size_t len, char ret_hex[DIGEST_HEX_SIZE], struct error *err);

int digest_begin(struct digest *d, struct error *err);
int digest_add(struct digest *d, const void *data, size_t len, struct error *err);
/* Ends the digest; d may begin again. */
int digest_end(struct digest *d, char ret_hex[DIGEST_HEX_SIZE], struct error *err);
void digest_done(struct digest *d);
