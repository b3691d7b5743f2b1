// SPDX-License-Identifier: Apache-2.0
/*
 * Why libyaml refused a text, in plain words and at the place where a person finds the mistake.
 */
#pragma once

#include "harden/base/error.h"

#include <stddef.h>
#include <yaml.h>

/* Fills err with RECIPE, "FILE:LINE:COLUMN: ..." and a next step, or NOMEM, and returns -1. */
int yaml_explain(const yaml_parser_t *parser, const char *data, size_t len, const char *file,
		 struct error *err);
