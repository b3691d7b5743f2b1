// SPDX-License-Identifier: Apache-2.0
/*
 * A key in daemon.json. A key that a reload takes over only when it is present is written with its
 * safe value instead of being removed: else the running daemon would keep the old one.
 */
#include "harden/resource/daemon.h"

#include "harden/host/host.h"
#include "harden/resource/daemon_write.h"
#include "harden/text/json_edit.h"

#include <string.h>

#define PATH_MAX_PARTS 4

/* "log-opts.max-size" as {"log-opts", "max-size", NULL}; parts point into copy. */
static void split_path(char *copy, bool nested, const char *parts[PATH_MAX_PARTS])
{
	size_t n = 0;
	char *p = copy;

	memset(parts, 0, PATH_MAX_PARTS * sizeof(*parts));
	parts[n++] = p;
	while (nested && n < PATH_MAX_PARTS - 1 && (p = strchr(p, '.'))) {
		*p++ = '\0';
		parts[n++] = p;
	}
}

/* Whether want is what remains of have when elements are taken away, in the same order. */
static bool is_remainder(const struct value *have, const struct value *want)
{
	size_t w = 0;

	if (!have || have->kind != VALUE_LIST || want->kind != VALUE_LIST || want->len >= have->len)
		return false;
	for (size_t i = 0; i < have->len && w < want->len; i++)
		if (value_equal(have->members[i].value, want->members[w].value))
			w++;
	return w == want->len;
}

/* From the last element on, so that indexes stay right. */
static int remove_elements(struct blob *in, const char *file, const char *const *parts,
			   const struct value *have, const struct value *want,
			   struct blob **ret_out, struct error *err)
{
	AUTO_PTR(blob) struct blob *text = blob_ref(in);
	size_t keep = want->len;

	for (size_t i = have->len; i-- > 0;) {
		struct blob *next = NULL;

		if (keep && value_equal(have->members[i].value, want->members[keep - 1].value)) {
			keep--;
			continue;
		}
		if (json_edit_remove_element(text, file, parts, i, &next, err) < 0)
			return -1;
		blob_free(text);
		text = next;
	}
	*ret_out = take_ptr(&text);
	return 0;
}

static int edit(const struct dockerd *d, const struct daemon_key *key, const char *const *parts,
		const struct daemon_want *want, struct blob **ret_out, struct error *err)
{
	const struct value *have = value_get(d->config, parts[0]);
	struct blob *in = d->config_content;
	AUTO_PTR(value) struct value *fallback = NULL;
	bool whole = !parts[1];

	if (want->kind == WANT_VALUE && whole && is_remainder(have, want->value) &&
	    (want->value->len || key->reload == RELOAD_IF_PRESENT))
		return remove_elements(in, d->config_path, parts, have, want->value, ret_out, err);
	if (want->kind == WANT_VALUE && (want->value->kind != VALUE_LIST || want->value->len ||
					 key->reload == RELOAD_IF_PRESENT))
		return json_edit_set(in, d->config_path, parts, want->value, ret_out, err);
	if (!whole || key->reload != RELOAD_IF_PRESENT || !have)
		return json_edit_unset(in, d->config_path, parts, ret_out, err);
	fallback = daemon_key_default(key, d->version);
	if (!fallback)
		return error_nomem(err);
	return json_edit_set(in, d->config_path, parts, fallback, ret_out, err);
}

int daemon_write_file(struct host *host, const struct dockerd *d, const struct daemon_key *key,
		      const char *path, const struct daemon_want *want, struct error *err)
{
	AUTO_FREE char *copy = strdup(path), *file = strdup(d->config_path);
	struct stage_how how = daemon_how(d, key, false);
	const char *parts[PATH_MAX_PARTS];
	AUTO_PTR(blob) struct blob *out = NULL;

	if (!copy || !file)
		return error_nomem(err);
	split_path(copy, strchr(path, '.') != NULL, parts);
	if (!d->config_content && want->kind == WANT_ABSENT)
		return 0;
	if (edit(d, key, parts, want, &out, err) < 0)
		return -1;
	if (!out || out == d->config_content)
		return 0;
	return daemon_stage_content(host, file, out, how, err);
}
