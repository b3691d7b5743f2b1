// SPDX-License-Identifier: Apache-2.0
/*
 * What a control means, why, what it finds here, and how it is fixed.
 */
#pragma once

#include "harden/report/text.h"

/* plan: what apply would change and what stands in its way, for the changes of each control. */
void text_explain(const struct audit *audit, const struct plan *plan, struct text_style style,
		  struct strbuf *out);
int json_explanation(const struct audit *audit, const struct plan *plan, struct strbuf *out,
		     struct error *err);
