// SPDX-License-Identifier: Apache-2.0
/*
 * Layers, what they take away, what is a secret, and the images of saved archives in every layout.
 */
#include "tests/unit/tar_fixture.h"

#include "harden/text/image_archive.h"
#include "harden/text/image_content.h"
#include "harden/text/image_packages.h"
#include "harden/text/image_secret.h"
#include "harden/text/image_tar.h"
#include "harden/text/json.h"

#define KEY_BODY "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
#define KEY_TEXT "-----BEGIN PRIVATE KEY-----\n" KEY_BODY KEY_BODY "-----END PRIVATE KEY-----\n"
#define LAYERS_MAX 4

/* Layers in the making, from the lowest. */
struct stack {
	struct strbuf tar[LAYERS_MAX];
	size_t len;
};

static void stack_done(struct stack *s)
{
	for (size_t i = 0; i < LAYERS_MAX; i++)
		strbuf_done(&s->tar[i]);
}

static struct strbuf *layer(struct stack *s)
{
	assert_true(s->len < LAYERS_MAX);
	return &s->tar[s->len++];
}

static int content_of(struct stack *s, char **ret_json, struct error *err)
{
	struct image_layer *layers[LAYERS_MAX] = {NULL};
	struct archive_budget budget = plenty();
	AUTO_PTR(value) struct value *content = NULL;
	int r = 0;

	for (size_t i = 0; i < s->len && r == 0; i++) {
		struct pieces p;

		tar_end(&s->tar[i]);
		p = pieces_of(&s->tar[i], 1000);
		r = image_tar_read("layer", (struct byte_source){pieces_read, &p}, &budget,
				   &layers[i], err);
	}
	if (r == 0)
		r = image_content(layers, s->len, "test", &content, err);
	for (size_t i = 0; i < s->len; i++)
		image_layer_free(layers[i]);
	return r < 0 ? r : json_to_text(content, ret_json, err);
}

static void holds(struct stack *s, const char *const *texts, size_t count)
{
	AUTO(error) struct error err = {0};
	AUTO_FREE char *json = NULL;

	if (content_of(s, &json, &err) < 0)
		fail_msg("%s", error_message(&err));
	for (size_t i = 0; i < count; i++)
		if (!strstr(json, texts[i]))
			fail_msg("%s lacks %s", json, texts[i]);
}

#define HOLDS(s, ...)                                                                              \
	holds((s), (const char *const[]){__VA_ARGS__},                                             \
	      ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static void setuid_files_of_one_layer(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};
	struct strbuf *b = layer(&s);

	(void)state;
	tar_text(b, "./usr/bin/su", 04755, "x");
	tar_text(b, "/usr/bin//wall", 02755, "x");
	tar_header(b, "var/mail/", '5', 02775, 0, NULL);
	tar_header(b, "tmp/", '5', 01777, 0, NULL);
	tar_header(b, "usr/bin/again", '1', 0, 0, "./usr/bin/su");
	tar_header(b, "usr/bin/plain", '1', 0, 0, "bin/sh");
	tar_header(b, "usr/bin/link", '2', 04777, 0, "su");
	tar_text(b, "twice", 04755, "x");
	tar_text(b, "twice", 0755, "x");
	tar_pax(b, "SCHILY.xattr.security.capability", "\1\0\0\2", 4);
	tar_text(b, "ping", 0755, "x");
	HOLDS(&s,
	      "\"Setuid\":[{\"Path\":\"/usr/bin/again\",\"Mode\":\"4755\",\"Uid\":0,\"Gid\":0},"
	      "{\"Path\":\"/usr/bin/su\",\"Mode\":\"4755\",\"Uid\":0,\"Gid\":0},"
	      "{\"Path\":\"/usr/bin/wall\",\"Mode\":\"2755\",\"Uid\":0,\"Gid\":0}]",
	      "\"Capabilities\":[\"/ping\"]", "\"Layers\":1", "\"Secrets\":[]", "\"Packages\":{}",
	      "\"Source\":\"test\"");
}

