// SPDX-License-Identifier: Apache-2.0
/*
 * The mechanical fixes: what they make of a text, where they keep out and why, and that they change
 * no byte beside their edits, whatever the formatting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/text/dockerfile_edit.h"
#include "tests/unit/random_text.h"

#include <stdlib.h>

static int fix(const struct dockerfile_target *t, char which, struct text_edits *edits,
	       const char **why, struct error *err)
{
	switch (which) {
	case 'a':
		return dockerfile_fix_add(t, true, "not plain", edits, why, err);
	case 'u':
		return dockerfile_fix_update(t, edits, why, err);
	default:
		return dockerfile_fix_unverified(t, edits, why, err);
	}
}

/* Mends instruction at (from 0); *ret_text is what became of it, NULL with *ret_why when nothing. */
static void mend(const char *text, size_t len, char which, size_t at, struct blob **ret,
		 const char **ret_why)
{
	AUTO(dockerfile) struct dockerfile d = {0};
	AUTO(text_edits) struct text_edits one = {0}, all = {0};
	AUTO(error) struct error err = {0};
	struct dockerfile_target t = {.data = text, .len = len, .d = &d, .at = at};
	int r;

	*ret = NULL;
	if (dockerfile_parse(text, len, "Dockerfile", &d, &err) < 0)
		fail_msg("%s: %s", text, error_message(&err));
	r = fix(&t, which, &one, ret_why, &err);
	assert_true(r >= 0);
	if (!r)
		return;
	assert_int_equal(text_edits_merge(&all, &one, &err), 1);
	assert_int_equal(text_edits_apply(&all, text, len, ret, &err), 0);
}

