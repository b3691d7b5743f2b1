// SPDX-License-Identifier: Apache-2.0
/*
 * What an update changes, in the lines of a diff: "-PATH: VALUE" and "+PATH: VALUE".
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/value.h"

/* One line of it, with its sign. Errors: NOMEM. */
int update_diff_line(char sign, const char *path, const struct value *v, struct strbuf *out,
		     struct error *err);
/* One field; NULL and the null value are shown as null. Errors: NOMEM. */
int update_diff_field(const char *path, const struct value *from, const struct value *to,
		      struct strbuf *out, struct error *err);