/* What Docker makes of it: the file gets the mode of the link's entry. */
static void links_that_bring_a_mode(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};
	struct strbuf *b = layer(&s);

	(void)state;
	tar_text(b, "plain", 0755, "x");
	tar_header(b, "link", '1', 04755, 0, "plain");
	tar_text(b, "su", 04711, "x");
	tar_header(b, "su2", '1', 04755, 0, "su");
	tar_header(layer(&s), "deep", '1', 02755, 0, "plain");
	HOLDS(&s, "\"Setuid\":[{\"Path\":\"/deep\",\"Mode\":\"2755\",\"Uid\":0,\"Gid\":0},",
	      "{\"Path\":\"/link\",\"Mode\":\"4755\",\"Uid\":0,\"Gid\":0},"
	      "{\"Path\":\"/plain\",\"Mode\":\"4755\",\"Uid\":0,\"Gid\":0},"
	      "{\"Path\":\"/su\",\"Mode\":\"4711\",\"Uid\":0,\"Gid\":0},"
	      "{\"Path\":\"/su2\",\"Mode\":\"4711\",\"Uid\":0,\"Gid\":0}]");
}

/* One row: what the second layer holds, and whether /d/e/su of the first is seen still. */
static void upper_layers_take_away(void **state)
{
	static const struct {
		const char *path;
		char type;
		bool seen;
	} rows[] = {
		{"d/e/other", '0', true},
		{"d/e/su", '0', false},
		{"d/e/su", '2', false},
		{"d/e/su/", '5', false},
		{"d/e/.wh.su", '0', false},
		{"d/.wh.e", '0', false},
		{".wh.d", '0', false},
		{"d/e/.wh..wh..opq", '0', false},
		{"d/.wh..wh..opq", '0', false},
		{".wh..wh..opq", '0', false},
		{"d", '2', false},
		{"d/e", '0', false},
		{"d/", '5', true},
		{"d/e/", '5', true},
		{"d/e/.wh.s", '0', true},
		{"d/e/.wh.su2", '0', true},
		{"d/f/.wh..wh..opq", '0', true},
		{".wh..wh.plnk/1.2", '0', true},
		{".wh..wh.aufs", '0', true},
		{"./d/e/.wh.su", '0', false},
		{"/d/.wh.e", '0', false},
		{"d/x.wh..wh..y", '0', true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		__attribute__((cleanup(stack_done))) struct stack s = {0};

		tar_text(layer(&s), "d/e/su", 04755, "x");
		tar_header(layer(&s), rows[i].path, rows[i].type, 0755, 0, "x");
		(void)layer(&s); /* an empty one on top */
		HOLDS(&s, rows[i].seen ? "[{\"Path\":\"/d/e/su\"" : "\"Setuid\":[]");
	}
}

static void what_came_back_is_there(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};

	(void)state;
	tar_text(layer(&s), "su", 04755, "x");
	tar_text(layer(&s), ".wh.su", 0, "");
	tar_text(layer(&s), "su", 06711, "x");
	HOLDS(&s, "\"Setuid\":[{\"Path\":\"/su\",\"Mode\":\"6711\"", "\"Uid\":0,\"Gid\":0}]");
}

/* A hard link in an upper layer gives a file of a lower one another name. */
static void links_into_lower_layers(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};

	(void)state;
	tar_text(layer(&s), "su", 04755, "x");
	tar_header(layer(&s), "a/alias", '1', 0, 0, "su");
	tar_text(layer(&s), ".wh.su", 0, "");
	HOLDS(&s, "\"Setuid\":[{\"Path\":\"/a/alias\",\"Mode\":\"4755\",\"Uid\":0,\"Gid\":0}]");
}

static void packages_of_the_final_tree(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};
	struct strbuf *b = layer(&s);

	(void)state;
	tar_text(b, "var/lib/dpkg/status", 0644, "Package: old\nStatus: install ok installed\n");
	tar_text(b, "var/lib/rpm/rpmdb.sqlite", 0644, "SQLite format 3");
	b = layer(&s);
	tar_text(b, "var/lib/dpkg/status", 0644,
		 "Package: zsh\nStatus: install ok installed\nDescription: a\n Package: no\n\n"
		 "Package: gone\nStatus: deinstall ok config-files\n\n"
		 "Package: gcc-12\nStatus: hold ok installed\r\n\nPackage: zsh\n"
		 "Status: install ok installed\n");
	tar_text(b, "var/lib/dpkg/status.d/base", 0644, "Package: base-files\nVersion: 1\n");
	tar_text(b, "var/lib/dpkg/status.d/base.md5sums", 0644, "Package: wrong\n");
	tar_text(b, "lib/apk/db/installed", 0644, "C:x\nP:musl\nV:1\n\nP:libcrypto3\n");
	tar_text(b, "var/lib/pacman/local/bash-5-1/desc", 0644, "%NAME%\nbash\n\n%VERSION%\n5\n");
	HOLDS(&s, "\"dpkg\":[\"base-files\",\"gcc-12\",\"zsh\"]",
	      "\"apk\":[\"libcrypto3\",\"musl\"]", "\"pacman\":[\"bash\"]", "\"Unread\":[\"rpm\"]");
}

