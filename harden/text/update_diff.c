// SPDX-License-Identifier: Apache-2.0
/*
 * Two lines for a field.
 */
#include "harden/text/update_diff.h"

#include "harden/text/json.h"

int update_diff_line(char sign, const char *path, const struct value *v, struct strbuf *out,
		     struct error *err)
{
	AUTO_FREE char *text = NULL;

	if (v && json_to_text(v, &text, err) < 0)
		return -1;
	strbuf_appendf(out, "%c%s: %s\n", sign, path, text ? text : "null");
	return 0;
}

int update_diff_field(const char *path, const struct value *from, const struct value *to,
		      struct strbuf *out, struct error *err)
{
	return update_diff_line('-', path, from, out, err) < 0
		       ? -1
		       : update_diff_line('+', path, to, out, err);
}
