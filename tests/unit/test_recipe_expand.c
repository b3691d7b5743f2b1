// SPDX-License-Identifier: Apache-2.0
/*
 * ${...} in ensure entries: own kinds, interpolation, splicing, escapes, null and unknown facts,
 * conditions. An expansion is compared as the compact text of show().
 */
#include "tests/unit/recipe_fixture.h"

#include "harden/model/fact.h"
#include "harden/recipe/entry.h"
#include "harden/recipe/expand.h"
#include "harden/recipe/reference.h"
#include "harden/recipe/select.h"

#include <inttypes.h>

#define HEAD                                                                                       \
	"benchmark: test\nversion: 1\nvars:\n"                                                     \
	"  users: {type: list, default: [alice, bob], help: who}\n"                                \
	"  none: {type: list, default: [], help: nobody}\n"                                        \
	"  count: {type: integer, default: -5, help: how many}\n"                                  \
	"  flag: {type: boolean, default: false, help: whether}\n"                                 \
	"  word: {type: text, default: \"\", help: a word}\n"                                      \
	"  tricky: {type: text, default: \"${count}\", help: looks like a reference}\n"            \
	"  opts: {type: map, default: {a: {b: [c]}}, help: options}\n"                             \
	"controls:\n  - id: 2.2\n    key: a.b\n    title: T\n    level: 1\n    type: manual\n"     \
	"    why: W\n    ensure:\n      - "

/* A value as text: kinds are told apart by quotes around texts. */
static void show(const struct value *v, struct strbuf *out)
{
	if (v->kind == VALUE_TEXT)
		strbuf_appendf(out, "'%s'", v->text);
	else if (v->kind == VALUE_INTEGER)
		strbuf_appendf(out, "%" PRId64, v->integer);
	else if (v->kind == VALUE_BOOL)
		strbuf_append(out, v->boolean ? "true" : "false");
	else if (v->kind == VALUE_NULL)
		strbuf_append(out, "null");
	else
		strbuf_append(out, v->kind == VALUE_LIST ? "[" : "{");
	for (size_t i = 0; i < value_len(v); i++) {
		strbuf_append(out, i ? "," : "");
		if (v->members[i].key)
			strbuf_appendf(out, "%s:", v->members[i].key);
		show(v->members[i].value, out);
	}
	if (value_len(v) || v->kind == VALUE_LIST || v->kind == VALUE_MAP)
		strbuf_append(out, v->kind == VALUE_LIST ? "]" : "}");
}

static void fill_facts(struct facts *facts)
{
	struct strv sockets = {0};
	struct error problem = {0};

	assert_int_equal(strv_split(&sockets, "/run/a /run/b", " ", NULL), 0);
	assert_int_equal(facts_set(facts, "docker.sockets", value_from_strv(&sockets), NULL, "x"),
			 0);
	assert_int_equal(facts_set(facts, "docker.env_files", value_list(), NULL, "x"), 0);
	assert_int_equal(facts_set(facts, "docker.data_root", value_text("/d"), NULL, "x"), 0);
	assert_int_equal(facts_set(facts, "docker.tlskey", value_null(), NULL, "x"), 0);
	assert_int_equal(facts_set(facts, "docker.swarm", value_bool(true), NULL, "x"), 0);
	assert_int_equal(facts_set(facts, "docker.rootless", value_bool(false), NULL, "x"), 0);
	(void)error_set(&problem, ERROR_FORMAT, 0, "/etc/docker/daemon.json:3:7: expected ','");
	error_resource(&problem, "/etc/docker/daemon.json");
	error_next(&problem, "correct the file");
	assert_int_equal(facts_unknown(facts, "docker.config", &problem, NULL), 0);
	strv_done(&sockets);
}

struct expansion {
	const char *name, *entry;
	int result;
	const char *expected; /* the shown value, or the error's message */
};

