// SPDX-License-Identifier: Apache-2.0
/*
 * Suggestions as files: a Compose override for each project, a Compose file for containers of none, or
 * docker run lines in a script. What a person has to know stands in comments, with the control's id.
 *
 * Secrets are not in there (harden/text/service.h); text of the host is quoted for its reader, and made
 * visible in comments. Functions append to out; errors: NOMEM, INTERNAL.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"
#include "harden/model/suggestion.h"

/* All documents one after the other, "---" between Compose files. */
int suggest_text(const struct suggestions *all, struct strbuf *out, struct error *err);
/* harden.suggest/1 */
int suggest_json(const struct suggestions *all, struct strbuf *out, struct error *err);
/* One document. */
int suggest_compose(const struct suggestion_group *group, struct strbuf *out, struct error *err);
int suggest_run_lines(const struct suggestion_group *group, struct strbuf *out, struct error *err);

/* A comment of whole lines, wrapped at 96 columns; first stands before text, "" for none. */
void suggest_comment(struct strbuf *out, unsigned indent, const char *first, const char *text);
/* "5.13 may write to its root filesystem; NOTE" as a comment; with: what was done, or NULL. */
void suggest_step(struct strbuf *out, unsigned indent, const struct suggestion_step *step,
		  const char *with);
/* WORD quoted for sh, in a comment; a word that cannot stand on one line is masked there. */
void suggest_comment_word(struct strbuf *out, const char *word);
