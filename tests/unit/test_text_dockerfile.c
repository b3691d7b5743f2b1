// SPDX-License-Identifier: Apache-2.0
/*
 * The Dockerfile parser: what instructions become, where each character of them stands, what is
 * refused and at which place, and texts that are meant to break it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harden/text/dockerfile.h"
#include "tests/unit/random_text.h"

#include <stdio.h>
#include <stdlib.h>

static void parse(const char *text, size_t len, struct dockerfile *d)
{
	AUTO(error) struct error err = {0};

	if (dockerfile_parse(text, len, "Dockerfile", d, &err) < 0)
		fail_msg("%s: %s", text, error_message(&err));
}

/* "2-3 ONBUILD RUN(flags) {arg|arg} =expanded ?UNKNOWN <<body" for each instruction. */
static void describe(const struct dockerfile *d, struct strbuf *out)
{
	for (size_t i = 0; i < d->len; i++) {
		const struct dockerfile_instruction *in = &d->instructions[i];

		strbuf_appendf(out, "%s%u-%u %s%s", i ? "\n" : "", in->line, in->end_line,
			       in->onbuild ? "ONBUILD " : "", dockerfile_word_name(in->word));
		for (size_t k = 0; k < in->flags.len; k++)
			strbuf_appendf(out, " %s", in->flags.items[k]);
		strbuf_append(out, in->exec ? " [" : " {");
		for (size_t k = 0; k < in->args.len; k++)
			strbuf_appendf(out, "%s%s", k ? "|" : "", in->args.items[k]);
		strbuf_append(out, in->exec ? "]" : "}");
		if (in->expanded)
			strbuf_appendf(out, " =%s", in->expanded);
		for (size_t k = 0; k < in->unknown.len; k++)
			strbuf_appendf(out, " ?%s", in->unknown.items[k]);
		for (size_t k = 0; k < in->heredocs_len; k++)
			strbuf_appendf(out, " <%s%s:%s>", in->heredocs[k].name,
				       in->heredocs[k].expand ? "$" : "", in->heredocs[k].body);
	}
}

struct sample {
	const char *text, *says;
};

static void check_samples(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(dockerfile) struct dockerfile d = {0};
		AUTO(strbuf) struct strbuf says = {0};

		parse(samples[i].text, strlen(samples[i].text), &d);
		describe(&d, &says);
		assert_string_equal(strbuf_text(&says), samples[i].says);
	}
}

