// SPDX-License-Identifier: Apache-2.0
/*
 * The updates of a stage, for stage.c.
 */
#pragma once

#include "harden/model/stage.h"

int stage_copy_updates(struct stage *to, const struct stage *from, struct error *err);
void stage_free_updates(struct stage *stage);