static void secrets_of_every_layer(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack s = {0};
	AUTO_FREE char *json = NULL;
	struct strbuf *b = layer(&s);

	(void)state;
	tar_text(b, "root/.ssh/id_rsa", 0600, KEY_TEXT);
	tar_text(b, "app/token.txt", 0644, "url ghp_16C7e42F292c6912E7710c838347Ae178B4a\n");
	b = layer(&s);
	tar_text(b, "root/.ssh/.wh.id_rsa", 0, "");
	tar_text(b, "root/.docker/config.json", 0600,
		 "{\"auths\":{\"r\":{\"auth\":\"dXNlcjpodW50ZXIy\"}}}");
	HOLDS(&s,
	      "{\"Path\":\"/root/.ssh/id_rsa\",\"Kind\":\"a private key\",\"Sure\":true,"
	      "\"Layer\":0,\"Removed\":true}",
	      "{\"Path\":\"/app/token.txt\",\"Kind\":\"an access token\",\"Sure\":true,"
	      "\"Layer\":0,\"Removed\":false}",
	      "{\"Path\":\"/root/.docker/config.json\",\"Kind\":\"registry credentials\","
	      "\"Sure\":true,\"Layer\":1,\"Removed\":false}");
	assert_int_equal(content_of(&s, &json, NULL), 0);
	assert_null(strstr(json, "dXNlcj"));
	assert_null(strstr(json, "ghp_"));
	assert_null(strstr(json, "MIIE"));
}

