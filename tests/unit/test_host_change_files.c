// SPDX-License-Identifier: Apache-2.0
/*
 * The file primitive by itself: each kind of change, and everything that somebody else may have
 * done to the file between the look and the effect.
 */
#include "tests/unit/backup_fixture.h"

#include "harden/host/change_files.h"
#include "harden/host/change_xattr.h"
#include "tests/fault/faulty.h"

#include <sys/sysmacros.h>

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_make(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_drop(*state);
	free(*state);
	return 0;
}

struct seen {
	struct file_record from;
	struct stat st;
};

static void look(struct world *w, const char *path, struct seen *seen)
{
	assert_int_equal(file_observe(w->root, path, OBSERVE_DIGEST, &seen->from, &seen->st, NULL),
			 0);
}

/* Changes path from what was seen to a record; the code of the error, or ERROR_NONE. */
static enum error_code change(struct world *w, const char *path, const struct seen *seen,
			      const struct file_record *to, const char *text)
{
	AUTO_PTR(blob) struct blob *content = text ? blob_new(text, strlen(text)) : NULL;
	AUTO(error) struct error err = {0};
	struct file_change c = {.path = path,
				.from = &seen->from,
				.seen = &seen->st,
				.to = to,
				.content = content,
				.temp = ".harden-t"};

	return change_file(w->root, &c, &err) < 0 ? err.code : ERROR_NONE;
}

static struct file_record regular(mode_t mode)
{
	return (struct file_record){.kind = FILE_REGULAR, .mode = mode};
}

static void act_edit(struct world *w)
{
	put_file(w, "/etc/suid", "other\n", 04755, 0, 0);
}

static void act_remove(struct world *w)
{
	assert_int_equal(unlink(at(w, "/etc/suid")), 0);
}

static void act_replace(struct world *w)
{
	put_file(w, "/etc/new", "other\n", 04755, 0, 0);
	assert_int_equal(rename(at(w, "/etc/new"), at(w, "/etc/suid")), 0);
}

static void act_second_link(struct world *w)
{
	assert_int_equal(link(at(w, "/etc/suid"), at(w, "/etc/suid2")), 0);
}

static void act_open_way(struct world *w)
{
	assert_int_equal(chmod(at(w, "/etc"), 0775), 0);
}

static void act_way_is_gone(struct world *w)
{
	assert_int_equal(rename(at(w, "/etc"), at(w, "/moved")), 0);
}

static void test_changed_in_between(void **state)
{
	static const struct {
		const char *name;
		void (*act)(struct world *w);
		enum error_code code;
	} cases[] = {
		{"edited", act_edit, ERROR_CONFLICT},
		{"removed", act_remove, ERROR_CONFLICT},
		{"replaced", act_replace, ERROR_CONFLICT},
		{"a second link", act_second_link, ERROR_CONFLICT},
		{"the way is open to others", act_open_way, ERROR_UNSAFE},
		{"the way is gone", act_way_is_gone, ERROR_CONFLICT},
	};
	static const struct {
		enum file_kind kind;
		const char *text;
	} goals[] = {{FILE_REGULAR, NULL}, {FILE_REGULAR, "new\n"}, {FILE_ABSENT, NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t g = 0; g < ARRAY_SIZE(goals); g++) {
			struct file_record to = {.kind = goals[g].kind, .mode = 0755};
			AUTO_FREE char *before = NULL, *after = NULL;
			struct seen seen;
			struct world w;

			world_make(&w);
			look(&w, "/etc/suid", &seen);
			cases[i].act(&w);
			before = world_listing(&w);
			if (change(&w, "/etc/suid", &seen, &to, goals[g].text) != cases[i].code)
				fail_msg("%s, goal %zu", cases[i].name, g);
			after = world_listing(&w);
			assert_string_equal(after, before);
			file_record_done(&seen.from);
			world_drop(&w);
		}
	}
}

static void test_several_links(void **state)
{
	struct world *w = *state;
	struct file_record to = regular(0755);
	struct seen seen;

	act_second_link(w);
	look(w, "/etc/suid", &seen);
	assert_int_equal(change(w, "/etc/suid", &seen, &to, NULL), ERROR_UNSAFE);
	assert_int_equal(change(w, "/etc/suid", &seen, &to, "new\n"), ERROR_UNSAFE);
	file_record_done(&seen.from);
}

/* What is to be new exists by now: it is not covered, not even at the last moment. */
static struct world *late;

static void make_it_first(const char *call, const char *detail)
{
	if (str_equal(call, "rename_new") && str_equal(detail, "fresh"))
		put_file(late, "/etc/fresh", "theirs\n", 0644, 0, 0);
}

