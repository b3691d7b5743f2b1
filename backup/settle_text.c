// SPDX-License-Identifier: Apache-2.0
/*
 * A few names are enough to know what is meant; the rest is counted.
 */
#include "backup/settle_text.h"

#define NAMES_MAX 8

static void append_list(struct strbuf *out, const struct strv *items, size_t max)
{
	for (size_t i = 0; i < items->len && i < max; i++)
		strbuf_appendf(out, "%s%s", i ? ", " : "", items->items[i]);
	if (items->len > max)
		strbuf_appendf(out, " and %zu more", items->len - max);
}

void settle_text_keys(const struct strv *keys, struct strbuf *out)
{
	if (keys->len && out->len)
		strbuf_append(out, ", ");
	append_list(out, keys, (size_t)-1);
}

static int add_line(struct strbuf *line, struct strv *pending, struct error *err)
{
	char *text = NULL;

	return strbuf_take(line, &text, err) < 0 ? -1 : strv_take(pending, text, err);
}

static void append_reason(struct strbuf *out, const struct settle_now *now, unsigned waits,
			  const char *why)
{
	if (waits & WAIT_REFUSED)
		strbuf_appendf(out, "it would not run with what is written: %s", why ? why : "");
	else if (waits & WAIT_NEVER)
		strbuf_append(out, "--restart never was given");
	else if (waits & WAIT_NO_WAY)
		strbuf_append(out, "nobody here can restart it: do it yourself, or name a command "
				   "in the site file (restart: [PROGRAM, ARGUMENT])");
	else if (waits & WAIT_UNKNOWN)
		strbuf_appendf(out,
			       "it does not answer (%s), so that containers might stop; --restart "
			       "always does it anyway",
			       error_message(&now->silent));
	else if (waits & WAIT_UNTRIED)
		strbuf_append(out,
			      "somebody else changed its configuration since it started, so that "
			      "there is nothing sure to go back to; restart it yourself, or "
			      "give --restart always");
	else {
		strbuf_appendf(out, "%zu container%s would stop (", now->containers.len,
			       now->containers.len == 1 ? "" : "s");
		append_list(out, &now->containers, NAMES_MAX);
		strbuf_append(out, "); --restart always does it anyway");
	}
}

int settle_text_waits(const struct settle_now *now, const struct settle_facts *facts,
		      unsigned waits, const char *why, struct strv *pending, struct error *err)
{
	AUTO(strbuf) struct strbuf line = {0}, keys = {0};
	bool reload = !(facts->needs & (NEED_RESTART | NEED_EMPTY | NEED_STOPPED)) &&
		      !(waits & WAIT_PLUGIN);

	settle_text_keys(&now->diff.restart, &keys);
	if (waits & (WAIT_PLUGIN | WAIT_REFUSED | WAIT_UNKNOWN))
		settle_text_keys(&now->diff.reload, &keys);
	strbuf_appendf(&line,
		       "docker.service has to be %s%s%s%s: ", reload ? "reloaded" : "restarted",
		       facts->needs & NEED_EMPTY ? " with no container running" : "",
		       keys.len ? " for " : "", keys.len && keys.data ? keys.data : "");
	append_reason(&line, now, waits, why);
	return add_line(&line, pending, err);
}

int settle_text_stopped(const struct settle_now *now, const struct strv *keys, struct strv *pending,
			struct error *err)
{
	AUTO(strbuf) struct strbuf line = {0};

	strbuf_append(&line, "docker.service has to be restarted with no container running for ");
	append_list(&line, keys, (size_t)-1);
	strbuf_append(&line, ": the bridge keeps its old settings while containers run (");
	append_list(&line, &now->containers, NAMES_MAX);
	strbuf_append(&line, ")");
	return add_line(&line, pending, err);
}

/* "containers that WHICH keep their old KEYS until they are HOW (running: NAMES)" */
static int add_kept(const struct settle_now *now, const char *which, const struct strv *keys,
		    const char *how, struct strv *pending, struct error *err)
{
	AUTO(strbuf) struct strbuf line = {0};

	strbuf_appendf(&line, "containers that %s keep their old ", which);
	append_list(&line, keys, (size_t)-1);
	strbuf_appendf(&line, " until they are %s", how);
	if (now->containers.len) {
		strbuf_append(&line, " (running: ");
		append_list(&line, &now->containers, NAMES_MAX);
		strbuf_append(&line, ")");
	}
	return add_line(&line, pending, err);
}

int settle_text_start(const struct settle_now *now, struct strv *pending, struct error *err)
{
	return add_kept(now, "run", &now->diff.start, "started again", pending, err);
}

int settle_text_recreate(const struct settle_now *now, struct strv *pending, struct error *err)
{
	return add_kept(now, "exist", &now->diff.recreate, "created anew", pending, err);
}