static const struct {
	char which;
	size_t at;
	const char *before, *after, *why; /* one of the two */
} samples[] = {
	{'a', 1, "FROM a\nADD x /\n", "FROM a\nCOPY x /\n", NULL},
	{'a', 1, "FROM a\n\tadd  --chown=1:1 \\\n  x /\n",
	 "FROM a\n\tcopy  --chown=1:1 \\\n  x /\n", NULL},
	{'a', 1, "FROM a\nOnBuild Add [\"x\", \"/\"]", "FROM a\nOnBuild Copy [\"x\", \"/\"]", NULL},
	{'a', 1, "FROM a\nADD --checksum=sha256:0 x /\n", NULL, "a flag that COPY does not take"},
	{'a', 1, "FROM a\nA\\\nDD x /\n", NULL, "split over lines"},
	{'a', 1, "FROM a\nCOPY x /\n", NULL, "not plain"},

	{'u', 1, "FROM a\nRUN apt-get update\nRUN apt-get install -y x\n",
	 "FROM a\nRUN apt-get update && \\\n    apt-get install -y x\n", NULL},
	{'u', 1,
	 "FROM a\r\nRUN  apt-get -qq update \r\n\r\n# why\r\n\tRUN apt-get install -y \\\r\n\t\tx "
	 "&& \\\r\n"
	 "\t\trm -rf /l\r\nUSER u",
	 "FROM a\r\nRUN  apt-get -qq update && \\ \r\n# why\r\n\t\tapt-get install -y \\\r\n\t\tx "
	 "&& \\\r\n"
	 "\t\trm -rf /l\r\nUSER u",
	 NULL},
	{'u', 1, "# escape=`\nFROM a\nRUN apt update -o A::B=c\nrun apt -y install x",
	 "# escape=`\nFROM a\nRUN apt update -o A::B=c && `\n    apt -y install x", NULL},
	{'u', 1,
	 "FROM a\nRUN --network=none apt-get update\nRUN --network=none \\\n apt-get install x",
	 "FROM a\nRUN --network=none apt-get update && \\\n  \\\n apt-get install x", NULL},
	{'u', 2,
	 "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN zypper --gpg-auto-import-keys ref\nRUN zypper "
	 "in x",
	 "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN zypper --gpg-auto-import-keys ref && \\\n    "
	 "zypper in x",
	 NULL},
	{'u', 1, "FROM a\nRUN pacman -Sy\nRUN pacman -S x",
	 "FROM a\nRUN pacman -Sy && \\\n    pacman -S x", NULL},
	{'u', 1, "FROM a\nRUN apk update\nRUN apk add x", "FROM a\nRUN apk add --no-cache x", NULL},
	{'u', 1, "FROM a\n# both\nRUN apk update\n\nRUN apk --quiet add --no-cache x",
	 "FROM a\n# both\n\nRUN apk --quiet add --no-cache x", NULL},
	{'u', 1, "FROM a\nRUN apk update\nRUN apk add x\nRUN apk add y",
	 "FROM a\nRUN apk update && \\\n    apk add x\nRUN apk add y", NULL},
	{'u', 1, "FROM a\nRUN apk update \\\n# kept\n --quiet\nRUN apk add x",
	 "FROM a\nRUN apk update \\\n# kept\n --quiet && \\\n    apk add x", NULL},

	{'u', 1, "FROM a\nRUN apt-get update\nUSER u\nRUN apt-get install x", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN apk add x", NULL, "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN x && apt-get install y", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nFROM a\nRUN apt-get install y", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN [\"apt-get\", \"install\", \"y\"]", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nONBUILD RUN apt-get install y", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN apt-get install y <<E\nE\n", NULL,
	 "no RUN that begins"},
	{'u', 1, "FROM a\nRUN [\"apt-get\", \"update\"]\nRUN apt-get install y", NULL,
	 "no plain command"},
	{'u', 1, "FROM a\nRUN apt-get update # lists\nRUN apt-get install y", NULL,
	 "no plain command"},
	{'u', 1, "FROM a\nRUN cd /x && apt-get update\nRUN apt-get install ./y", NULL,
	 "no plain command"},
	{'u', 1, "FROM a\nRUN apt-get update && apt-get upgrade\nRUN apt-get install y", NULL,
	 "no plain command"},
	{'u', 1, "FROM a\nRUN yum -y update\nRUN yum install y", NULL, "no plain command"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN apt-get install y || true", NULL,
	 "goes on after a failure"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN apt-get install y; z", NULL,
	 "goes on after a failure"},
	{'u', 1, "FROM a\nRUN apt-get update\nRUN apt-get install y & z", NULL,
	 "goes on after a failure"},
	{'u', 1, "FROM a\nRUN --mount=type=cache,target=/x apt-get update\nRUN apt-get install y",
	 NULL, "flags"},
	{'u', 3, "FROM a AS b\nSHELL [\"pwsh\"]\nFROM b\nRUN apt-get update\nRUN apt-get install y",
	 NULL, "SHELL"},

	{'f', 1, "FROM a\nRUN apt-get install -y  --allow-unauthenticated x\n",
	 "FROM a\nRUN apt-get install -y x\n", NULL},
	{'f', 1,
	 "FROM a\nRUN yum install \\\n  --nogpgcheck \\\n  x && dnf --nogpgcheck install y\n",
	 "FROM a\nRUN yum install \\\n   \\\n  x && dnf install y\n", NULL},
	{'f', 1, "FROM a\nRUN mytool --insecure x", NULL, "no word can go"},
	{'f', 1, "FROM a\nRUN sh -c \"curl --insecure x\"", NULL, "no word can go"},
	{'f', 1, "FROM a\nRUN curl -k x", NULL, "no word can go"},
	{'f', 1, "FROM a\nRUN [\"curl\", \"--insecure\", \"x\"]", NULL, "no word can go"},
};

static void fixes_change_what_they_mean_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		AUTO_PTR(blob) struct blob *after = NULL;
		const char *why = NULL;

		mend(samples[i].before, strlen(samples[i].before), samples[i].which, samples[i].at,
		     &after, &why);
		if (samples[i].after && (!after || strcmp(after->data, samples[i].after) != 0))
			fail_msg("%s\nbecomes\n%s\nexpected\n%s", samples[i].before,
				 after ? after->data : why, samples[i].after);
		if (samples[i].why && (after || !strstr(why, samples[i].why)))
			fail_msg("%s\nbecomes\n%s\nexpected: %s", samples[i].before,
				 after ? after->data : why, samples[i].why);
	}
}

static void edits_that_touch_are_not_merged(void **state)
{
	AUTO(text_edits) struct text_edits all = {0}, one = {0}, other = {0};
	AUTO(error) struct error err = {0};
	AUTO_PTR(blob) struct blob *bytes = NULL;

	(void)state;
	assert_int_equal(text_edits_add(&one, 1, 2, "x", &err), 0);
	assert_int_equal(text_edits_merge(&all, &one, &err), 1);
	assert_int_equal(text_edits_add(&other, 2, 3, "y", &err), 0);
	assert_int_equal(text_edits_merge(&all, &other, &err), 0);
	assert_int_equal(text_edits_apply(&all, "abc", 3, &bytes, &err), 0);
	assert_string_equal(bytes->data, "axc");
	assert_int_equal(text_edits_add(&all, 1, 3, "z", &err), 0);
	assert_int_equal(text_edits_apply(&all, "abc", 3, &bytes, &err), -1);
}

