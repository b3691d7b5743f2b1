// SPDX-License-Identifier: Apache-2.0
/*
 * The facts of harden/model/fact_table.h, each with the source it was read from.
 *
 * A fact that depends on a broken daemon.json, unit or config.toml becomes unknown with that
 * problem; the others stay known. Facts about the host need nothing of Docker.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/model/fact.h"

struct host;

/* Fills every name of the table. Errors: NOMEM, and SYS or UNSAFE of files that cannot be read. */
int look_facts(struct host *host, struct facts *facts, struct error *err);