static void test_instructions(void **state)
{
	static const struct sample samples[] = {
		{"FROM a", "1-1 FROM {a} =a"},
		{"from a as B\n\nrUn x  y \n", "1-1 FROM {a|as|B} =a as B\n3-3 RUN {x  y}"},
		{"FROM a\r\nRUN x \\\r\n  y\r\n", "1-1 FROM {a} =a\n2-3 RUN {x   y}"},
		{"\xef\xbb\xbf"
		 "FROM a",
		 "1-1 FROM {a} =a"},
		{"FROM a\nRUN x && \\\n# why\n\n  # too\n  y",
		 "1-1 FROM {a} =a\n2-6 RUN {x &&   y}"},
		{"FROM a\nRUN x \\ \t\ny", "1-1 FROM {a} =a\n2-3 RUN {x y}"},
		{"FROM a\nRUN x \\\\\nRUN y", "1-1 FROM {a} =a\n2-2 RUN {x \\\\}\n3-3 RUN {y}"},
		{"FROM a\nRUN x \\", "1-1 FROM {a} =a\n2-2 RUN {x}"},
		{"\\\nFROM a\n\\\n", "2-2 FROM {a} =a"},
		{"# escape=`\nFROM a\nRUN x `\ny\nRUN z\\",
		 "2-2 FROM {a} =a\n3-4 RUN {x y}\n5-5 RUN {z\\}"},
		{"#escape = ` \n# syntax=docker/dockerfile:1\n#check=skip=all\nFROM a\nRUN `\n x",
		 "4-4 FROM {a} =a\n5-6 RUN {x}"},
		{"# not one\n# escape=`\nFROM a\nRUN x \\\ny", "3-3 FROM {a} =a\n4-5 RUN {x y}"},
		{"FROM a\nRUN [\"a\", \"b c\"]\nRUN [ \"a\" ; ]",
		 "1-1 FROM {a} =a\n2-2 RUN [a|b c]\n3-3 RUN {[ \"a\" ; ]}"},
		{"FROM a\nCMD [\"a\", 1]\nCMD []\nSHELL [\"bash\",\"-c\"]",
		 "1-1 FROM {a} =a\n2-2 CMD {[\"a\", 1]}\n3-3 CMD []\n4-4 SHELL [bash|-c]"},
		{"FROM --platform=linux/amd64 a\nCOPY --chown=\"a b\":c --link x y z",
		 "1-1 FROM --platform=linux/amd64 {a} =a\n"
		 "2-2 COPY --chown=\"a b\":c --link {x|y|z} =x y z"},
		{"FROM a\nCOPY [\"x y\", \"z\"]", "1-1 FROM {a} =a\n2-2 COPY [x y|z] =x y z"},
		{"FROM a\nRUN -- x", "1-1 FROM {a} =a\n2-2 RUN {x}"},
		{"FROM a\nONBUILD run x\nonbuild  ADD --link a b",
		 "1-1 FROM {a} =a\n2-2 ONBUILD RUN {x}\n3-3 ONBUILD ADD --link {a|b} =a b"},
		{"FROM a\nHEALTHCHECK none\nHEALTHCHECK --interval=5s cmd [\"x\"]\nHEALTHCHECK CMD "
		 "x y",
		 "1-1 FROM {a} =a\n2-2 HEALTHCHECK {NONE}\n3-3 HEALTHCHECK --interval=5s [CMD|x]\n"
		 "4-4 HEALTHCHECK {CMD|x y}"},
		{"FROM a\nENV A=1 B=\"x y\" C=p\\ q\nENV D x  y",
		 "1-1 FROM {a} =a\n2-2 ENV {A=1|B=\"x y\"|C=p\\ q} =A=1 B=x y C=p q\n"
		 "3-3 ENV {D=x  y} =D=x  y"},
		{"FROM a\nUSER \xff\xfe", "1-1 FROM {a} =a\n2-2 USER {\xff\xfe} =\xff\xfe"},
	};

	(void)state;
	check_samples(samples, ARRAY_SIZE(samples));
}

static void test_heredocs(void **state)
{
	static const struct sample samples[] = {
		{"FROM a\nRUN <<EOF\nx\n  EOF\nEOF\nUSER u",
		 "1-1 FROM {a} =a\n2-5 RUN {<<EOF} < EOF$:x\n  EOF\n>\n6-6 USER {u} =u"},
		{"FROM a\nRUN <<-'E' cat >x && y\n\tx $y\n\tE\n",
		 "1-1 FROM {a} =a\n2-4 RUN {<<-'E' cat >x && y} <-E:\tx $y\n>"},
		{"FROM a\nCOPY <<A <<\"B\" /d/\n1\nA\n2 \\\nB\nRUN z",
		 "1-1 FROM {a} =a\n2-6 COPY {<<A|<<\"B\"|/d/} =<<A <<B /d/ < A$:1\n> < B:2 \\\n>\n"
		 "7-7 RUN {z}"},
		{"FROM a\nRUN echo $((1<<2)) <<< x\nRUN a << b\nRUN [\"a\",\"<<E\"]\nCMD <<E",
		 "1-1 FROM {a} =a\n2-2 RUN {echo $((1<<2)) <<< x}\n3-3 RUN {a << b}\n"
		 "4-4 RUN [a|<<E]\n5-5 CMD {<<E}"},
		{"FROM a\nRUN 3<<E \\\n x\nFROM b\nE\n",
		 "1-1 FROM {a} =a\n2-5 RUN {3<<E  x} < E$:FROM b\n>"},
		{"FROM a\r\nRUN <<E\r\nx\r\nE\r\n", "1-1 FROM {a} =a\n2-4 RUN {<<E} < E$:x\r\n>"},
	};

	(void)state;
	check_samples(samples, ARRAY_SIZE(samples));
}

