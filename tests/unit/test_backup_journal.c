// SPDX-License-Identifier: Apache-2.0
/*
 * Journals that are torn, damaged or strange, and ids that sort by age. A journal is written by a
 * run over the common tree and then edited as text.
 */
#include "tests/unit/backup_fixture.h"

#include "backup/journal.h"
#include "backup/record.h"
#include "harden/text/json.h"

struct fixture {
	struct world w;
	char *path; /* of the journal */
	char *text;
};

/* The only run's journal, as a path and its text. */
static void find_journal(struct fixture *f)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_READ);
	char path[128];

	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_int_equal(runs.len, 1);
	(void)snprintf(path, sizeof(path), "/var/lib/harden/runs/%s/journal", runs.items[0].id);
	f->path = strdup(path);
	f->text = get_file(&f->w, path);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct stage stage;

	world_make(&f->w);
	world_stage(&f->w, &stage);
	assert_int_equal(world_commit(&f->w, &stage), BACKUP_DONE);
	stage_done(&stage);
	find_journal(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	world_drop(&f->w);
	free(f->path);
	free(f->text);
	free(f);
	return 0;
}

static enum run_state state_with(struct fixture *f, const char *text)
{
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = NULL;

	put_file(&f->w, f->path, text, 0600, 0, 0);
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	if (runs.len && runs.items[0].state == RUN_BROKEN)
		assert_true(str_starts(error_message(&runs.items[0].problem), "runs/2"));
	return runs.len ? runs.items[0].state : RUN_FAILED;
}

/* Cut off after every byte: never damage, and ready only when all of it is there. */
static void test_torn(void **state)
{
	struct fixture *f = *state;
	size_t len = strlen(f->text), first = strcspn(f->text, "\n") + 1;

	for (size_t n = 0; n < len; n += n < first + 600 ? 7 : 131) {
		char *text = strndup(f->text, n);
		enum run_state got = state_with(f, text);

		if (got != (n < first ? RUN_FAILED : RUN_OPEN)) /* FAILED: there is no run */
			fail_msg("cut at %zu: %s", n, run_state_name(got));
		free(text);
	}
	assert_int_equal(state_with(f, f->text), RUN_STANDING);
}

/* A block that never reached the disk reads as zeros, and the next one may have been written. */
static void test_lost_block(void **state)
{
	struct fixture *f = *state;
	size_t len = strlen(f->text),
	       from = (size_t)(strstr(f->text, "{\"record\":\"commit\"") - f->text);
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	int fd = open(at(&f->w, f->path), O_WRONLY);

	/* put_file() stops at a NUL */
	assert_int_equal(pwrite(fd, "\0\0\0\0", 4, (off_t)from), 4);
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_int_equal(runs.items[0].state, RUN_OPEN);
	runs_done(&runs);
	/* in the middle it is damage */
	from = (size_t)(strstr(f->text, "{\"record\":\"ready\"") - f->text);
	assert_int_equal(pwrite(fd, f->text, len, 0), (ssize_t)len);
	assert_int_equal(pwrite(fd, "\0\0\0\0", 4, (off_t)from), 4);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_int_equal(runs.items[0].state, RUN_BROKEN);
	(void)close(fd);
}

/* A torn line is cut off before the next record is written behind it. */
static void test_torn_then_recovered(void **state)
{
	struct fixture *f = *state;
	char *commit = strstr(f->text, "{\"record\":\"commit\"");
	AUTO_FREE char *text = NULL;
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct stat st;

	assert_non_null(commit);
	text = strndup(f->text, (size_t)(commit - f->text) + 9);
	put_file(&f->w, f->path, text, 0600, 0, 0);
	assert_int_equal(world_recover(&f->w), BACKUP_DONE);
	assert_int_equal(lstat(at(&f->w, "/etc/audit"), &st), -1);
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_int_equal(runs.items[0].state, RUN_FAILED);
	assert_string_equal(runs.items[0].undone_why, "recover");
}

