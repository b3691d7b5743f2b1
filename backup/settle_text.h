// SPDX-License-Identifier: Apache-2.0
/*
 * What waits, in words: one line each, with the keys, the reason, the containers by name, and what
 * a person can do. For settle's own files.
 */
#pragma once

#include "backup/settle_look.h"

/* Appends "icc, log-level"; with a comma in front when something is there already. */
void settle_text_keys(const struct strv *keys, struct strbuf *out);
/* why: the reason of WAIT_REFUSED. */
int settle_text_waits(const struct settle_now *now, const struct settle_facts *facts,
		      unsigned waits, const char *why, struct strv *pending, struct error *err);
/* Bridge settings that wait until no container runs. */
int settle_text_stopped(const struct settle_now *now, const struct strv *keys, struct strv *pending,
			struct error *err);
/* Settings that containers which live on keep until they are started again. */
int settle_text_start(const struct settle_now *now, struct strv *pending, struct error *err);
/* Settings that containers keep until they are created anew. */
int settle_text_recreate(const struct settle_now *now, struct strv *pending, struct error *err);
