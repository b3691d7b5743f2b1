// SPDX-License-Identifier: Apache-2.0
/*
 * Hides values that look like secrets in whatever is shown. What is on disk is never masked.
 *
 * Hidden: passwords in URLs (scheme://user:PASSWORD@host); values whose key, flag or variable says
 * password, passwd, passphrase, secret, token, api key, access key, private key, credential or
 * auth; HTTP credentials ("Authorization: Basic ..."); private key blocks; AWS key ids. Kept: names
 * of files, endpoints and plugins that only sound like it (tlskey, splunk-capath,
 * awslogs-credentials-endpoint, authorization-plugins), booleans and empty values. A list that
 * spreads over several lines of a text is masked by mask_value() only.
 *
 * A value becomes ********, always eight, so that not even its length shows.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

#include <stdbool.h>

#define MASK_TEXT "********"

/*
 * Appends the masked text: JSON, YAML, shell variables, command lines of units, unified diffs. The
 * number of lines stays. Errors: NOMEM.
 */
int mask_text(const char *in, size_t len, struct strbuf *out, struct error *err);
/* Masks in place, knowing the keys; NULL is allowed. Errors: NOMEM. */
int mask_value(struct value *v, struct error *err);
/* Whether values of that key, flag (without dashes) or variable are secrets. */
bool mask_is_secret_name(const char *name, size_t len);
