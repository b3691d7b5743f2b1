// SPDX-License-Identifier: Apache-2.0
/*
 * From a recipe's `daemon` entry to a struct daemon_spec. No I/O.
 */
#pragma once

#include "harden/resource/daemon.h"

/* As resource_type.load. */
int daemon_load(const struct value *entry, const char *file, void **ret_spec, struct error *err);
void daemon_spec_free(void *spec);
