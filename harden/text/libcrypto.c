// SPDX-License-Identifier: Apache-2.0
#include "harden/text/libcrypto.h"

#include "harden/base/str.h"

#include <stdint.h>

/* openssl/crypto.h, unchanged since 1.1.0 */
#define INIT_NO_LOAD_CONFIG 0x80u

int libcrypto_open(const struct library_symbol *symbols, size_t len, void *functions,
		   struct error *err)
{
	static const char *const files[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so",
					    NULL};
	static struct library libcrypto = {
		.files = files,
		.purpose = "libcrypto, which makes digests and reads certificates",
		.next = "install OpenSSL's library, 1.1.1 or newer (Debian: libssl3)",
	};
	static const struct library_symbol init_symbol = {"OPENSSL_init_crypto", 0};
	static int (*init)(uint64_t options, const void *settings);

	if (library_open(&libcrypto, &init_symbol, 1, &init, err) < 0 ||
	    library_fill(&libcrypto, symbols, len, functions, err) < 0)
		return -1;
	(void)init(INIT_NO_LOAD_CONFIG, NULL); /* if it fails, so does what is called next */
	return 0;
}
