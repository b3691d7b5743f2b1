// SPDX-License-Identifier: Apache-2.0
/*
 * The dockerfile type on small contexts: what expressions see, that an edit that is staged is looked
 * at anew, what is left to a person and how, and what is refused.
 */
#include "harden/host/look_build.h"
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_dockerfile;

static const char library_text[] = "def at_line($file; $message; $next): {resource: "
				   "\"\\($file.File):\\(.Line)\", message: $message, "
				   "next: $next};";

#define CONTEXT                                                                                    \
	"@/ctx/app\nx\n@/ctx/dir/f\nx\n@/ctx/left\nx\n@/ctx/link -> /app\n@/ctx/out -> "           \
	"../../etc/passwd\n"                                                                       \
	"@/ctx/.dockerignore\nleft\n@/ctx/.git/config\nx\n"
#define AT_ADD                                                                                     \
	"\"violation\":\". as $f | .Instructions[] | select(.Word == \\\"ADD\\\") | at_line($f; "  \
	"\\\"an ADD\\\"; \\\"COPY\\\")\""

struct run {
	struct tree tree;
	struct blob *library;
	char *context;
};

/* The Dockerfile lies in the root of the tree, its context in /ctx. */
static void run_begin(struct run *r, const char *tree, bool context)
{
	AUTO(error) struct error err = {0};

	tree_open(&r->tree, tree);
	r->library = blob_new(library_text, strlen(library_text));
	r->context = context ? str_format("%s/ctx", r->tree.path) : NULL;
	if (build_open(&r->tree.host, "app/Dockerfile", "/Dockerfile", r->context, &err) < 0 ||
	    build_questions(&r->tree.host, r->library, &err) < 0)
		fail_msg("%s", error_message(&err));
}

static void run_end(struct run *r)
{
	tree_close(&r->tree);
	blob_free(r->library);
	free(r->context);
}

/* The value that an expression gives, as JSON. */
static void shows(struct run *r, const char *expression, const char *wanted)
{
	AUTO_FREE char *entry = str_format("{\"ask\":\"x\",\"evidence\":\"%s\"}", expression);
	void *spec = resource_load(&resource_dockerfile, entry, entry), *seen = NULL;
	AUTO(judgement) struct judgement j = {0};
	AUTO(error) struct error err = {0};
	AUTO_FREE char *text = NULL;

	if (resource_dockerfile.announce(spec, &r->tree.host, &err) < 0 ||
	    resource_dockerfile.inspect(spec, &r->tree.host, &seen, &err) < 0 ||
	    resource_dockerfile.judge(spec, seen, &j, &err) < 0)
		fail_msg("%s: %s", expression, error_message(&err));
	assert_int_equal(j.status, STATUS_MANUAL);
	assert_int_equal(json_to_text(j.evidence[0].value, &text, &err), 0);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s is %s, expected %s", expression, text, wanted);
	resource_dockerfile.seen_free(seen);
	resource_dockerfile.spec_free(spec);
}

static void expressions_see_all_of_it(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r,
		  "@/Dockerfile\n# syntax=s\nARG V=1\nFROM a:$V AS one\nENV P=\\\nq\n"
		  "FROM one\nONBUILD RUN --mount=type=x --net a\nRUN <<E\nb\tc\n\nd\nE\nUSER $U\n"
		  "CMD [\"x\", \"y\"]\nFROM z\n" CONTEXT,
		  true);
	shows(&r, ".File", "\"app/Dockerfile\"");
	shows(&r, "[.Escape, .Syntax]", "[\"\\\\\",\"s\"]");
	shows(&r, "[.Stages[] | [.Name, .Base, .Known, .Stage, .Line, .Final]]",
	      "[[\"one\",\"a:1\",true,null,3,false],[null,\"one\",true,0,6,false],"
	      "[null,\"z\",true,null,15,true]]");
	shows(&r, "[.Instructions[] | [.Word, .Line, .EndLine, .Stage]][1:5]",
	      "[[\"FROM\",3,3,0],[\"ENV\",4,5,0],[\"FROM\",6,6,1],[\"RUN\",7,7,1]]");
	shows(&r, ".Instructions[4] | [.OnBuild, .Flags, .Args, .Script, .Final]",
	      "[true,[\"mount=type=x\",\"net\"],[\"a\"],\"a\",false]");
	shows(&r, ".Instructions[5] | [.Text, .Script, .Heredocs]",
	      "[\"<<E\",\"<<E ; b c ; ; d ; \",[\"b\\tc\\n\\nd\\n\"]]");
	shows(&r, ".Instructions[6] | [.Expanded, .Unknown, .Values, .Script]",
	      "[null,[\"U\"],[\"$U\"],null]");
	shows(&r, ".Instructions[7] | [.Exec, .Text]", "[true,\"x y\"]");
	shows(&r, ".Context.Files",
	      "[\".dockerignore\",\".git\",\"app\",\"dir/f\",\"link\",\"out\"]");
	run_end(&r);
}

