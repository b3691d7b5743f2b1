// SPDX-License-Identifier: Apache-2.0
/*
 * Values between libjq and us; jq.h has what other floors may call.
 */
#pragma once

#include "harden/text/jq.h"
#include "harden/text/jq_library.h"

struct jq_data {
	jv v;
};

/* A number that is whole and below 2^53 is an integer. Takes v in every case. */
int jq_value_from(const struct jq_library *lib, jv v, struct value **ret, struct error *err);