static void check(const struct facts *facts, const struct expansion *e)
{
	AUTO_FREE char *text = str_format("%s%s\n", HEAD, e->entry);
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_PTR(value) struct value *expanded = NULL;
	AUTO(strbuf) struct strbuf shown = {0};
	AUTO(error) struct error err = {0};
	int r;

	fixture_load(text, &recipe);
	r = recipe_expand(recipe.controls[0].ensure->members[0].value, &recipe, facts, &expanded,
			  &err);
	if (r < 0)
		strbuf_append(&shown, error_message(&err));
	else
		show(expanded, &shown);
	if (r != e->result || strcmp(strbuf_text(&shown), e->expected) != 0)
		fail_msg("%s: %d %s", e->name, r, strbuf_text(&shown));
	assert_true(r >= 0 || !expanded);
}

static void expansions(void **state)
{
	static const struct expansion cases[] = {
		{"no reference", "file: {path: /etc/x, owner: root}", 0,
		 "{file:{path:'/etc/x',owner:'root'}}"},
		{"text fact alone", "file: {path: \"${docker.data_root}\"}", 0,
		 "{file:{path:'/d'}}"},
		{"list fact alone", "file: {path: \"${docker.sockets}\"}", 0,
		 "{file:{path:['/run/a','/run/b']}}"},
		{"empty list fact alone", "file: {path: \"${docker.env_files}\"}", 0,
		 "{file:{path:[]}}"},
		{"integer keeps its kind",
		 "augeas: {path: /x, lens: X, node: n, count: \"${count}\"}", 0,
		 "{augeas:{path:'/x',lens:'X',node:'n',count:-5}}"},
		{"boolean keeps its kind", "mount: {path: /x, own: \"${flag}\"}", 0,
		 "{mount:{path:'/x',own:false}}"},
		{"map keeps its kind", "daemon: {key: k, equals: \"${opts}\"}", 0,
		 "{daemon:{key:'k',equals:{a:{b:['c']}}}}"},
		{"empty text", "daemon: {key: k, equals: \"${word}\"}", 0,
		 "{daemon:{key:'k',equals:''}}"},
		{"inside text", "file: {path: \"${docker.data_root}/x${count}-${flag}${word}.y\"}",
		 0, "{file:{path:'/d/x-5-false.y'}}"},
		{"list in list", "file: {path: [/a, \"${docker.sockets}\", /b]}", 0,
		 "{file:{path:['/a','/run/a','/run/b','/b']}}"},
		{"empty list in list", "file: {path: [/a, \"${docker.env_files}\"]}", 0,
		 "{file:{path:['/a']}}"},
		{"var list in list", "group: {name: g, members: [root, \"${users}\"]}", 0,
		 "{group:{name:'g',members:['root','alice','bob']}}"},
		{"a written list stays nested", "daemon: {key: k, equals: [[a, \"${users}\"]]}", 0,
		 "{daemon:{key:'k',equals:[['a','alice','bob']]}}"},
		{"escape", "file: {path: \"/a/$${x}/$y$$\"}", 0, "{file:{path:'/a/${x}/$y$$'}}"},
		{"escape before reference", "file: {path: \"/$${docker.data_root}${count}\"}", 0,
		 "{file:{path:'/${docker.data_root}-5'}}"},
		{"values are not expanded again", "daemon: {key: k, equals: \"${tricky}\"}", 0,
		 "{daemon:{key:'k',equals:'${count}'}}"},
		{"deep", "daemon: {key: k, equals: {a: [{b: \"${count}\"}]}}", 0,
		 "{daemon:{key:'k',equals:{a:[{b:-5}]}}}"},
		{"null fact alone", "file: {path: \"${docker.tlskey}\"}", 1,
		 "'docker.tlskey is not there'"},
		{"null fact inside text", "file: {path: \"${docker.tlskey}.d\"}", 1,
		 "'docker.tlskey is not there'"},
		{"null fact left out of a list", "file: {path: [\"${docker.tlskey}\", /a]}", 0,
		 "{file:{path:['/a']}}"},
		{"only null facts in a list",
		 "file: {path: [\"${docker.tlskey}\", \"${docker.tlskey}\"]}", 1,
		 "'docker.tlskey is not there'"},
		{"unknown fact", "file: {path: \"${docker.config}\"}", -1,
		 "docker.config is not known: /etc/docker/daemon.json:3:7: expected ','"},
		{"unknown fact in a list", "file: {path: [/a, \"${docker.config}\"]}", -1,
		 "docker.config is not known: /etc/docker/daemon.json:3:7: expected ','"},
		{"unknown fact inside text", "file: {path: \"${docker.config}.d\"}", -1,
		 "docker.config is not known: /etc/docker/daemon.json:3:7: expected ','"},
		{"a fact nobody looked for", "file: {path: \"${docker.runc}\"}", -1,
		 "the fact docker.runc was not looked for"},
		{"if true", "{if: docker.swarm, consent: true, file: {path: /x}}", 0,
		 "{file:{path:'/x'}}"},
		{"if false", "{if: docker.rootless, file: {path: /x}}", 1,
		 "'applies only with docker.rootless'"},
		{"if null", "{if: docker.tlskey, file: {path: /x}}", 1,
		 "'applies only with docker.tlskey'"},
		{"if unknown", "{if: docker.config, file: {path: /x}}", -1,
		 "docker.config is not known: /etc/docker/daemon.json:3:7: expected ','"},
		{"if empty list", "{if: none, file: {path: /x}}", 1, "'applies only with none'"},
		{"if list", "{if: users, file: {path: /x}}", 0, "{file:{path:'/x'}}"},
		{"if integer", "{if: count, file: {path: /x}}", 0, "{file:{path:'/x'}}"},
		{"if empty text", "{if: word, file: {path: /x}}", 1, "'applies only with word'"},
		{"unless true", "{unless: docker.swarm, file: {path: /x}}", 1,
		 "'applies only without docker.swarm'"},
		{"unless null", "{unless: docker.tlskey, file: {path: /x}}", 0,
		 "{file:{path:'/x'}}"},
		{"unless false, if true",
		 "{unless: docker.rootless, if: docker.swarm, file: {path: /x}}", 0,
		 "{file:{path:'/x'}}"},
		{"a false condition hides unknown facts",
		 "{if: docker.rootless, file: {path: \"${docker.config}\"}}", 1,
		 "'applies only with docker.rootless'"},
	};
	AUTO(facts) struct facts facts = {0};

	(void)state;
	fill_facts(&facts);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&facts, &cases[i]);
}

