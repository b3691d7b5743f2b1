// SPDX-License-Identifier: Apache-2.0
/*
 * A run forwards and back: what commit promises is there, what rollback promises is back, and what
 * somebody else changed stops both.
 */
#include "tests/unit/backup_fixture.h"

#define assert_text(got, wanted)                                                                   \
	do {                                                                                       \
		AUTO_FREE char *got_ = (got);                                                      \
		assert_string_equal(got_, wanted);                                                 \
	} while (0)

struct fixture {
	struct world w;
	struct stage stage;
	char *before;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	world_make(&f->w);
	world_stage(&f->w, &f->stage);
	f->before = world_listing(&f->w);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	stage_done(&f->stage);
	world_drop(&f->w);
	free(f->before);
	free(f);
	return 0;
}

static void roll_back(struct fixture *f, const struct rollback_options *options,
		      struct backup_result *result)
{
	AUTO(error) struct error err = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);

	if (backup_rollback(b, options, &world_info, result, &err) < 0)
		fail_msg("%s", error_message(&err));
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(strbuf) struct strbuf attributes = {0};
	struct stat st;

	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	assert_text(get_file(&f->w, "/etc/docker/daemon.json"),
		    "{\"debug\": true, \"icc\": false}\n");
	list_attributes(at(&f->w, "/etc/docker/daemon.json"), &attributes);
	assert_non_null(strstr(strbuf_text(&attributes), "user.note=6b657074")); /* travels along */
	assert_int_equal(lstat(at(&f->w, "/run/docker.sock"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, 7);
	assert_int_equal(lstat(at(&f->w, "/etc/open"), &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(lstat(at(&f->w, "/etc/audit/rules.d/h.rules"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_gid, 4);
	assert_int_equal(lstat(at(&f->w, "/etc/old.conf"), &st), -1);
	roll_back(f, &(struct rollback_options){0}, &result);
	if (result.outcome != BACKUP_DONE)
		fail_msg("%s", error_message(&result.error));
	assert_text(world_listing(&f->w), f->before);
}

/* Nothing to do: no run, no state directory. */
static void test_nothing(void **state)
{
	struct fixture *f = *state;
	struct stage none = {0};
	struct stat st;

	assert_int_equal(world_commit(&f->w, &none), BACKUP_NOTHING);
	assert_int_equal(world_recover(&f->w), BACKUP_NOTHING);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden"), &st), -1);
}

static void test_state_is_private(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	(void)umask(0);
	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden/store"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* Expects commit to refuse with this code, and nothing to be changed. */
static void refused(struct fixture *f, enum error_code code, const char *words)
{
	AUTO(error) struct error err = {0};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	AUTO_FREE char *before = world_listing(&f->w);

	assert_int_equal(backup_commit(b, &f->stage, &world_info, &result, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(error_message(&err), words))
		fail_msg("\"%s\" does not say \"%s\"", error_message(&err), words);
	assert_text(world_listing(&f->w), before);
}

static void test_changed_since_the_plan(void **state)
{
	struct fixture *f = *state;

	put_file(&f->w, "/etc/docker/daemon.json", "{\"debug\": true}\n", 0640, 0, 0); /* ctime */
	refused(f, ERROR_CONFLICT, "/etc/docker/daemon.json changed since the plan was made");
}

static void test_removed_since_the_plan(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(unlink(at(&f->w, "/etc/plain.conf")), 0);
	refused(f, ERROR_CONFLICT, "/etc/plain.conf was removed since");
}

static void test_created_since_the_plan(void **state)
{
	struct fixture *f = *state;

	put_directory(&f->w, "/etc/audit", 0755, 0);
	refused(f, ERROR_CONFLICT, "/etc/audit was created since");
}

static void test_hard_link(void **state)
{
	struct fixture *f = *state;
	struct stage_how how = {.phase = PHASE_METADATA};
	AUTO(file_state) struct file_state before, after;

	assert_int_equal(link(at(&f->w, "/etc/suid"), at(&f->w, "/etc/suid2")), 0);
	stage_done(&f->stage);
	world_look(&f->w, "/etc/suid", &before);
	assert_int_equal(file_state_copy(&after, &before, NULL), 0);
	after.mode = 0755;
	assert_int_equal(stage_put(&f->stage, "/etc/suid", &before, &after, how, NULL), 0);
	refused(f, ERROR_UNSAFE, "/etc/suid has 2 links");
}

static void test_one_kind_becomes_another(void **state)
{
	struct fixture *f = *state;
	struct stage_how how = {.phase = PHASE_METADATA};
	AUTO(file_state) struct file_state before, after = {.kind = FILE_REGULAR};

	stage_done(&f->stage);
	world_look(&f->w, "/run/docker.sock", &before);
	assert_int_equal(stage_put(&f->stage, "/run/docker.sock", &before, &after, how, NULL), 0);
	refused(f, ERROR_UNSAFE, "is a socket and does not become a file");
}

static void test_link_on_the_way(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rename(at(&f->w, "/etc/docker"), at(&f->w, "/etc/docker.real")), 0);
	assert_int_equal(symlink("docker.real", at(&f->w, "/etc/docker")), 0);
	refused(f, ERROR_CONFLICT,
		"/etc/docker on the way to /etc/docker/daemon.json is no directory");
}

/* A directory of ours in the staged tree that nobody secures: an effect in it is refused. */
static void test_unsafe_way(void **state)
{
	struct fixture *f = *state;
	AUTO(error) struct error err = {0};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_PTR(backup) struct backup *b = world_open(&f->w, BACKUP_WRITE);
	static const struct wish wish = {"/etc/open/key.pem", FILE_REGULAR, 0600, 0, 0, NULL, false,
					 PHASE_METADATA};

	stage_done(&f->stage);
	stage_wish(&f->w, &f->stage, &wish);
	assert_int_equal(backup_commit(b, &f->stage, &world_info, &result, &err), 0);
	assert_int_equal(result.outcome, BACKUP_UNDONE);
	assert_int_equal(result.error.code, ERROR_UNSAFE);
	assert_string_equal(result.error.message,
			    "/etc/open on the way to /etc/open/key.pem is owned by uid 1000");
	assert_text(world_listing(&f->w), f->before);
}

/* Metadata alone copies no bytes: a key must not come to lie in the store. */
static void test_metadata_keeps_no_copy(void **state)
{
	struct fixture *f = *state;
	AUTO(strbuf) struct strbuf files = {0};

	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	list_below(at(&f->w, "/var/lib/harden"), 0, &files);
	assert_null(strstr(strbuf_text(&files), "7365637265740a"));	  /* "secret\n" */
	assert_null(strstr(strbuf_text(&files), "706c61696e0a"));	  /* "plain\n" */
	assert_non_null(strstr(strbuf_text(&files), "6f6e650a"));	  /* "one\n" was replaced */
	assert_non_null(strstr(strbuf_text(&files), "676f657320617761")); /* what was removed */
}

static void test_foreign_file_in_our_directory(void **state)
{
	struct fixture *f = *state;
	AUTO(backup_result) struct backup_result result = {0};
	struct stat st;

	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	put_file(&f->w, "/etc/audit/rules.d/site.rules", "-w /y\n", 0640, 0, 0);
	roll_back(f, &(struct rollback_options){0}, &result);
	assert_int_equal(result.outcome, BACKUP_DONE);
	assert_int_equal(result.kept.len, 2);
	assert_string_equal(result.kept.items[0].path, "/etc/audit/rules.d");
	assert_string_equal(result.kept.items[1].path, "/etc/audit");
	assert_int_equal(lstat(at(&f->w, "/etc/audit/rules.d/h.rules"), &st), -1);
	assert_text(get_file(&f->w, "/etc/audit/rules.d/site.rules"), "-w /y\n");
	assert_text(get_file(&f->w, "/etc/old.conf"), "goes away\n");
}

/* An ACL that is taken off, a default ACL of the directory that must not leak into new files. */
static void test_acls(void **state)
{
	struct fixture *f = *state;
	static const struct wish wishes[] = {
		{"/etc/docker/daemon.json", FILE_REGULAR, 0640, 0, 0, NULL, true, PHASE_METADATA},
		{"/etc/docker/new", FILE_REGULAR, 0644, 0, 0, "new\n", false, PHASE_CREATE},
		{"/etc/docker/dir", FILE_DIRECTORY, 0755, 0, 0, NULL, false, PHASE_CREATE},
	};
	AUTO(backup_result) struct backup_result result = {0};
	AUTO_FREE char *before = NULL;

	stage_done(&f->stage);
	assert_int_equal(setxattr(at(&f->w, "/etc/docker"), XATTR_DEFAULT_ACL, world_acl,
				  sizeof(world_acl), 0),
			 0);
	before = world_listing(&f->w);
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		stage_wish(&f->w, &f->stage, &wishes[i]);
	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		assert_int_equal(getxattr(at(&f->w, wishes[i].path), XATTR_ACL, NULL, 0), -1);
		assert_int_equal(getxattr(at(&f->w, wishes[i].path), XATTR_DEFAULT_ACL, NULL, 0),
				 -1);
	}
	roll_back(f, &(struct rollback_options){0}, &result);
	assert_int_equal(result.outcome, BACKUP_DONE);
	assert_text(world_listing(&f->w), before);
}

static void test_lock(void **state)
{
	struct fixture *f = *state;
	AUTO_PTR(backup) struct backup *first = NULL, *second = NULL;
	AUTO(error) struct error err = {0};

	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
	first = world_open(&f->w, BACKUP_WRITE);
	assert_int_equal(backup_open(f->w.root, f->w.dir, NULL, BACKUP_WRITE, &second, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_non_null(strstr(error_message(&err), "/var/lib/harden"));
	second = world_open(&f->w, BACKUP_READ); /* readers need no lock */
}

static void test_unsafe_state_directory(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		uid_t uid;
		bool link;
		const char *words;
	} cases[] = {
		{"open to others", 0750, 0, false, "is open to others (mode 0750)"},
		{"not ours", 0700, 1000, false, "belongs to uid 1000"},
		{"a link", 0700, 0, true, "is a link or no directory"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_PTR(backup) struct backup *b = NULL;
		AUTO(error) struct error err = {0};

		put_directory(&f->w, "/real", cases[i].mode, cases[i].uid);
		if (cases[i].link)
			assert_int_equal(symlink("../../real", at(&f->w, "/var/lib/harden")), 0);
		else
			assert_int_equal(rename(at(&f->w, "/real"), at(&f->w, "/var/lib/harden")),
					 0);
		assert_int_equal(backup_open(f->w.root, f->w.dir, NULL, BACKUP_READ, &b, &err), -1);
		assert_int_equal(err.code, ERROR_UNSAFE);
		if (!strstr(error_message(&err), cases[i].words))
			fail_msg("%s: %s", cases[i].name, error_message(&err));
		(void)rmdir(at(&f->w, "/var/lib/harden"));
	}
}

/* --state-dir: below a link that the user named, with parents that do not exist yet. */
static void test_state_directory_elsewhere(void **state)
{
	struct fixture *f = *state;
	AUTO_PTR(backup) struct backup *b = NULL;
	AUTO(backup_result) struct backup_result result = {0};
	AUTO(error) struct error err = {0};
	struct stat st;

	put_directory(&f->w, "/away", 0755, 0);
	assert_int_equal(symlink("away", at(&f->w, "/named")), 0);
	if (backup_open(f->w.root, f->w.dir, at(&f->w, "/named/deep/state/"), BACKUP_WRITE, &b,
			&err) < 0 ||
	    backup_commit(b, &f->stage, &world_info, &result, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(result.outcome, BACKUP_DONE);
	assert_int_equal(lstat(at(&f->w, "/away/deep/state/runs"), &st), 0);
	assert_int_equal(lstat(at(&f->w, "/away/deep"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(lstat(at(&f->w, "/var/lib/harden"), &st), -1);
}

/* The bytes of the plan are not those of the file, though its identity is: a lying file system. */
static void test_other_bytes_same_identity(void **state)
{
	struct fixture *f = *state;
	struct staged_file *file = stage_find(&f->stage, "/etc/open/inner/conf");

	file->before.content->data[0] = 'O';
	refused(f, ERROR_CONFLICT, "has other bytes than the plan saw");
}

/* Removing a file that nobody had to read, and a directory that is not empty. */
static void test_removals(void **state)
{
	static const struct {
		const char *path;
		enum backup_outcome outcome;
	} cases[] = {{"/etc/old.conf", BACKUP_DONE}, {"/etc/docker", BACKUP_UNDONE}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(backup_result) struct backup_result result = {0};
		AUTO(file_state) struct file_state before, after = {.kind = FILE_ABSENT};
		struct stage_how how = {.phase = PHASE_FLAG};

		stage_done(&f->stage);
		world_look(&f->w, cases[i].path, &before);
		blob_free(take_ptr(&before.content));
		assert_int_equal(stage_put(&f->stage, cases[i].path, &before, &after, how, NULL),
				 0);
		assert_int_equal(world_commit(&f->w, &f->stage), cases[i].outcome);
		if (cases[i].outcome == BACKUP_DONE)
			roll_back(f, &(struct rollback_options){0}, &result);
		assert_text(world_listing(&f->w), f->before);
	}
}

/* A state directory in which somebody tidied up is filled again. */
static void test_empty_state_directory(void **state)
{
	struct fixture *f = *state;

	put_directory(&f->w, "/var/lib/harden", 0700, 0);
	assert_int_equal(world_recover(&f->w), BACKUP_NOTHING);
	assert_int_equal(world_commit(&f->w, &f->stage), BACKUP_DONE);
}

/* A small file system fills up at each possible amount of room. */
static void test_full_disk(void **state)
{
	bool done = false;

	(void)state;
	for (unsigned kib = 48; !done; kib += 4) {
		AUTO(backup_result) struct backup_result result = {0};
		AUTO_PTR(backup) struct backup *b = NULL;
		AUTO(error) struct error err = {0};
		AUTO_FREE char *before = NULL;
		struct stage stage = {0};
		struct world w;
		int r;

		if (!world_in_memory(kib))
			return; /* needs Linux 6.6; the fault tests cover ENOSPC without */
		assert_true(kib < 400);
		world_make(&w);
		world_stage(&w, &stage);
		before = world_listing(&w);
		b = world_open(&w, BACKUP_WRITE);
		r = backup_commit(b, &stage, &world_info, &result, &err);
		done = r == 0 && result.outcome == BACKUP_DONE;
		if (!done) {
			assert_int_equal(r < 0 ? err.sys : result.error.sys, ENOSPC);
			assert_text(world_listing(&w), before);
		}
		b = (backup_free(b), NULL);
		if (!done) {
			(void)world_recover(&w);
			assert_text(world_listing(&w), before);
		}
		stage_done(&stage);
		world_drop(&w);
		world_leave_memory();
	}
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_there_and_back),
		case_of(test_nothing),
		case_of(test_state_is_private),
		case_of(test_changed_since_the_plan),
		case_of(test_removed_since_the_plan),
		case_of(test_created_since_the_plan),
		case_of(test_hard_link),
		case_of(test_one_kind_becomes_another),
		case_of(test_link_on_the_way),
		case_of(test_unsafe_way),
		case_of(test_metadata_keeps_no_copy),
		case_of(test_foreign_file_in_our_directory),
		case_of(test_acls),
		case_of(test_lock),
		case_of(test_unsafe_state_directory),
		case_of(test_state_directory_elsewhere),
		case_of(test_other_bytes_same_identity),
		case_of(test_removals),
		case_of(test_empty_state_directory),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