static void sources_are_what_the_builder_would_find(void **state)
{
	static const char dockerfile[] =
		"@/Dockerfile\nFROM a\nADD app ./dir/ . link /d/\nADD left out missing a* /d/\n"
		"ADD http://h/x https://h/y.git#v git@h:x ssh://h/x $V /d/\nCOPY --from=a app /d/\n"
		"COPY http://h/x /d/\nCOPY <<E /d/\nE\nENV A=app\nADD $A /d/\n" CONTEXT;
	struct run r;

	(void)state;
	run_begin(&r, dockerfile, true);
	shows(&r,
	      "[.Instructions[] | .Sources | map(.Kind) | select(length > 0) | join(\\\" \\\")]",
	      "[\"file directory directory file\",\"ignored missing missing pattern\","
	      "\"url git git git variable\",\"stage\",\"missing\",\"heredoc\",\"file\"]");
	shows(&r, "[.Instructions[1].Sources[].Pattern]",
	      "[\"^app(/|$)\",\"^dir(/|$)\",\"\",\"^link(/|$)\"]");
	run_end(&r);
	run_begin(&r, dockerfile, false);
	shows(&r, "[.Context, (.Instructions[1].Sources | map(.Kind))]",
	      "[null,[\"unknown\",\"unknown\",\"unknown\",\"unknown\"]]");
	run_end(&r);
}

/* Looks, judges and stages; returns the findings. */
static size_t look_and_stage(struct run *r, const char *entry)
{
	void *spec = resource_load(&resource_dockerfile, entry, entry), *seen = NULL;
	AUTO(judgement) struct judgement j = {0};
	AUTO(error) struct error err = {0};

	r->tree.stage.control = "4.9";
	if (resource_dockerfile.inspect(spec, &r->tree.host, &seen, &err) < 0 ||
	    resource_dockerfile.judge(spec, seen, &j, &err) < 0 ||
	    resource_dockerfile.stage(spec, seen, &r->tree.host, &err) < 0)
		fail_msg("%s: %s", entry, error_message(&err));
	for (size_t i = 0; i < j.findings_len; i++)
		assert_int_equal(j.findings[i].part, PART_WRITTEN);
	resource_dockerfile.seen_free(seen);
	resource_dockerfile.spec_free(spec);
	return j.findings_len;
}

#define ADD_ENTRY "{" AT_ADD ",\"fix\":\"copy-for-add\"}"

static void what_is_staged_is_looked_at_anew(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r,
		  "@/Dockerfile 0640\nFROM a\nADD app /x\nadd [\"dir\", \"/y\"]\nADD left "
		  "/z\n" CONTEXT,
		  true);
	assert_int_equal(look_and_stage(&r, ADD_ENTRY), 3);
	assert_string_equal(tree_staged(&r.tree, "/Dockerfile"),
			    "FROM a\nCOPY app /x\ncopy [\"dir\", \"/y\"]\nADD left /z\n");
	assert_int_equal(stage_find(&r.tree.stage, "/Dockerfile")->after.mode, 0640);
	assert_int_equal(r.tree.stage.blocked_len, 1);
	assert_string_equal(r.tree.stage.blocked[0].resource, "app/Dockerfile:4");
	assert_string_equal(r.tree.stage.blocked[0].next, "COPY");
	assert_non_null(strstr(r.tree.stage.blocked[0].reason,
			       "an ADD; not done by harden, since a "
			       "source is left out by .dockerignore"));
	stage_new_pass(&r.tree.stage);
	assert_int_equal(look_and_stage(&r, ADD_ENTRY), 1); /* of the staged bytes */
	assert_int_equal(r.tree.stage.len, 1);
	run_end(&r);
}

