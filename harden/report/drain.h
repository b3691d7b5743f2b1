// SPDX-License-Identifier: Apache-2.0
/*
 * Where a long report goes while it is made: an audit of thousands of containers has megabytes of
 * findings, which need not stand in memory at once.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

/* take() may write what is in the buffer and empty it, or leave it there. NULL: nobody takes. */
struct report_drain {
	int (*take)(void *cookie, struct strbuf *out, struct error *err);
	void *cookie;
};

static inline int report_drain(const struct report_drain *drain, struct strbuf *out,
			       struct error *err)
{
	return drain ? drain->take(drain->cookie, out, err) : 0;
}
