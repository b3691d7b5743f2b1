// SPDX-License-Identifier: Apache-2.0
/*
 * Taking members out of one group's line in group(5) or gshadow(5); every other byte stays.
 */
#pragma once

#include "harden/base/str.h"

#include <stdbool.h>

/*
 * in without the users named in drop, in the line of group name: in the last field, and with admins
 * in gshadow's third field too. Without such a line or users the same blob comes back (a
 * reference). Errors: NOMEM.
 */
int group_drop_members(const struct blob *in, const char *name, const struct strv *drop,
		       bool admins, struct blob **ret_out, struct error *err);