static void what_has_no_edit_is_left_to_a_person(void **state)
{
	struct run r;

	(void)state;
	run_begin(&r, "@/Dockerfile\nFROM a\nADD app /x\n" CONTEXT, true);
	assert_int_equal(look_and_stage(&r, "{" AT_ADD "}"), 1);
	assert_int_equal(r.tree.stage.len, 0);
	assert_string_equal(r.tree.stage.by_hand[0].reason, "app/Dockerfile:2: an ADD");
	assert_string_equal(r.tree.stage.by_hand[0].next, "COPY");
	stage_new_pass(&r.tree.stage);
	assert_int_equal(
		look_and_stage(&r, "{\"violation\":\"\\\"all of it\\\"\",\"fix\":\"verify\"}"), 1);
	assert_string_equal(r.tree.stage.by_hand[0].reason, "dockerfile app/Dockerfile: all of it");
	stage_new_pass(&r.tree.stage);
	assert_int_equal(
		look_and_stage(
			&r,
			"{\"review\":\"{message: \\\"m\\\", resource: \\\"app/Dockerfile:2\\\"}\","
			"\"fix\":\"copy-for-add\"}"),
		0);
	assert_int_equal(r.tree.stage.len, 0); /* what is not sure is not mended */
	assert_string_equal(r.tree.stage.by_hand[0].reason, "app/Dockerfile:2: m");
	stage_new_pass(&r.tree.stage);
	/* lines that no instruction begins on, and other files */
	assert_int_equal(look_and_stage(&r, "{\"violation\":\"{message: \\\"m\\\", resource: "
					    "(\\\"app/Dockerfile:9\\\", "
					    "\\\"app/Dockerfile:2x\\\", "
					    "\\\"Dockerfile:2\\\")}\",\"fix\":\"copy-for-add\"}"),
			 3);
	assert_int_equal(r.tree.stage.len, 0);
	assert_int_equal(r.tree.stage.by_hand_len, 3);
	run_end(&r);
}

static enum error_code look_code(struct run *r, struct error *err)
{
	const struct build *b;

	return look_build(&r->tree.host, &b, err) < 0 ? err->code : ERROR_NONE;
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *tree, *says;
		enum error_code code;
	} samples[] = {
		{"@/x\n", "app/Dockerfile is not there", ERROR_FORMAT},
		{"@/Dockerfile/\n", "app/Dockerfile is no regular file", ERROR_FORMAT},
		{"@/x\nFROM a\n@/Dockerfile -> x\n", "app/Dockerfile is no regular file",
		 ERROR_FORMAT},
		{"@/Dockerfile\nFROM\n", "app/Dockerfile:1:1: FROM has too few arguments",
		 ERROR_FORMAT},
	};
	AUTO(error) struct error err = {0};
	struct run r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		run_begin(&r, samples[i].tree, false);
		assert_int_equal(look_code(&r, &err), samples[i].code);
		if (!strstr(error_message(&err), samples[i].says))
			fail_msg("%s: %s", samples[i].says, error_message(&err));
		run_end(&r);
		error_done(&err);
	}
	run_begin(&r, "@/Dockerfile\nFROM a\n", false);
	assert_int_equal(build_open(&r.tree.host, "f", "/f", "/nowhere", &err), -1);
	assert_non_null(strstr(error_message(&err), "open the context /nowhere"));
	run_end(&r);
}

static void ignore_files_that_are_too_long_are_refused(void **state)
{
	AUTO(strbuf) struct strbuf tree = {0};
	AUTO(error) struct error err = {0};
	struct run r;

	(void)state;
	strbuf_append(&tree, "@/Dockerfile\nFROM a\n@/ctx/.dockerignore\n");
	for (unsigned i = 0; i <= BUILD_PATTERNS_MAX; i++)
		strbuf_append(&tree, "a\n");
	run_begin(&r, tree.data, true);
	assert_int_equal(look_code(&r, &err), ERROR_FORMAT);
	assert_non_null(strstr(error_message(&err), "/ctx/.dockerignore:1001: more than"));
	run_end(&r);
}

static void mistakes_of_recipes_have_a_place(void **state)
{
	AUTO_PTR(value) struct value *v = NULL;
	AUTO(error) struct error err = {0};
	struct run r;
	void *spec = NULL, *seen = NULL;

	(void)state;
	assert_int_equal(json_read("{\"fix\":\"verify\"}", 16, "r", &v, NULL), 0);
	assert_int_equal(resource_dockerfile.load(v, "r.yaml", &spec, &err), -1);
	assert_string_equal(error_message(&err),
			    "r.yaml:1:1: this entry needs violation, review or ask");
	error_done(&err);
	run_begin(&r, "@/Dockerfile\nFROM a\n", false);
	spec = resource_load(&resource_dockerfile, "jq", "{\"violation\":\"nobody_knows\"}");
	assert_int_equal(resource_dockerfile.inspect(spec, &r.tree.host, &seen, &err), -1);
	assert_int_equal(err.code, ERROR_RECIPE);
	resource_dockerfile.spec_free(spec);
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_see_all_of_it),
		cmocka_unit_test(sources_are_what_the_builder_would_find),
		cmocka_unit_test(what_is_staged_is_looked_at_anew),
		cmocka_unit_test(what_has_no_edit_is_left_to_a_person),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(ignore_files_that_are_too_long_are_refused),
		cmocka_unit_test(mistakes_of_recipes_have_a_place),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