static void test_variables(void **state)
{
	static const struct sample samples[] = {
		{"ARG V=1\nFROM a:$V\nUSER $V",
		 "1-1 ARG {V=1} =V=1\n2-2 FROM {a:$V} =a:1\n3-3 USER {$V} ?V"},
		{"ARG V=1\nFROM a\nARG V\nUSER $V\nARG W\nUSER ${W}",
		 "1-1 ARG {V=1} =V=1\n2-2 FROM {a} =a\n3-3 ARG {V} =V\n4-4 USER {$V} =1\n"
		 "5-5 ARG {W} =W\n6-6 USER {${W}} ?W"},
		{"FROM a\nARG U=x\nENV U=y\nUSER $U", "1-1 FROM {a} =a\n2-2 ARG {U=x} =U=x\n"
						      "3-3 ENV {U=y} =U=y\n4-4 USER {$U} =y"},
		{"FROM a AS b\nENV U=y\nARG V=z\nFROM B\nUSER $U\nUSER $V",
		 "1-1 FROM {a|AS|b} =a AS b\n2-2 ENV {U=y} =U=y\n3-3 ARG {V=z} =V=z\n"
		 "4-4 FROM {B} =B\n5-5 USER {$U} =y\n6-6 USER {$V} ?V"},
		{"FROM a\nENV A=b A2=$A\nUSER $A2\nENV B=${A}c\nUSER \"$B\"'$B'\\$B$",
		 "1-1 FROM {a} =a\n2-2 ENV {A=b|A2=$A} ?A\n3-3 USER {$A2} ?A2\n"
		 "4-4 ENV {B=${A}c} ?A\n5-5 USER {\"$B\"'$B'\\$B$} ?B"},
		{"FROM a\nENV B=c E=\nUSER \"$B\"'$B'\\$B$\nUSER "
		 "${E:-d}${E-e}${B:+f}${N:-${B:-g}}${N:+h}",
		 "1-1 FROM {a} =a\n2-2 ENV {B=c|E=} =B=c E=\n3-3 USER {\"$B\"'$B'\\$B$} =c$B$B$\n"
		 "4-4 USER {${E:-d}${E-e}${B:+f}${N:-${B:-g}}${N:+h}} =dfc"},
		{"FROM a\nENV B=c\nUSER ${B#c}\nUSER ${B:?no}\nRUN $B",
		 "1-1 FROM {a} =a\n2-2 ENV {B=c} =B=c\n3-3 USER {${B#c}} ?B\n4-4 USER {${B:?no}} "
		 "=c\n"
		 "5-5 RUN {$B}"},
	};

	(void)state;
	check_samples(samples, ARRAY_SIZE(samples));
}

static void test_stages(void **state)
{
	static const char text[] = "FROM a AS one\nFROM one AS two\nFROM b\nCOPY --from=1 x y\n"
				   "FROM Two\n";
	AUTO(dockerfile) struct dockerfile d = {0};

	(void)state;
	parse(text, strlen(text), &d);
	assert_int_equal(d.stages_len, 4);
	assert_int_equal(d.stages[0].base_stage, DOCKERFILE_NO_STAGE);
	assert_int_equal(d.stages[1].base_stage, 0);
	assert_int_equal(d.stages[3].base_stage, 1);
	assert_true(d.stages[0].final && d.stages[1].final && d.stages[3].final);
	assert_false(d.stages[2].final);
	assert_int_equal(dockerfile_stage_find(&d, "1", true, 3), 1);
	assert_int_equal(dockerfile_stage_find(&d, "1", false, 3), DOCKERFILE_NO_STAGE);
	assert_int_equal(dockerfile_stage_find(&d, "3", true, 3), DOCKERFILE_NO_STAGE);
	assert_string_equal(dockerfile_flag(&d.instructions[3], "from"), "1");
	assert_null(dockerfile_flag(&d.instructions[3], "fro"));
}