static void what_is_a_secret(void **state)
{
	static const struct {
		const char *path, *data, *kind; /* kind NULL: none; with "!": sure */
	} rows[] = {
		{"etc/ssl/private/x.pem", KEY_TEXT, "!a private key"},
		{"any/name", "text before\n" KEY_TEXT, "!a private key"},
		{"a",
		 "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
		 "AES\n\n" KEY_BODY,
		 "a private key with a passphrase"},
		{"a", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" KEY_BODY,
		 "a private key with a passphrase"},
		{"a",
		 "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		 "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n",
		 "!a private key"},
		{"a",
		 "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		 "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\n",
		 "a private key with a passphrase"},
		/* a program and a manual that can write one, a public key, a certificate */
		{"a.py", "print('-----BEGIN PRIVATE KEY-----')\nprint(x)\n", NULL},
		{"a.md", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n", NULL},
		{"a.pem", "-----BEGIN PUBLIC KEY-----\n" KEY_BODY, NULL},
		{"a.pem", "-----BEGIN CERTIFICATE-----\n" KEY_BODY, NULL},
		{"a.key", "-----BEGIN CERTIFICATE-----\n" KEY_BODY, NULL},
		{"usr/share/dns/root.key", ". 172800 IN DNSKEY 257 3 8 AwEAAaz", NULL},
		{"a.key", "0123456789", "a key"},
		{"home/u/id_ed25519", "x", "an SSH key"},
		{"home/u/id_ed25519", NULL, "an SSH key"},
		{"home/u/id_ed25519.pub", "ssh-ed25519 AAAAC3Nza", NULL},
		{"a.pem", NULL, NULL},
		{"s.p12", NULL, "a key store"},
		{"x", "AKIAQ3EGPIZX7LWM2RTA", "!an access token"},
		{"x", "AKIAIOSFODNN7EXAMPLE", NULL},
		{"x", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
		{"root/.netrc", "machine h login me password hunter2\n",
		 "!credentials for remote hosts"},
		{"root/.netrc", "machine h\n", NULL},
		{"root/.npmrc", "//r/:_authToken=abc123def\n", "!npm credentials"},
		{"root/.npmrc", "registry=https://registry.example.org\n", NULL},
		{"root/.aws/credentials", "aws_secret_access_key = wJalrXUtnFEMI\n",
		 "!cloud credentials"},
		{"x.aws/credentials", "aws_secret_access_key = wJalrXUtnFEMI\n", NULL},
		{"root/.git-credentials", "https://u:p4ssw0rd@example.org\n", "!git credentials"},
		{"app/.env", "DB_PASSWORD=hunter2\n", "settings of an application"},
		{"app/.env", "PORT=80\n", NULL},
		{"app/package.json", "{\"name\": \"keycloak-secret-token\"}", NULL},
		{"etc/libcrypto3", "libcrypto3=3.1.4-r1", NULL},
		{"etc/apk/keys/a.rsa.pub", "-----BEGIN PUBLIC KEY-----\n" KEY_BODY, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *data = rows[i].data, *kind = rows[i].kind;
		struct secret found = secret_judge(rows[i].path, data, data ? strlen(data) : 0);
		bool sure = kind && *kind == '!';

		if (!str_equal(found.kind, kind ? kind + sure : NULL) || found.sure != sure)
			fail_msg("%zu %s: %s%s", i, rows[i].path, found.sure ? "!" : "",
				 found.kind ? found.kind : "none");
	}
	/* a program with the text of a key in it */
	assert_null(secret_judge("usr/bin/ssh", "\0" KEY_TEXT, sizeof(KEY_TEXT)).kind);
}

static void hostile_layers(void **state)
{
	static const struct {
		const char *path;
		char type;
		const char *target, *why;
	} rows[] = {
		{"../etc/passwd", '0', NULL, "leads out of it"},
		{"a/../../b", '0', NULL, "leads out of it"},
		{"a/..", '5', NULL, "leads out of it"},
		{"a", '1', "../../etc/shadow", "leads out of it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		__attribute__((cleanup(stack_done))) struct stack s = {0};
		AUTO(error) struct error err = {0};
		AUTO_FREE char *json = NULL;

		tar_header(layer(&s), rows[i].path, rows[i].type, 0755, 0, rows[i].target);
		assert_int_equal(content_of(&s, &json, &err), -1);
		assert_non_null(strstr(error_message(&err), rows[i].why));
	}
}

static void names_without_bounds(void **state)
{
	__attribute__((cleanup(stack_done))) struct stack deep = {0}, many = {0};
	AUTO(strbuf) struct strbuf path = {0};
	AUTO(error) struct error err = {0}, err2 = {0};
	AUTO_FREE char *json = NULL;
	struct strbuf *b = layer(&deep);

	(void)state;
	for (int i = 0; i < LAYER_DEPTH_MAX + 1; i++)
		strbuf_append(&path, "d/");
	tar_pax(b, "path", path.data, path.len);
	tar_header(b, "x", '5', 0755, 0, NULL);
	assert_int_equal(content_of(&deep, &json, &err), -1);
	assert_non_null(strstr(error_message(&err), "in 257 parts"));
	b = layer(&many);
	for (int i = 0; i <= RECORDS_MAX; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "su%d", i);
		tar_header(b, name, '0', 04755, 0, NULL);
	}
	assert_int_equal(content_of(&many, &json, &err2), -1);
	assert_non_null(strstr(error_message(&err2), "more than 10000 setuid files"));
}

static void sets_of_paths(void **state)
{
	struct path_set set, other;
	char path[32];

	(void)state;
	path_set_init(&set);
	path_set_init(&other);
	assert_memory_not_equal(set.key, other.key, sizeof(set.key));
	assert_false(path_set_has(&set, 'a', "x", 1));
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(path, sizeof(path), "some/path/%d", i);
		assert_int_equal(path_set_add(&set, 'a', path, strlen(path), NULL), 0);
		assert_int_equal(path_set_add(&set, 'a', path, strlen(path), NULL), 0);
	}
	assert_int_equal(set.len, 5000);
	for (int i = 0; i < 6000; i++) {
		(void)snprintf(path, sizeof(path), "some/path/%d", i);
		assert_int_equal(path_set_has(&set, 'a', path, strlen(path)), i < 5000);
		assert_false(path_set_has(&set, 'b', path, strlen(path)));
	}
	path_set_done(&set);
	path_set_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setuid_files_of_one_layer),
		cmocka_unit_test(links_that_bring_a_mode),
		cmocka_unit_test(upper_layers_take_away),
		cmocka_unit_test(what_came_back_is_there),
		cmocka_unit_test(links_into_lower_layers),
		cmocka_unit_test(packages_of_the_final_tree),
		cmocka_unit_test(secrets_of_every_layer),
		cmocka_unit_test(what_is_a_secret),
		cmocka_unit_test(hostile_layers),
		cmocka_unit_test(names_without_bounds),
		cmocka_unit_test(sets_of_paths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
