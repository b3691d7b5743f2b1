// SPDX-License-Identifier: Apache-2.0
/*
 * The layers' directories of overlay2: the same content as of the same layers in an archive, and
 * nothing that an image holds leads out of its layer.
 */
#include "harden/host/look_image.h"
#include "harden/model/value.h"
#include "harden/text/json.h"
#include "tests/unit/tar_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define KEY_BODY "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
#define KEY_TEXT "-----BEGIN PRIVATE KEY-----\n" KEY_BODY KEY_BODY "-----END PRIVATE KEY-----\n"

struct tree {
	char root[64];
	char upper[128], lower[256];
	struct object_facts facts;
};

static void put(const struct tree *t, const char *path, unsigned mode, const char *text)
{
	AUTO_FREE char *full = str_format("%s/overlay2/%s", t->root, path);
	char *slash = full + strlen(t->root);

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(full, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	if (text) {
		int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
		assert_int_equal(fchmod(fd, mode), 0);
		assert_int_equal(close(fd), 0);
	}
}

static char *full_path(const struct tree *t, const char *path)
{
	return str_format("%s/overlay2/%s", t->root, path);
}

static int make_tree(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	(void)snprintf(t->root, sizeof(t->root), "/tmp/harden-image-XXXXXX");
	assert_non_null(mkdtemp(t->root));
	(void)snprintf(t->upper, sizeof(t->upper), "%s/overlay2/top/diff", t->root);
	(void)snprintf(t->lower, sizeof(t->lower), "%s/overlay2/middle/diff:%s/overlay2/low/diff",
		       t->root, t->root);
	t->facts = (struct object_facts){
		.driver = "overlay2", .upper = t->upper, .lower = t->lower, .layers = 3};
	put(t, "low/diff/bin/su", 04755, "s");
	put(t, "low/diff/bin/gone", 04755, "s");
	put(t, "low/diff/bin/sudo", 06711, "s");
	put(t, "low/diff/root/.ssh/id_rsa", 0600, KEY_TEXT);
	put(t, "low/diff/var/lib/dpkg/status", 0644, "Package: old\n");
	put(t, "middle/diff/bin/su", 0755, "s");
	put(t, "middle/diff/var/lib/dpkg/status", 0644, "Package: zsh\n\nPackage: bash\n");
	put(t, "top/diff/root/x", 0644, "x");
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int remove_tree(void **state)
{
	struct tree *t = *state;

	assert_int_equal(nftw(t->root, remove_one, 20, FTW_DEPTH | FTW_PHYS), 0);
	free(t);
	return 0;
}

static int look(const struct tree *t, char **ret_json, struct error *err)
{
	struct image_cache cache = {0};
	struct archive_budget budget = plenty();
	AUTO_PTR(value) struct value *content = NULL;
	int r = look_image_overlay(t->root, &t->facts, &cache, &budget, &content, err);

	image_cache_done(&cache);
	return r ? r : json_to_text(content, ret_json, err);
}

static void holds(const struct tree *t, const char *text)
{
	AUTO(error) struct error err = {0};
	AUTO_FREE char *json = NULL;

	assert_int_equal(look(t, &json, &err), 0);
	if (!strstr(json, text))
		fail_msg("%s lacks %s", json, text);
	assert_null(strstr(json, "MIIE"));
}

static void layers_lie_upon_each_other(void **state)
{
	struct tree *t = *state;
	AUTO_FREE char *whiteout = full_path(t, "top/diff/bin/gone");

	put(t, "top/diff/bin/", 0, NULL);
	assert_int_equal(mknod(whiteout, S_IFCHR | 0600, makedev(0, 0)), 0);
	holds(t, "\"Setuid\":[{\"Path\":\"/bin/sudo\",\"Mode\":\"6711\",\"Uid\":0,\"Gid\":0}]");
	holds(t, "\"Packages\":{\"dpkg\":[\"bash\",\"zsh\"]}");
	holds(t, "\"Secrets\":[{\"Path\":\"/root/.ssh/id_rsa\",\"Kind\":\"a private key\",\"Sure\":"
		 "true,\"Layer\":0,\"Removed\":false}]");
	holds(t, "\"Source\":\"overlay2\",\"Layers\":3");
}

/* Needs a file system with attributes of overlayfs's own: not below another overlayfs. */
static void opaque_directories(void **state)
{
	struct tree *t = *state;
	AUTO_FREE char *root = full_path(t, "top/diff/root");

	if (setxattr(root, "trusted.overlay.opaque", "y", 1, 0) < 0) {
		print_message("# no trusted attributes here: %s\n", strerror(errno));
		assert_null(getenv("HARDEN_MUST_WORK"));
		skip();
	}
	holds(t, "\"Layer\":0,\"Removed\":true");
	assert_int_equal(setxattr(root, "trusted.overlay.redirect", "/etc", 4, 0), 0);
	assert_int_equal(look(t, NULL, NULL), 1);
}

/* What links lead to is not looked at, what is no file is not opened. */
static void nothing_leads_out(void **state)
{
	struct tree *t = *state;
	AUTO_FREE char *key = str_format("%s/outside", t->root);
	AUTO_FREE char *link = full_path(t, "top/diff/id_dsa");
	AUTO_FREE char *dir = full_path(t, "top/diff/outside");
	AUTO_FREE char *fifo = full_path(t, "top/diff/pipe.key");
	AUTO_FREE char *json = NULL;

	put(t, "../outside/deep/id_rsa", 0600, KEY_TEXT);
	put(t, "../outside/deep/suid", 04755, "x");
	assert_int_equal(symlink("../../../outside/deep/id_rsa", link), 0);
	assert_int_equal(symlink(key, dir), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(look(t, &json, NULL), 0);
	assert_null(strstr(json, "outside"));
	assert_null(strstr(json, "suid"));
	assert_null(strstr(json, "id_dsa"));
	assert_null(strstr(json, "pipe"));
}

/* Anything but the layout we know: the engine is asked instead. */
static void other_ways_of_storing(void **state)
{
	struct tree *t = *state;
	const struct object_facts good = t->facts;
	AUTO_FREE char *diff = full_path(t, "link/diff");
	AUTO_FREE char *target = full_path(t, "low/diff");
	AUTO_FREE char *alias = str_format("%s/overlay2/link/diff", t->root);
	AUTO_FREE char *dots = str_format("%s/overlay2/../diff", t->root);
	AUTO_FREE char *deep = str_format("%s/overlay2/low/diff/bin/diff", t->root);
	AUTO_FREE char *absent = str_format("%s/overlay2/none/diff", t->root);
	const char *const uppers[] = {"/etc", dots, deep, alias, absent, "", t->root};

	put(t, "link/", 0, NULL);
	assert_int_equal(symlink(target, diff), 0);
	for (size_t i = 0; i < ARRAY_SIZE(uppers); i++) {
		t->facts.upper = uppers[i];
		assert_int_equal(look(t, NULL, NULL), 1);
	}
	t->facts = good;
	t->facts.layers = 2;
	assert_int_equal(look(t, NULL, NULL), 1);
	t->facts = good;
	t->facts.driver = "vfs";
	assert_int_equal(look(t, NULL, NULL), 1);
	t->facts.driver = NULL;
	assert_int_equal(look(t, NULL, NULL), 1);
	t->facts = good;
	t->facts.lower = "relative";
	assert_int_equal(look(t, NULL, NULL), 1);
	t->facts.lower = NULL;
	t->facts.layers = 1;
	holds(t, "\"Layers\":1");
	t->facts = good;
}

static void layers_are_shared(void **state)
{
	struct tree *t = *state;
	struct image_cache cache = {0};
	struct archive_budget budget = plenty();
	uint64_t entries;

	for (int i = 0; i < 2; i++) {
		AUTO_PTR(value) struct value *content = NULL;

		assert_int_equal(
			look_image_overlay(t->root, &t->facts, &cache, &budget, &content, NULL), 0);
		if (i)
			assert_int_equal(budget.entries, entries);
		entries = budget.entries;
	}
	assert_int_equal(cache.len, 3);
	image_cache_done(&cache);
	budget.entries = 0;
	budget.entries_max = 5;
	{
		AUTO_PTR(value) struct value *content = NULL;
		AUTO(error) struct error err = {0};

		assert_int_equal(
			look_image_overlay(t->root, &t->facts, &cache, &budget, &content, &err),
			-1);
		assert_non_null(strstr(error_message(&err), "more than 5 files"));
	}
	image_cache_done(&cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layers_lie_upon_each_other), TEST(opaque_directories), TEST(nothing_leads_out),
		TEST(other_ways_of_storing),	  TEST(layers_are_shared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
