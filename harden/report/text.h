// SPDX-License-Identifier: Apache-2.0
/*
 * The documents as text for people. Whatever comes from the host is printed with control
 * characters made visible, so that a file name cannot steer the terminal.
 *
 * Functions append to out; lack of memory latches there.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/document.h"
#include "harden/model/fact.h"
#include "harden/report/drain.h"

struct text_style {
	bool color;   /* ANSI colours */
	bool quiet;   /* only what needs attention */
	bool verbose; /* evidence of what passes, diffs of what waits for consent */
};

/* drain is called between verdicts; -1: it failed. */
int text_audit(const struct audit *audit, struct text_style style, const struct report_drain *drain,
	       struct strbuf *out, struct error *err);
void text_plan(const struct plan *plan, struct text_style style, struct strbuf *out);
/* The closing lines of an apply: result, run, what is pending. */
void text_result(const struct plan *plan, struct text_style style, struct strbuf *out);
void text_facts(const struct facts *facts, struct text_style style, struct strbuf *out);
/* One verdict with its evidence; audit and explain print the same lines. */
void text_verdict(const struct verdict *verdict, struct text_style style, struct strbuf *out);
void text_change(const struct change *change, struct text_style style, struct strbuf *out);
