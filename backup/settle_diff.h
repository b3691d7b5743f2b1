// SPDX-License-Identifier: Apache-2.0
/*
 * What is written against what runs, key by key. Pure: two views of a configuration, and what the
 * engine shows of itself.
 */
#pragma once

#include "harden/host/look_dockerd.h"

struct settle_diff {
	struct strv restart; /* keys that only a restart brings into force */
	struct strv stopped; /* of these: settings of the bridge, which needs a restart with no
				 container running */
	struct strv empty;   /* of these: containers kept alive would not be found afterwards */
	struct strv
		start; /* of these: containers that run keep the old value until started again */
	struct strv recreate; /* of these: containers keep the old value until created anew */
	struct strv
		ignored; /* of the bridge: the daemon was started with them, but containers ran */
	struct strv reload;
	struct strv gone; /* no more in the file, and a reload would keep what the daemon has */
};

/*
 * Adds the keys whose effective values differ and which no reload changes: those that are not
 * reloadable, and those that a flag decides on either side. Errors: FORMAT (a problem of written),
 * NOMEM.
 */
int settle_diff_views(const struct dockerd *running, const struct dockerd *written,
		      struct settle_diff *diff, struct error *err);
/*
 * Adds the keys of which the engine shows another value than is written. info: the answer of
 * /info, bridge: of /networks/bridge, NULL when there is none. Comes after settle_diff_views():
 * what the bridge shows and the views do not explain is ignored. known: the views were compared.
 */
int settle_diff_shown(const struct value *info, const struct value *bridge,
		      const struct dockerd *written, bool known, struct settle_diff *diff,
		      struct error *err);
/*
 * Adds to gone what a reload changes only if it is present, and what is not, though the engine shows
 * it or earlier has it: a daemon.json that the daemon may have read, NULL: none. What has no default
 * that could be written is added to restart instead. Comes last.
 */
int settle_diff_gone(const struct value *earlier, const struct dockerd *written,
		     struct settle_diff *diff, struct error *err);
/* The default to write for a key that is not in the file; *ret_value NULL: none can be written. */
int settle_gone_default(const struct dockerd *written, const char *key, struct value **ret_value,
			struct error *err);
void settle_diff_done(struct settle_diff *diff);