/* Formatting that means nothing, with a mark in every comment. */
static void gap(struct random *r, struct strbuf *b, bool continued)
{
	static const char *const inside[] = {
		" ", "  ", "\t", " \\\n  ", " \\\n# c\xff\n\t", " \\ \t\n\n "};
	static const char *const between[] = {"\n",	      "\n\n", "\r\n", "\n# note \\\n",
					      "  \n   \n#\n", "\n\t"};

	strbuf_append(b, continued ? random_of(r, inside, ARRAY_SIZE(inside))
				   : random_of(r, between, ARRAY_SIZE(between)));
}

static void words(struct random *r, struct strbuf *b, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			gap(r, b, true);
		strbuf_append(b, list[i]);
	}
	gap(r, b, false);
}

static void random_file(struct random *r, struct strbuf *b)
{
	static const char *const add[] = {"ADD", "--chown=1", "x", "y", "/d/"};
	static const char *const update[] = {"RUN", "apt-get", "-q", "update"};
	static const char *const install[] = {"Run", "apt-get", "install", "-y", "x",
					      "&&",  "rm",	"-rf",	   "/l"};
	static const char *const cmd[] = {"CMD", "x"};

	strbuf_append(b, random_below(r, 3) ? "" : "\xef\xbb\xbf");
	strbuf_append(b, random_below(r, 3) ? "" : "# syntax=docker/dockerfile:1\n");
	strbuf_append(b, "FROM a");
	gap(r, b, false);
	words(r, b, add, ARRAY_SIZE(add));
	words(r, b, update, ARRAY_SIZE(update));
	words(r, b, install, ARRAY_SIZE(install));
	words(r, b, cmd, ARRAY_SIZE(cmd));
	if (random_below(r, 2))
		strbuf_append(b, "# end");
}

/* The instructions of both are the same but for what the fix is about. */
static void check_rest(const struct blob *after, const char *before, size_t len, bool joined)
{
	AUTO(dockerfile) struct dockerfile a = {0}, b = {0};
	AUTO(error) struct error err = {0};
	size_t k = 0;

	assert_int_equal(dockerfile_parse(before, len, "before", &a, &err), 0);
	if (dockerfile_parse(after->data, after->len, "after", &b, &err) < 0)
		fail_msg("%s: %s", after->data, error_message(&err));
	assert_int_equal(b.len, a.len - joined);
	for (size_t i = 0; i < b.len; i++, k++) {
		bool about = joined ? i == 2 : i == 1;
		const char *x = a.instructions[k].text + a.instructions[k].args_at;
		const char *y = b.instructions[i].text + b.instructions[i].args_at;

		if (about && joined) {
			assert_true(str_starts(y, x)); /* then "&&", and the second */
			k++;
			assert_true(
				str_ends(y, a.instructions[k].text + a.instructions[k].args_at));
		} else {
			assert_string_equal(x, y);
			assert_int_equal(a.instructions[k].flags.len, b.instructions[i].flags.len);
		}
		if (!about)
			assert_int_equal(a.instructions[k].word, b.instructions[i].word);
	}
}

/* What is left of both without the bytes that an edit is about is the same. */
static void check_bytes(const char *before, const struct blob *after, bool joined)
{
	static const char *const drop = " \t\r\n&\\RrUuNn";
	size_t i = 0, k = 0;

	if (!joined) { /* three letters became four */
		const char *at = strstr(before, "ADD");
		size_t n = (size_t)(at - before);

		assert_memory_equal(before, after->data, n);
		assert_memory_equal(after->data + n, "COPY", 4);
		assert_string_equal(at + 3, after->data + n + 4);
		return;
	}
	for (;;) {
		i += strspn(before + i, drop);
		k += strspn(after->data + k, drop);
		assert_int_equal(before[i], after->data[k]);
		if (!before[i])
			return;
		i++;
		k++;
	}
}

static void every_other_byte_stays(void **state)
{
	struct random r = {.seed = 20};
	unsigned joined = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		AUTO(strbuf) struct strbuf text = {0};
		AUTO_PTR(blob) struct blob *added = NULL, *updated = NULL;
		const char *why = NULL;

		random_file(&r, &text);
		mend(text.data, text.len, 'a', 1, &added, &why);
		assert_non_null(added);
		check_rest(added, text.data, text.len, false);
		check_bytes(text.data, added, false);
		mend(text.data, text.len, 'u', 2, &updated, &why);
		if (!updated)
			fail_msg("%s: %s", text.data, why);
		joined++;
		check_rest(updated, text.data, text.len, true);
		check_bytes(text.data, updated, true);
	}
	assert_int_equal(joined, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixes_change_what_they_mean_to),
		cmocka_unit_test(edits_that_touch_are_not_merged),
		cmocka_unit_test(every_other_byte_stays),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
