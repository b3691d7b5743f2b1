// SPDX-License-Identifier: Apache-2.0
/*
 * Compiling, the slow part of libjq: it walks a program once for each of its own four hundred
 * definitions, so that a benchmark's expressions take some tenths of a second. A thread does it
 * while the engine's first answers are awaited; what is needed first is a program of its own.
 */
#pragma once

#include "harden/text/jq_library.h"

#include "harden/base/str.h"

#include <stdbool.h>

/*
 * The head of a program: what is defined away, the names, the library. The program is given the list
 * [wanted, env, input].
 */
void jq_append_head(struct strbuf *program, const struct blob *library, const char *const *names);
/* The whole of program number which: one list of results. program_of NULL: it has all texts. */
void jq_append_all(struct strbuf *program, const struct blob *library, const char *const *names,
		   const char *const *texts, const unsigned *program_of, unsigned which,
		   size_t count);

/* What the compiler said. */
struct jq_messages {
	const struct jq_library *lib;
	struct strv items;
	bool failed; /* no memory */
};

/*
 * 1: compiled; 0: not, with messages; -1. The caller tears *ret_jq down in every case. Without an
 * environment: libjq looks for HOME, to read ~/.jq.
 */
int jq_compile_program(const struct jq_library *lib, const char *program,
		       struct jq_messages *messages, struct jq_state **ret_jq, struct error *err);

struct jq_compiler;

/*
 * Begins to compile the programs in their order; takes the texts, not the array. Until the last one
 * is compiled, and somebody has waited for it, the process has no environment.
 */
int jq_compiler_start(const struct jq_library *lib, char *const *programs, size_t count,
		      struct jq_compiler **ret_compiler, struct error *err);
bool jq_compiler_is_done(struct jq_compiler *compiler, size_t program);
/* Waits. 0 with *ret_jq, borrowed; -1 RECIPE when it does not compile, or NOMEM. */
int jq_compiler_wait(struct jq_compiler *compiler, size_t program, struct jq_state **ret_jq,
		     struct error *err);
void jq_compiler_free(struct jq_compiler *compiler); /* waits for the thread */