/* Replaces the first occurrence; the caller frees. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *hit = strstr(text, from);
	char *result = hit ? str_format("%.*s%s%s", (int)(hit - text), text, to, hit + strlen(from))
			   : NULL;

	if (!result)
		fail_msg("no \"%s\" in the journal", from);
	return result;
}

static void test_damaged(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} cases[] = {
		{"begin is no JSON", "{\"record\":\"begin\"", "{\"record\":\"begin"},
		{"begin is something else", "\"record\":\"begin\"", "\"record\":\"start\""},
		{"another schema", "harden.journal/1", "harden.journal/9"},
		{"no uid", "\"uid\":0,\"login_uid\"", "\"id\":0,\"login_uid\""},
		{"no number of intents", "\"intents\":12", "\"intents\":\"12\""},
		{"no time", "\"time\":\"", "\"tim\":\""},
		{"no verb", "\"verb\":", "\"werb\":"},
		{"no version", "\"version\":", "\"wersion\":"},
		{"no root", "\"root\":", "\"boot\":"},
		{"a recipe that is no text", "\"recipe_sha256\":\"abc\"", "\"recipe_sha256\":7"},
		{"an intent that is no JSON", "{\"record\":\"intent\"", "{\"record\":\"intent"},
		{"an intent is missing", "\"record\":\"intent\"", "\"record\":\"secured\""},
		{"an unknown record", "\"record\":\"ready\"", "\"record\":\"steady\""},
		{"a record without a name", "\"record\":\"ready\"", "\"rec\":\"ready\""},
		{"a second begin", "\"record\":\"ready\"", "\"record\":\"begin\""},
		{"a relative path", "\"path\":\"/etc/open\"", "\"path\":\"etc/open\""},
		{"the root itself", "\"path\":\"/etc/open\"", "\"path\":\"/\""},
		{"a path that is no text", "\"path\":\"/etc/open\"", "\"path\":7"},
		{"a path in broken hex", "\"path\":\"/etc/open\"", "\"path\":\"hex:2f6\""},
		{"a path in no hex", "\"path\":\"/etc/open\"", "\"path\":\"hex:zz\""},
		{"a path in half hex", "\"path\":\"/etc/open\"", "\"path\":\"hex:2z\""},
		{"a sibling elsewhere", "\"temp\":\".harden-", "\"temp\":\"../.harden-"},
		{"a kind", "\"kind\":\"directory\"", "\"kind\":\"folder\""},
		{"a mode", "\"mode\":\"0777\"", "\"mode\":\"0888\""},
		{"a large mode", "\"mode\":\"0777\"", "\"mode\":\"17777\""},
		{"no mode", "\"mode\":\"0777\"", "\"mode\":511"},
		{"an owner", "\"uid\":1000", "\"uid\":-1"},
		{"an owner in words", "\"uid\":1000", "\"uid\":\"root\""},
		{"no owner", "\"uid\":1000", "\"udi\":1000"},
		{"a group", "\"gid\":1000", "\"gid\":4294967296"},
		{"a digest", "\"sha256\":\"", "\"sha256\":\"0"},
		{"a digest of other letters", "\"sha256\":\"", "\"sha256\":\"ZZ"},
		{"a time", "\"mtime\":\"1500000001.222333444\"", "\"mtime\":\"1500000001\""},
		{"a time without number", "\"mtime\":\"1500000001.222333444\"",
		 "\"mtime\":\".222333444\""},
		{"a fraction", "\"mtime\":\"1500000001.222333444\"", "\"mtime\":\"1.22233344x\""},
		{"a fraction below zero", "\"mtime\":\"1500000001.222333444\"",
		 "\"mtime\":\"1.-22233344\""},
		{"no time of a file", "\"mtime\":\"1500000001.222333444\"", "\"mtime\":1"},
		{"a target", "\"link\":\"old-target\"", "\"link\":7"},
		{"attributes", "\"xattrs\":[[", "\"xattrs\":[7,["},
		{"an attribute of three", "[\"user.note\",\"6b657074\"]",
		 "[\"user.note\",\"\",\"\"]"},
		{"an attribute's value", "[\"user.note\",\"6b657074\"]",
		 "[\"user.note\",\"6b65707\"]"},
		{"an attribute's number", "[\"user.note\",\"6b657074\"]", "[\"user.note\",7]"},
		{"an attribute's name", "[\"user.note\",\"6b657074\"]", "[7,\"6b657074\"]"},
		{"controls", "\"controls\":[\"1.1\"]", "\"controls\":[7]"},
		{"a phase", "\"phase\":0", "\"phase\":9"},
		{"a promise", "\"promise\":0", "\"promise\":9"},
		{"actions", "\"actions\":0", "\"actions\":null"},
		{"an inode", "\"inode\":0", "\"inode\":-1"},
		{"no before", "\"before\":", "\"bevor\":"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *text = edited(f->text, cases[i].from, cases[i].to);

		if (state_with(f, text) != RUN_BROKEN)
			fail_msg("%s: not noticed", cases[i].name);
	}
}

/* Damage stops apply and recover until a person has looked. */
static void test_damage_stops(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *text = edited(f->text, "\"record\":\"ready\"", "\"record\":\"steady\"");
	AUTO(backup_result) struct backup_result result = {0}, committed = {0};
	AUTO(error) struct error err = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(backup_check) struct backup_check check = {0};
	AUTO(prune_result) struct prune_result pruned = {0};
	AUTO(strv) struct strv named = {0};
	struct stage stage = {0};
	static const struct wish wish = {"/etc/plain.conf", FILE_REGULAR, 0400, 0, 0, NULL, false,
					 PHASE_METADATA};

	put_file(&f->w, f->path, text, 0600, 0, 0);
	b = world_open(&f->w, BACKUP_WRITE);
	assert_int_equal(backup_recover(b, &world_info, &result, NULL), 0);
	assert_int_equal(result.outcome, BACKUP_INCOMPLETE);
	assert_non_null(strstr(error_message(&result.error), "steady"));
	stage_wish(&f->w, &stage, &wish);
	assert_int_equal(backup_commit(b, &stage, &world_info, &committed, &err), -1);
	assert_non_null(strstr(error_message(&err), "is broken"));
	stage_done(&stage);
	assert_int_equal(backup_verify(b, &check, NULL), 0);
	assert_int_equal(check.broken.len, 1);
	/* its objects stay as long as nobody can tell what it needs */
	assert_int_equal(backup_prune(b, &(struct prune_options){0}, &pruned, NULL), 0);
	assert_int_equal(pruned.objects + pruned.runs.len, 0);
	assert_int_equal(strv_add(&named, result.stands.items[0].path, NULL), 0);
	assert_int_equal(backup_prune(b, &(struct prune_options){.runs = &named}, &pruned, NULL),
			 0);
	assert_int_equal(pruned.runs.len, 1);
	assert_int_equal(pruned.objects, 3);
	backup_result_done(&result);
	assert_int_equal(backup_recover(b, &world_info, &result, NULL), 0);
	assert_int_equal(result.outcome, BACKUP_NOTHING);
}

