// SPDX-License-Identifier: Apache-2.0
/*
 * Words of a POSIX shell's command line.
 */
#pragma once

#include "harden/base/str.h"

/*
 * Appends text as exactly one word: plain where no shell sees anything in it, else in single quotes.
 * Control characters but tab and newline become "$(printf '\033')", so that a terminal that shows the
 * line is not steered by it. Lack of memory latches in out.
 */
void shell_word(const char *text, struct strbuf *out);
/* Whether a shell can have a variable of that name. */
bool is_shell_name(const char *text);
