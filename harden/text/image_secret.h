// SPDX-License-Identifier: Apache-2.0
/*
 * Whether a file of an image is a secret, by its name and by what it holds. Only a kind is ever
 * told, never a byte of the file.
 *
 * Sure are private keys without a passphrase, tokens of known shapes, and passwords in files that
 * exist to hold them (.netrc, .docker/config.json). A person has to judge what is only called like a
 * secret. A certificate, a public key, a program that can write a key, and the token of a manual
 * that says EXAMPLE are none.
 *
 * Facts: RFC 7468 (key blocks), OpenSSH's PROTOCOL.key; names are those of the tools that read them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Larger files are judged by their names alone. */
#define SECRET_SCAN_MAX ((size_t)64 << 10)

struct secret {
	const char *kind; /* "a private key"; NULL: none */
	bool sure;
};

/* path is relative, without a leading slash. data NULL: the file was not read (too large). */
struct secret secret_judge(const char *path, const char *data, size_t len);