static void test_errors(void **state)
{
	static const struct sample samples[] = {
		{"", "Dockerfile:1:1: there is no FROM"},
		{"# only\n\n", "Dockerfile:3:1: there is no FROM"},
		{"FROM a\n  COYP x",
		 "Dockerfile:2:3: unknown instruction COYP (did you mean COPY?)"},
		{"FROM a\n\xff\xfd x", "Dockerfile:2:1: unknown instruction"},
		{"RUN x\nFROM a", "Dockerfile:1:1: RUN in front of the first FROM"},
		{"FROM a b", "Dockerfile:1:1: FROM takes IMAGE"},
		{"FROM", "Dockerfile:1:1: FROM has too few arguments"},
		{"FROM a\nCOPY \\\n x", "Dockerfile:2:1: COPY has too few arguments"},
		{"FROM a\nENV \\\n A", "Dockerfile:3:2: ENV needs a name and a value"},
		{"FROM a\nLABEL a=b c", "Dockerfile:2:7: LABEL takes NAME=VALUE"},
		{"FROM a\nRUN <<E\nx", "Dockerfile:2:1: nothing ends the here-document E"},
		{"FROM a\nONBUILD", "Dockerfile:2:1: ONBUILD needs an instruction"},
		{"FROM a\nONBUILD FROM b", "Dockerfile:2:9: ONBUILD does not go with FROM"},
		{"FROM a\nSHELL bash -c", "Dockerfile:2:7: SHELL takes a JSON list"},
		{"FROM a\nHEALTHCHECK x", "Dockerfile:2:13: HEALTHCHECK takes CMD or NONE"},
		{"FROM a\nHEALTHCHECK CMD", "Dockerfile:2:13: HEALTHCHECK CMD needs"},
		{"# escape=x\nFROM a", "Dockerfile:1:10: escape is a backslash or a backtick"},
		{"# escape=`\n#escape=`\nFROM a", "Dockerfile:2:2: a second directive escape"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		AUTO(dockerfile) struct dockerfile d = {0};
		AUTO(error) struct error err = {0};

		assert_int_equal(dockerfile_parse(samples[i].text, strlen(samples[i].text),
						  "Dockerfile", &d, &err),
				 -1);
		assert_int_equal(err.code, ERROR_FORMAT);
		if (!strstr(error_message(&err), samples[i].says))
			fail_msg("\"%s\" says \"%s\", expected \"%s\"", samples[i].text,
				 error_message(&err), samples[i].says);
	}
}

static void expect_error(const struct strbuf *text, const char *says)
{
	AUTO(dockerfile) struct dockerfile d = {0};
	AUTO(error) struct error err = {0};

	assert_int_equal(dockerfile_parse(text->data, text->len, "Dockerfile", &d, &err), -1);
	if (!strstr(error_message(&err), says))
		fail_msg("says \"%s\", expected \"%s\"", error_message(&err), says);
}

static void test_hostile(void **state)
{
	AUTO(strbuf) struct strbuf text = {0}, many = {0}, doubling = {0}, nested = {0};
	AUTO(dockerfile) struct dockerfile d = {0}, e = {0}, f = {0};

	(void)state;
	strbuf_append_bytes(&text, "FROM a\nRUN x\0y", 14);
	expect_error(&text, "Dockerfile:2:6: a NUL byte");
	text.len = 0;
	strbuf_append(&text, "FROM a\nRUN x");
	while (text.len < DOCKERFILE_MAX - 8)
		strbuf_append(&text, "\\\nx");
	parse(text.data, text.len, &d); /* half a million continuations */
	assert_int_equal(d.len, 2);
	assert_true(d.instructions[1].pieces_len > 100000);
	while (text.len <= DOCKERFILE_MAX)
		strbuf_append_char(&text, 'x');
	expect_error(&text, "is larger than");

	strbuf_append(&many, "FROM a\n");
	for (unsigned i = 0; i < DOCKERFILE_INSTRUCTIONS; i++)
		strbuf_append(&many, "RUN x\n");
	expect_error(&many, "Dockerfile:10001:1: more than 10000 instructions");

	strbuf_append(&doubling, "FROM a\nENV A=xxxxxxxxxxxxxxxx\n");
	for (unsigned i = 0; i < 1500; i++)
		strbuf_append(&doubling, "ENV A=$A$A\n");
	parse(doubling.data, doubling.len, &e);
	assert_non_null(e.instructions[5].expanded);
	assert_null(e.instructions[100].expanded);
	assert_int_equal(e.instructions[100].unknown.len, 1);

	for (unsigned i = 0; i < 1000; i++)
		strbuf_append(&doubling, "ARG B\n");
	expect_error(&doubling, "Dockerfile:2002:1: more than 2000 variables");
	text.len = 0;
	strbuf_append(&text, "FROM a\nRUN ");
	for (unsigned i = 0; i <= DOCKERFILE_FLAGS; i++)
		strbuf_append(&text, "--a ");
	expect_error(&text, "Dockerfile:2:1: more than 256 flags");

	strbuf_append(&nested, "FROM a\nUSER ");
	for (unsigned i = 0; i < 100000; i++)
		strbuf_append(&nested, "${a:-");
	parse(nested.data, nested.len, &f);
	assert_null(f.instructions[1].expanded);
}

/* Every character of every instruction's text stands in the file where it says. */
static void check_places(const struct dockerfile *d, const char *data)
{
	for (size_t i = 0; i < d->len; i++) {
		const struct dockerfile_instruction *in = &d->instructions[i];
		size_t place = 0, last = 0;

		for (size_t k = 0; in->text[k]; k++) {
			assert_true(dockerfile_place(in, k, 1, &place));
			assert_int_equal(data[place], in->text[k]);
			assert_true(place >= last && place < in->end);
			last = place;
		}
		assert_int_equal(in->start, in->pieces[0].start);
	}
}

static void random_dockerfile(struct random *r, struct strbuf *b)
{
	static const char *const parts[] = {
		"FROM a\n", "RUN x",	" && \\\n", "\\\n", "\n",
		"\r\n",	    "# c\n",	"  # c\n",  "<<E",  "E\n",
		"[\"a\"]",  "ENV A=$A", " ",	    "\t",   "\"",
		"'",	    "$",	"${A:-",    "}",    "COPY a b",
		"\\",	    "ONBUILD ", "USER u\n", "\xff", "HEALTHCHECK CMD ",
		"--x=y ",   "A=b",	"`"};

	strbuf_append(b, random_below(r, 9) ? "FROM a\n" : "# escape=`\nFROM a\n");
	for (unsigned i = random_below(r, 40); i > 0; i--)
		strbuf_append(b, random_of(r, parts, ARRAY_SIZE(parts)));
}

static void test_random(void **state)
{
	struct random r = {.seed = 41};
	unsigned whole = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		AUTO(strbuf) struct strbuf text = {0};
		AUTO(dockerfile) struct dockerfile d = {0};
		AUTO(error) struct error err = {0};

		random_dockerfile(&r, &text);
		if (dockerfile_parse(text.data, text.len, "Dockerfile", &d, &err) < 0) {
			assert_int_equal(err.code, ERROR_FORMAT);
			assert_true(str_starts(error_message(&err), "Dockerfile:"));
			continue;
		}
		whole++;
		check_places(&d, text.data);
	}
	assert_true(whole > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instructions), cmocka_unit_test(test_heredocs),
		cmocka_unit_test(test_variables),    cmocka_unit_test(test_stages),
		cmocka_unit_test(test_errors),	     cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
