// SPDX-License-Identifier: Apache-2.0
/*
 * The pieces that text reports are made of: colours, wrapped paragraphs, values on one line, and
 * text of the host made safe for a terminal.
 */
#pragma once

#include "harden/base/str.h"
#include "harden/model/value.h"

enum paint { PAINT_PLAIN, PAINT_BOLD, PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_CYAN, PAINT_DIM };

/* Appends text in a colour, if color; control characters become visible (\x1b). */
void paint(struct strbuf *out, bool color, enum paint how, const char *text);
/* Appends text that is to stay on one line: control characters but \t are made visible. */
void paint_safe(struct strbuf *out, const char *text, size_t len);
/* The same for text of several lines, such as a diff: \n stays. */
void paint_lines(struct strbuf *out, const char *text, size_t len);
/* A paragraph wrapped at 96 columns, every line indented by indent blanks. */
void paint_wrapped(struct strbuf *out, unsigned indent, const char *text);
/* A value on one line: true, 42, "text" without quotes, [a, b], {k: v}; secrets masked. */
void paint_value(struct strbuf *out, const struct value *v);
/* "2.2, 2.14" */
void paint_list(struct strbuf *out, const struct strv *list);
