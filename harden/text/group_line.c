// SPDX-License-Identifier: Apache-2.0
/*
 * Editing member lists: fields are separated by colons, names by commas.
 */
#include "harden/text/group_line.h"

/* The line of that group: its start, NULL without. */
static const char *find_line(const struct blob *in, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = in->data; line && *line;) {
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			return line;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

static bool is_dropped(const struct strv *drop, const char *name, size_t len)
{
	for (size_t i = 0; i < drop->len; i++)
		if (strlen(drop->items[i]) == len && memcmp(drop->items[i], name, len) == 0)
			return true;
	return false;
}

/* A comma-separated list without the dropped names. */
static void append_members(struct strbuf *out, const char *list, size_t len,
			   const struct strv *drop)
{
	const char *end = list + len, *separator = "", *at = list;
	bool dropped = false;
	size_t start = out->len;

	while (at < end) {
		size_t n = strcspn(at, ",:\n");

		if (is_dropped(drop, at, n)) {
			dropped = true;
		} else if (n) {
			strbuf_append(out, separator);
			strbuf_append_bytes(out, at, n);
			separator = ",";
		}
		at += n + 1;
	}
	if (dropped || out->failed)
		return;
	out->len = start; /* as it was written, odd commas included */
	strbuf_append_bytes(out, list, len);
}

int group_drop_members(const struct blob *in, const char *name, const struct strv *drop,
		       bool admins, struct blob **ret_out, struct error *err)
{
	AUTO(strbuf) struct strbuf out = {0};
	const char *line = find_line(in, name), *field = line;

	if (!line) {
		*ret_out = blob_ref((struct blob *)in);
		return 0;
	}
	strbuf_append_bytes(&out, in->data, (size_t)(line - in->data));
	for (int number = 0; number < 4; number++) {
		size_t n = strcspn(field, ":\n");

		if (number == 3 || (admins && number == 2))
			append_members(&out, field, n, drop);
		else
			strbuf_append_bytes(&out, field, n);
		field += n;
		if (*field != ':')
			break;
		strbuf_append_char(&out, *field++);
	}
	strbuf_append_bytes(&out, field, in->len - (size_t)(field - in->data));
	if (!strbuf_text(&out))
		return error_nomem(err);
	*ret_out = out.len == in->len ? blob_ref((struct blob *)in) : blob_from_strbuf(&out);
	return *ret_out ? 0 : error_nomem(err);
}
