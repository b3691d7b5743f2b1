// SPDX-License-Identifier: Apache-2.0
/*
 * Dockerfiles: bytes to instructions that know where each of their characters stands, so that an
 * edit changes those bytes and no other.
 *
 * What is understood: the directives syntax, escape and check; a byte order mark; CRLF;
 * continuation lines with comments and blank lines in them; here-documents of ADD, COPY and RUN;
 * shell and JSON form; flags; ONBUILD; stages that build on earlier ones; instructions in any case;
 * variables of ARG and ENV in the instructions that expand them. Bytes that are not UTF-8 are kept.
 *
 * Errors: FORMAT with FILE:LINE:COLUMN (columns count bytes) for what no builder takes: a NUL byte,
 * an unknown instruction, no FROM or something before it, a here-document or a directive that is
 * wrong, an instruction without arguments, more than the limits below. NOMEM.
 *
 * Facts: BuildKit frontend/dockerfile/parser (parser.go, line_parsers.go, directives.go) and
 * shell/lex.go; reference: docs.docker.com/reference/dockerfile.
 */
#pragma once

#include "harden/base/error.h"
#include "harden/base/str.h"

#include <stdbool.h>

#define DOCKERFILE_MAX (1u << 20)     /* bytes */
#define DOCKERFILE_INSTRUCTIONS 10000 /* no builder makes that many layers */
#define DOCKERFILE_FLAGS 256	      /* of one instruction */
#define DOCKERFILE_VARIABLES 2000     /* of ARG and ENV, in all */
#define DOCKERFILE_VALUE_MAX 65536    /* bytes of an expanded text; more is not known */

enum dockerfile_word {
	DOCKERFILE_ADD,
	DOCKERFILE_ARG,
	DOCKERFILE_CMD,
	DOCKERFILE_COPY,
	DOCKERFILE_ENTRYPOINT,
	DOCKERFILE_ENV,
	DOCKERFILE_EXPOSE,
	DOCKERFILE_FROM,
	DOCKERFILE_HEALTHCHECK,
	DOCKERFILE_LABEL,
	DOCKERFILE_MAINTAINER,
	DOCKERFILE_ONBUILD, /* only while parsing: an instruction says onbuild */
	DOCKERFILE_RUN,
	DOCKERFILE_SHELL,
	DOCKERFILE_STOPSIGNAL,
	DOCKERFILE_USER,
	DOCKERFILE_VOLUME,
	DOCKERFILE_WORKDIR,
	DOCKERFILE_WORDS,
};
const char *dockerfile_word_name(enum dockerfile_word word); /* "ADD" */

/* A run of an instruction's text that stands together in the file. */
struct dockerfile_piece {
	size_t at;    /* in the text */
	size_t start; /* in the file */
};

struct dockerfile_heredoc {
	char *name;  /* behind a '-' (leading tabs do not count where it ends) or a ' ' */
	bool expand; /* the name is not quoted */
	char *body;  /* up to the line that ends it */
};

#define DOCKERFILE_NO_STAGE ((size_t)-1)

struct dockerfile_instruction {
	enum dockerfile_word word;
	bool onbuild; /* for images built on this one */
	bool exec;    /* the arguments are in JSON form */
	unsigned line, column, end_line;
	size_t start, end; /* in the file: from the word to behind the last character that counts */
	size_t stage;	   /* index, DOCKERFILE_NO_STAGE in front of the first FROM */

	char *text; /* the instruction on one line, without continuations and comments */
	struct dockerfile_piece *pieces;
	size_t pieces_len, pieces_cap;
	size_t word_at;	     /* in text: ADD, or what follows ONBUILD */
	size_t args_at;	     /* behind the flags; strlen(text) when there is nothing */
	struct strv flags;   /* "--from=build" */
	struct strv args;    /* words, JSON elements, or NAME=VALUE; a shell form is one text */
	char *expanded;	     /* the arguments with variables put in; NULL: not known, or none */
	struct strv values;  /* args with variables put in, quotes taken off; where not known as
				 they are */
	struct strv unknown; /* variables whose value the file does not tell */
	struct dockerfile_heredoc *heredocs;
	size_t heredocs_len, heredocs_cap;
};

struct dockerfile_stage {
	char *name; /* of AS; NULL: none */
	char *base; /* as FROM has it, variables put in where known */
	bool base_known;
	size_t base_stage; /* of an earlier stage, DOCKERFILE_NO_STAGE: an image or scratch */
	size_t from;	   /* its instruction */
	bool final;	   /* the last stage, or one that it builds on */
};

struct dockerfile {
	char escape; /* '\\' or '`' */
	char *syntax;
	const char *newline; /* "\n" or "\r\n", as its first line ends */
	struct dockerfile_instruction *instructions;
	size_t len, cap;
	struct dockerfile_stage *stages;
	size_t stages_len, stages_cap;
};

/* file is only named in messages. */
int dockerfile_parse(const char *data, size_t len, const char *file,
		     struct dockerfile *ret_dockerfile, struct error *err);
void dockerfile_done(struct dockerfile *d);

/*
 * Where characters [at, at + len) of an instruction's text stand in the file. False when they do
 * not stand together there. len 0 is the place in front of the character at.
 */
bool dockerfile_place(const struct dockerfile_instruction *i, size_t at, size_t len,
		      size_t *ret_start);
/* The value of a flag ("from"), "" for one without, NULL when it is not there. */
const char *dockerfile_flag(const struct dockerfile_instruction *i, const char *name);
/* The stage that --from=, or a FROM, names: by name, or by number where is_number may be. */
size_t dockerfile_stage_find(const struct dockerfile *d, const char *name, bool is_number,
			     size_t before);
