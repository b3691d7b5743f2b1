// SPDX-License-Identifier: Apache-2.0
/*
 * The documents as JSON. Field names and words are a contract with scripts: harden.audit/1,
 * harden.plan/1 and harden.error/1 only ever gain fields.
 *
 * Every function appends one document and a newline to out; errors: NOMEM, INTERNAL.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/document.h"
#include "harden/model/fact.h"
#include "harden/report/drain.h"

/* drain is called between findings; errors: its own, too. */
int json_audit(const struct audit *audit, const struct report_drain *drain, struct strbuf *out,
	       struct error *err);
int json_plan(const struct plan *plan, struct strbuf *out, struct error *err);
int json_facts(const struct facts *facts, struct strbuf *out, struct error *err);
int json_error(const struct error *problem, struct strbuf *out, struct error *err);
/* One verdict as it stands in harden.audit/1; used by explain too. */
struct value *json_verdict(const struct verdict *verdict);
/* One change as it stands in harden.plan/1. */
struct value *json_change(const struct change *change);

/*
 * Building a document: set a member, add to a list. Both take the child; the first failure turns
 * the container into NULL and stays, so that json_emit() reports it once at the end.
 */
void json_put(struct value **map, const char *key, struct value *child);
void json_push(struct value **list, struct value *child);
/* {"schema": schema} for documents built elsewhere; NULL when out of memory. */
struct value *json_document(const char *schema);
/* Prints a finished document; takes it. NULL is out of memory. */
int json_emit(struct value *document, struct strbuf *out, struct error *err);