/* Neither a run directory without a journal nor a file beside the runs is a run. */
static void test_not_a_run(void **state)
{
	struct fixture *f = *state;
	AUTO(runs) struct runs runs = {0};
	AUTO_PTR(backup) struct backup *b = NULL;
	struct stat st;

	put_directory(&f->w, "/var/lib/harden/runs/20200101T000000Z-0000", 0700, 0);
	put_file(&f->w, "/var/lib/harden/runs/README", "x", 0600, 0, 0);
	assert_int_equal(world_recover(&f->w), BACKUP_NOTHING);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden/runs/20200101T000000Z-0000"), &st), -1);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden/runs/README"), &st), 0);
	b = world_open(&f->w, BACKUP_READ);
	assert_int_equal(backup_history(b, &runs, NULL), 0);
	assert_int_equal(runs.len, 1);
}

static void test_ids(void **state)
{
	AUTO(strv) struct strv ids = {0};

	(void)state;
	assert_true(journal_is_id("20261124T034455Z-3f2a"));
	assert_false(journal_is_id("20261124T034455Z-3f2"));
	assert_false(journal_is_id("20261124T034455Z-3F2A"));
	assert_false(journal_is_id("20261124x034455Z-3f2a"));
	assert_int_equal(strv_add(&ids, "21000101T000000Z-ffff", NULL),
			 0); /* the clock was wrong */
	assert_int_equal(strv_add(&ids, "lost+found", NULL), 0);
	for (int i = 0; i < 3; i++) {
		char *id = NULL;

		assert_int_equal(journal_new_id(&ids, &id, NULL), 0);
		assert_true(journal_is_id(id));
		for (size_t k = 0; k < ids.len; k++)
			if (journal_is_id(ids.items[k]))
				assert_true(strcmp(id, ids.items[k]) > 0);
		assert_int_equal(strv_take(&ids, id, NULL), 0);
	}
}

/* Every byte of a name survives. */
static void test_strange_names(void **state)
{
	static const char *const names[] = {"/plain",	  "/caf\xc3\xa9", "/latin\xe9",
					    "/new\nline", "/quote\"\\",	  "/hex:00",
					    "hex:"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_PTR(value) struct value *map = value_map(), *back = NULL;
		AUTO(strbuf) struct strbuf text = {0};
		AUTO_FREE char *got = NULL;

		assert_int_equal(value_set(map, "n", text_to_value(names[i]), NULL), 0);
		assert_int_equal(json_write(map, 0, &text, NULL), 0);
		assert_int_equal(json_read(text.data, text.len, "t", &back, NULL), 0);
		assert_int_equal(text_from_member(back, "n", &got, NULL), 0);
		assert_string_equal(got, names[i]);
	}
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_torn),	    case_of(test_torn_then_recovered),
		case_of(test_lost_block),   case_of(test_damaged),
		case_of(test_damage_stops), case_of(test_not_a_run),
		cmocka_unit_test(test_ids), cmocka_unit_test(test_strange_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
