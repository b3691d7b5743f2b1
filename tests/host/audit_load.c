// SPDX-License-Identifier: Apache-2.0
/*
 * A helper of audit_kernel.py: loads the written rules of this machine as settle does, and says
 * what came of it, one word and its text a line.
 *	audit_load [force]
 */
#include "harden/host/change_audit.h"

#include <stdio.h>

static int load(bool force, struct audit_load *ret_load, struct error *err)
{
	struct stage stage = {0};
	struct host host = {.root_fd = -1};
	const char *why_not;
	bool needs;
	int r = host_open(NULL, true, &stage, &host, err);

	if (r == 0)
		r = audit_kernel_missing(&host, &needs, &why_not, err);
	if (r == 0) {
		printf("needs %d\n", needs);
		printf("why_not %s\n", why_not ? why_not : "-");
		r = audit_load(&host, force, ret_load, err);
	}
	host_done(&host);
	stage_done(&stage);
	return r;
}

/* On one line. */
static void say(const char *word, const char *text)
{
	printf("%s ", word);
	for (; *text; text++)
		putchar(*text == '\n' ? '|' : *text);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static const char *const outcomes[] = {
		[AUDIT_LOAD_NOTHING] = "nothing",	[AUDIT_LOAD_DONE] = "done",
		[AUDIT_LOAD_WAITS] = "waits",		[AUDIT_LOAD_FAILED] = "failed",
		[AUDIT_LOAD_INCOMPLETE] = "incomplete",
	};
	AUTO(audit_load) struct audit_load result = {0};
	AUTO(error) struct error err = {0};

	if (load(argc > 1 && str_equal(argv[1], "force"), &result, &err) < 0) {
		say("error", error_message(&err));
		return 1;
	}
	printf("outcome %s\n", outcomes[result.outcome]);
	printf("one_by_one %d\n", result.one_by_one);
	if (result.why)
		say("why", result.why);
	for (size_t i = 0; i < result.missing.len; i++)
		say("missing", result.missing.items[i]);
	for (size_t i = 0; i < result.dropped.len; i++)
		say("dropped", result.dropped.items[i]);
	return 0;
}