/* The problem of a fact reaches the error whole, since it becomes the control's error. */
static void unknown_fact_keeps_its_problem(void **state)
{
	AUTO(facts) struct facts facts = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_PTR(value) struct value *expanded = NULL;
	AUTO(error) struct error err = {0};

	(void)state;
	fill_facts(&facts);
	fixture_load(HEAD "file: {path: \"${docker.config}\"}\n", &recipe);
	assert_int_equal(recipe_expand(recipe.controls[0].ensure->members[0].value, &recipe, &facts,
				       &expanded, &err),
			 -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_string_equal(err.resource, "/etc/docker/daemon.json");
	assert_string_equal(err.next, "correct the file");
}

/* Places survive, so that a resource type's message points into the recipe. */
static void places_survive(void **state)
{
	AUTO(facts) struct facts facts = {0};
	AUTO(recipe) struct recipe recipe = {0};
	AUTO_PTR(value) struct value *expanded = NULL;
	const struct value *path;

	(void)state;
	fill_facts(&facts);
	fixture_load(HEAD "{consent: true, file: {path: \"${docker.data_root}\"}}\n", &recipe);
	assert_int_equal(recipe_expand(recipe.controls[0].ensure->members[0].value, &recipe, &facts,
				       &expanded, NULL),
			 0);
	assert_string_equal(expanded->members[0].key, "file");
	path = value_get(expanded->members[0].value, "path");
	assert_int_equal(path->line, 19);
	assert_int_equal(path->column, 38);
	assert_true(entry_consent(recipe.controls[0].ensure->members[0].value));
}

/* What a var brings is checked against the key once more. */
static void expanded_is_checked(void **state)
{
	static const struct {
		const char *entry, *assignment, *message;
	} cases[] = {
		{"template: {path: \"${word}\", source: x}", "word=/etc/x", NULL},
		{"template: {path: \"${word}\", source: x}", "word=etc/x",
		 "test.yaml:19:26: key \"path\" of template: expected an absolute path, found "
		 "\"etc/x\""},
		{"template: {path: /x, source: x, mode: \"${word}\"}", "word=0999",
		 "test.yaml:19:47: key \"mode\" of template: expected an octal mode such as 0644, "
		 "found \"0999\""},
		{"file: {path: [/a, \"${users}\"]}", "users=/b,c",
		 "test.yaml:19:27: key \"path\" of file: expected an absolute path or a list of "
		 "them, found \"c\""},
		{"augeas: {path: /x, lens: X, node: n, count: \"${count}\"}", "count=7", NULL},
		{"mount: {path: /x, own: \"${flag}\"}", "flag=true", NULL},
		{"group: {name: g, members: \"${users}\"}", "users=", NULL},
		{"daemon: {key: k, equals: \"${opts}\", when: \"${opts}\"}", "opts=a=b", NULL},
		{"file: {path: \"/$${x}\", owner: \"${word}\"}", "word=", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *text = str_format("%s%s\n", HEAD, cases[i].entry);
		AUTO(facts) struct facts facts = {0};
		AUTO(recipe) struct recipe recipe = {0};
		AUTO_PTR(value) struct value *expanded = NULL;
		AUTO(error) struct error err = {0};
		const struct key *keys = NULL;
		int r;

		fixture_load(text, &recipe);
		assert_int_equal(recipe_set(&recipe, cases[i].assignment, &err), 0);
		assert_int_equal(recipe_expand(recipe.controls[0].ensure->members[0].value, &recipe,
					       &facts, &expanded, &err),
				 0);
		for (size_t j = 0; fixture_types[j]; j++)
			if (str_equal(fixture_types[j]->name, expanded->members[0].key))
				keys = fixture_types[j]->keys;
		r = entry_check_expanded(expanded, keys, "test.yaml", &err);
		assert_int_equal(r, cases[i].message ? -1 : 0);
		if (r < 0)
			assert_string_equal(err.message, cases[i].message);
	}
}

static void pieces(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"abc", "abc;"},
		{"${a}", "<a>;"},
		{"x${a.b}y", "x;<a.b>;y;"},
		{"$${a}", "${;a};"},
		{"$$${a}", "$;${;a};"},
		{"$", "$;"},
		{"a$b", "a$b;"},
		{"$$", "$$;"},
		{"${a", "!"},
		{"${}", "!"},
		{"x${a b}", "x;!"},
		{"${a}${b}", "<a>;<b>;"},
		{"${${a}}", "!"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strbuf) struct strbuf shown = {0};
		const char *cursor = cases[i].text;
		struct piece piece;
		int r;

		while ((r = reference_next(&cursor, &piece)) > 0)
			strbuf_appendf(&shown, piece.reference ? "<%.*s>;" : "%.*s;",
				       (int)piece.len, piece.text);
		strbuf_append(&shown, r < 0 ? "!" : "");
		if (strcmp(strbuf_text(&shown), cases[i].shown) != 0)
			fail_msg("%s gives %s", cases[i].text, strbuf_text(&shown));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(expansions),	  cmocka_unit_test(unknown_fact_keeps_its_problem),
		cmocka_unit_test(places_survive), cmocka_unit_test(expanded_is_checked),
		cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
