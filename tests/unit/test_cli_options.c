// SPDX-License-Identifier: Apache-2.0
/*
 * The command line: what is taken, and what each mistake is told.
 */
#include "harden/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WORDS_MAX 32

/* Splits at blanks; "" stands for an empty word. */
static int parse(const char *line, struct options *ret, struct error *err)
{
	AUTO(strv) struct strv words = {0};
	char *argv[WORDS_MAX + 1] = {(char *)"harden"};
	int argc = 1;

	assert_int_equal(strv_split(&words, line, " ", NULL), 0);
	assert_true(words.len < WORDS_MAX);
	for (size_t i = 0; i < words.len; i++)
		argv[argc++] = strcmp(words.items[i], "''") == 0 ? (char *)"" : words.items[i];
	return options_parse(argc, argv, ret, err);
}

static void a_full_line_is_taken(void **state)
{
	AUTO(options) struct options o = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(parse("--root=/srv/tree apply --only 2.2,3 --only=daemon.icc --set a=b=c "
			       "--accept 2.9 --level 1 --format json --restart always --yes",
			       &o, &err),
			 0);
	assert_string_equal(o.verb->name, "apply");
	assert_string_equal(o.root, "/srv/tree");
	assert_int_equal(o.only.len, 3);
	assert_string_equal(o.set.items[0], "a=b=c");
	assert_string_equal(o.accept.items[0], "2.9");
	assert_int_equal(o.level, 1);
	assert_int_equal(o.format, FORMAT_JSON);
	assert_int_equal(o.restart, RESTART_ALWAYS);
	assert_true(o.yes);
	assert_false(o.quiet);
}

static void defaults(void **state)
{
	AUTO(options) struct options o = {0};

	(void)state;
	assert_int_equal(parse("plan", &o, NULL), 0);
	assert_int_equal(o.restart, RESTART_SAFE);
	assert_int_equal(o.level, 0);
	assert_int_equal(o.keep_days, -1);
	assert_null(o.root);
}

static void words_behind_two_dashes_are_arguments(void **state)
{
	AUTO(options) struct options o = {0};

	(void)state;
	assert_int_equal(parse("lint -- --odd.yaml -x", &o, NULL), 0);
	assert_int_equal(o.args.len, 2);
	assert_string_equal(o.args.items[0], "--odd.yaml");
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"", "no verb was given"},
		{"plann", "unknown verb 'plann' (did you mean plan?)"},
		{"plan --rot /x", "unknown option --rot (did you mean --root?)"},
		{"plan --zzzzzzzzzzz", "unknown option --zzzzzzzzzzz"},
		{"plan -v", "unknown option -v"},
		{"plan --root", "--root needs a value: --root DIR"},
		{"plan --root ''", "--root has an empty value"},
		{"plan --root /a --root /b", "--root was given twice"},
		{"plan --yes", "--yes does not go with plan"},
		{"plan --live=1", "--live takes no value"},
		{"plan --level 3", "--level takes a number from 1 to 2, not '3'"},
		{"plan --level 1x", "--level takes a number from 1 to 2, not '1x'"},
		{"plan --format xml", "--format takes text|json, not 'xml'"},
		{"plan --only ,", "--only has an empty list"},
		{"plan extra", "plan does not take 'extra': harden plan "},
		{"explain", "explain needs an argument: harden explain ID..."},
		{"history --force", "--force does not go with history"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(options) struct options o = {0};
		AUTO(error) struct error err = {0};

		assert_int_equal(parse(cases[i].line, &o, &err), -1);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_string_equal(error_message(&err), cases[i].message);
		assert_string_equal(err.next, "harden --help lists verbs and options");
		assert_null(o.verb);
	}
}

static void suggest_takes_containers(void **state)
{
	AUTO(options) struct options o = {0}, none = {0};
	AUTO(error) struct error err = {0};

	(void)state;
	assert_int_equal(parse("suggest web db --as compose --only 5", &o, &err), 0);
	assert_int_equal(o.args.len, 2);
	assert_int_equal(o.as, AS_COMPOSE);
	assert_int_equal(parse("suggest", &none, &err), 0);
	assert_int_equal(none.as, AS_RUN);
	assert_int_equal(parse("suggest --as swarm", &none, &err), -1);
	assert_string_equal(error_message(&err), "--as takes run|compose, not 'swarm'");
	error_done(&err);
	assert_int_equal(parse("audit --as run", &none, &err), -1);
	assert_string_equal(error_message(&err), "--as does not go with audit");
}

static void help_and_version_need_no_verb(void **state)
{
	AUTO(options) struct options o = {0}, version = {0};
	AUTO(strbuf) struct strbuf all = {0}, one = {0};

	(void)state;
	assert_int_equal(parse("explain --help", &o, NULL), 0);
	assert_true(o.help);
	assert_int_equal(parse("--version", &version, NULL), 0);
	assert_true(version.version);
	options_help(NULL, &all);
	for (const struct verb *v = verbs; v->name; v++)
		assert_non_null(strstr(strbuf_text(&all), v->summary));
	options_help(o.verb, &one);
	assert_non_null(strstr(strbuf_text(&one), "usage: harden explain [options] ID..."));
	assert_non_null(strstr(strbuf_text(&one), "--only LIST"));
	assert_null(strstr(strbuf_text(&one), "--yes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_line_is_taken),
		cmocka_unit_test(defaults),
		cmocka_unit_test(words_behind_two_dashes_are_arguments),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(suggest_takes_containers),
		cmocka_unit_test(help_and_version_need_no_verb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