static void test_created_in_between(void **state)
{
	struct world *w = *state;
	struct file_record to = regular(0644), dir = {.kind = FILE_DIRECTORY, .mode = 0755};
	AUTO_FREE char *text = NULL;
	struct seen seen;
	struct stat st;

	look(w, "/etc/fresh", &seen);
	late = w;
	faulty.hook = make_it_first;
	faulty_begin(FAULT_NONE, 0, 0);
	assert_int_equal(change(w, "/etc/fresh", &seen, &to, "ours\n"), ERROR_CONFLICT);
	(void)faulty_end();
	faulty.hook = NULL;
	text = get_file(w, "/etc/fresh");
	assert_string_equal(text, "theirs\n");
	assert_int_equal(change(w, "/etc/fresh", &seen, &to, "ours\n"), ERROR_CONFLICT);
	assert_int_equal(change(w, "/etc/fresh", &seen, &dir, NULL), ERROR_CONFLICT);
	assert_int_equal(lstat(at(w, "/etc/.harden-t"), &st), -1);
}

/* A file system without RENAME_NOREPLACE. */
static int no_noreplace(int dir, const char *from, const char *to)
{
	(void)dir;
	(void)from;
	(void)to;
	errno = EINVAL;
	return -1;
}

static void test_without_noreplace(void **state)
{
	struct world *w = *state;
	struct sysops old = sysops_real;
	struct file_record to = regular(0644);
	AUTO_FREE char *text = NULL;
	struct seen seen;

	old.rename_new = no_noreplace;
	sysops = &old;
	look(w, "/etc/fresh", &seen);
	assert_int_equal(change(w, "/etc/fresh", &seen, &to, "ours\n"), ERROR_NONE);
	sysops = &sysops_real;
	text = get_file(w, "/etc/fresh");
	assert_string_equal(text, "ours\n");
}

static void test_kinds(void **state)
{
	struct world *w = *state;
	struct file_record file = regular(0644), link = {.kind = FILE_LINK, .uid = 1000};
	struct file_record device = {.kind = FILE_OTHER};
	char *target = strdup("old-target");
	struct seen seen;
	struct stat st;

	look(w, "/run/docker.sock", &seen);
	assert_int_equal(change(w, "/run/docker.sock", &seen, &file, "x"), ERROR_UNSAFE);
	link.link = target;
	look(w, "/etc/link", &seen); /* the owner of a link alone */
	assert_int_equal(change(w, "/etc/link", &seen, &link, NULL), ERROR_NONE);
	assert_int_equal(lstat(at(w, "/etc/link"), &st), 0);
	assert_int_equal(st.st_uid, 1000);
	file_record_done(&seen.from);
	assert_int_equal(mknod(at(w, "/run/null"), S_IFCHR | 0600, makedev(1, 3)), 0);
	look(w, "/run/null", &seen);
	assert_int_equal(seen.from.kind, FILE_OTHER);
	device.mode = 0640;
	assert_int_equal(change(w, "/run/null", &seen, &device, NULL), ERROR_NONE);
	assert_int_equal(lstat(at(w, "/run/null"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	free(target);
}

/* Owner and mode change together: never looser in between than before or after. */
static mode_t loosest;

static void watch_mode(const char *call, const char *detail)
{
	struct stat st;

	(void)call;
	(void)detail;
	if (lstat(at(late, "/etc/plain.conf"), &st) == 0)
		loosest |= st.st_uid == 1000 ? 0 : st.st_mode & 07777;
}

static void test_never_looser(void **state)
{
	struct world *w = *state;
	struct file_record to = regular(0604);
	struct seen seen;

	look(w, "/etc/plain.conf", &seen); /* 0666 of uid 1000 */
	late = w;
	loosest = 0;
	faulty.hook = watch_mode;
	faulty_begin(FAULT_NONE, 0, 0);
	assert_int_equal(change(w, "/etc/plain.conf", &seen, &to, NULL), ERROR_NONE);
	(void)faulty_end();
	faulty.hook = NULL;
	assert_int_equal(loosest & ~0604, 0);
}

static void test_leftover_sibling(void **state)
{
	struct world *w = *state;
	struct stat st;

	put_file(w, "/etc/.harden-t", "half", 0600, 0, 0);
	assert_int_equal(change_remove_temp(w->root, "/etc/suid", ".harden-t", NULL), 0);
	assert_int_equal(lstat(at(w, "/etc/.harden-t"), &st), -1);
	assert_int_equal(change_remove_temp(w->root, "/etc/suid", ".harden-t", NULL), 0);
	assert_int_equal(change_remove_temp(w->root, "/none/suid", ".harden-t", NULL), 0);
}

static void test_content(void **state)
{
	struct world *w = *state;
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO(error) struct error err = {0};
	struct seen seen;

	look(w, "/etc/suid", &seen);
	assert_int_equal(file_content(w->root, "/etc/suid", &seen.st, &content, NULL), 0);
	assert_string_equal(content->data, "#!/bin/sh\n");
	act_edit(w);
	blob_free(take_ptr(&content));
	assert_int_equal(file_content(w->root, "/etc/suid", &seen.st, &content, &err), -1);
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(truncate(at(w, "/etc/suid"), (off_t)FILE_CONTENT_MAX + 1), 0);
	look(w, "/etc/suid", &seen);
	assert_int_equal(file_content(w->root, "/etc/suid", &seen.st, &content, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed_in_between),
		case_of(test_several_links),
		case_of(test_created_in_between),
		case_of(test_without_noreplace),
		case_of(test_kinds),
		case_of(test_never_looser),
		case_of(test_leftover_sibling),
		case_of(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
