// SPDX-License-Identifier: Apache-2.0
/*
 * Saved images in every layout, and archives that only look like one.
 */
#include "tests/unit/tar_fixture.h"

#include "harden/model/value.h"
#include "harden/text/image_archive.h"
#include "harden/text/image_content.h"
#include "harden/text/json.h"

#define HEX1 "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX2 "2222222222222222222222222222222222222222222222222222222222222222"
#define HEX3 "3333333333333333333333333333333333333333333333333333333333333333"
#define HEX4 "4444444444444444444444444444444444444444444444444444444444444444"
#define BLOB(hex) "blobs/sha256/" hex
#define DIGEST(hex) "\"sha256:" hex "\""
#define CONFIG                                                                                     \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"User\":\"app\"},"              \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:a\",\"sha256:b\"]}}"

typedef void packer(const struct strbuf *in, struct strbuf *out);

static void plain_of(const struct strbuf *in, struct strbuf *out)
{
	strbuf_append_bytes(out, in->data, in->len);
}

/* The lower layer has two setuid files, the upper one takes one of them away. */
static void add_layer(struct strbuf *b, const char *path, bool upper, packer *pack)
{
	AUTO(strbuf) struct strbuf layer = {0}, packed = {0};

	if (upper) {
		tar_text(&layer, "bin/.wh.su", 0, "");
		tar_text(&layer, "bin/ping", 0755, "p");
	} else {
		tar_text(&layer, "bin/su", 04755, "s");
		tar_text(&layer, "bin/sudo", 04755, "s");
	}
	tar_end(&layer);
	pack(&layer, &packed);
	tar_file(b, path, 0644, packed.data, packed.len);
}

static int read_archive(const struct strbuf *b, struct image_archive **ret, struct error *err)
{
	struct archive_budget budget = plenty();
	struct pieces p = pieces_of(b, 10000);

	return image_archive_read("x.tar", (struct byte_source){pieces_read, &p}, &budget, ret,
				  err);
}

/* One image of two layers of which /bin/sudo remains. */
static void is_the_image(const struct strbuf *b, const char *name, const char *id)
{
	AUTO_PTR(image_archive) struct image_archive *a = NULL;
	AUTO_PTR(value) struct value *content = NULL;
	AUTO(error) struct error err = {0};
	AUTO_FREE char *json = NULL;

	if (read_archive(b, &a, &err) < 0)
		fail_msg("%s", error_message(&err));
	assert_int_equal(a->len, 1);
	assert_string_equal(a->images[0].name, name);
	assert_string_equal(a->images[0].id, id);
	assert_string_equal(value_get_text(value_get(a->images[0].config, "config"), "User"),
			    "app");
	assert_int_equal(image_content(a->images[0].layers, a->images[0].len, "x", &content, &err),
			 0);
	assert_int_equal(json_to_text(content, &json, &err), 0);
	assert_non_null(strstr(json, "\"Layers\":2,\"Setuid\":[{\"Path\":\"/bin/sudo\",\"Mode\":"
				     "\"4755\",\"Uid\":0,\"Gid\":0}]"));
}

static void refuses(const struct strbuf *b, const char *why)
{
	AUTO_PTR(image_archive) struct image_archive *a = NULL;
	AUTO(error) struct error err = {0};

	assert_int_equal(read_archive(b, &a, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	if (!strstr(error_message(&err), why))
		fail_msg("'%s' lacks '%s'", error_message(&err), why);
}

/* Layers are sorted by their ids, the manifest stands behind them. */
static void docker_before_25(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	tar_header(&b, "aaa/", '5', 0755, 0, NULL);
	tar_text(&b, "aaa/VERSION", 0644, "1.0");
	tar_text(&b, "aaa/json", 0644, "{\"id\":\"aaa\"}");
	add_layer(&b, "aaa/layer.tar", true, plain_of);
	add_layer(&b, "bbb/layer.tar", false, plain_of);
	tar_text(&b, "repositories", 0644, "{\"app\":{\"1\":\"aaa\"}}");
	tar_text(&b, HEX1 ".json", 0644, CONFIG);
	tar_text(&b, "manifest.json", 0644,
		 "[{\"Config\":\"" HEX1 ".json\",\"RepoTags\":[\"app:1\",\"app:latest\"],"
		 "\"Layers\":[\"bbb/layer.tar\",\"aaa/layer.tar\"]}]");
	tar_end(&b);
	is_the_image(&b, "app:1", "sha256:" HEX1);
}

/* The same layer twice is a link. */
static void layers_that_are_links(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	tar_header(&b, "aaa/layer.tar", '2', 0777, 0, "../bbb/layer.tar");
	tar_header(&b, "bbb/layer.tar", '1', 0777, 0, "ccc.tar");
	add_layer(&b, "ccc.tar", false, plain_of);
	add_layer(&b, "ddd.tar", true, plain_of);
	tar_text(&b, HEX1 ".json", 0644, CONFIG);
	tar_text(&b, "./manifest.json", 0644,
		 "[{\"Config\":\"" HEX1 ".json\",\"RepoTags\":null,"
		 "\"Layers\":[\"aaa/layer.tar\",\"./ddd.tar\"]}]");
	tar_end(&b);
	is_the_image(&b, "sha256:111111111111", "sha256:" HEX1);
}

static void podman(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	add_layer(&b, HEX3 ".tar", false, plain_of);
	add_layer(&b, HEX4 ".tar", true, plain_of);
	tar_header(&b, "eee/layer.tar", '2', 0777, 0, "../" HEX3 ".tar");
	tar_text(&b, HEX1 ".json", 0644, CONFIG);
	tar_text(&b, "manifest.json", 0644,
		 "[{\"Config\":\"" HEX1 ".json\",\"RepoTags\":[\"localhost/app:1\"],"
		 "\"Layers\":[\"" HEX3 ".tar\",\"" HEX4 ".tar\"]}]");
	tar_end(&b);
	is_the_image(&b, "localhost/app:1", "sha256:" HEX1);
}

/* An index in an index, as the containerd store has them, with an attestation and a platform that
 * was not saved. */
static void oci(struct strbuf *b, packer *pack)
{
	tar_text(b, "oci-layout", 0444, "{\"imageLayoutVersion\":\"1.0.0\"}");
	add_layer(b, BLOB(HEX4), true, pack);
	add_layer(b, BLOB(HEX3), false, pack);
	tar_text(b, BLOB(HEX1), 0444, CONFIG);
	tar_text(b, BLOB(HEX2), 0444,
		 "{\"schemaVersion\":2,\"config\":{\"digest\":" DIGEST(
			 HEX1) "},\"layers\":["
			       "{\"digest\":" DIGEST(HEX3) "},{\"digest\":" DIGEST(HEX4) "}]}");
	tar_text(b, BLOB("5555"), 0444,
		 "{\"manifests\":[{\"digest\":" DIGEST(
			 HEX2) ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},"
			       "{\"digest\":\"sha256:7777\",\"platform\":{\"os\":\"linux\"}},"
			       "{\"digest\":\"sha256:6666\",\"platform\":{\"os\":\"unknown\"}}]}");
	tar_text(b, BLOB("6666"), 0444, "{\"config\":{},\"layers\":[]}");
	tar_text(b, "index.json", 0444,
		 "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:5555\",\"annotations\":"
		 "{\"io.containerd.image.name\":\"docker.io/library/app:1\","
		 "\"org.opencontainers.image.ref.name\":\"1\"}}]}");
}

static void oci_layouts(void **state)
{
	static packer *const packers[] = {plain_of, gzip_of, zstd_of};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++)
		for (size_t outer = 0; outer < ARRAY_SIZE(packers); outer++) {
			AUTO(strbuf) struct strbuf b = {0}, packed = {0};

			oci(&b, packers[i]);
			tar_end(&b);
			packers[outer](&b, &packed);
			is_the_image(&packed, "docker.io/library/app:1", "sha256:" HEX1);
		}
}

static void docker_25(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	oci(&b, plain_of);
	tar_text(&b, "manifest.json", 0444,
		 "[{\"Config\":\"" BLOB(HEX1) "\",\"RepoTags\":[\"app:1\"],\"Layers\":["
					      "\"" BLOB(HEX3) "\",\"" BLOB(HEX4) "\"]}]");
	tar_end(&b);
	is_the_image(&b, "app:1", "sha256:" HEX1);
}

static void two_images_share_a_layer(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	AUTO_PTR(image_archive) struct image_archive *a = NULL;

	(void)state;
	add_layer(&b, "a.tar", false, plain_of);
	add_layer(&b, "b.tar", true, plain_of);
	tar_text(&b, "one.json", 0644, CONFIG);
	tar_text(&b, "two.json", 0644, "{\"rootfs\":{\"diff_ids\":[\"sha256:a\"]}}");
	tar_text(&b, "manifest.json", 0644,
		 "[{\"Config\":\"one.json\",\"RepoTags\":[\"one\"],\"Layers\":[\"a.tar\",\"b.tar\"]"
		 "},"
		 "{\"Config\":\"two.json\",\"RepoTags\":[\"two\"],\"Layers\":[\"a.tar\"]}]");
	tar_end(&b);
	assert_int_equal(read_archive(&b, &a, NULL), 0);
	assert_int_equal(a->len, 2);
	assert_string_equal(a->images[1].name, "two");
	assert_ptr_equal(a->images[0].layers[0], a->images[1].layers[0]);
}

#define MANIFEST(layers) "[{\"Config\":\"c.json\",\"RepoTags\":[\"x\"],\"Layers\":[" layers "]}]"

/* Each is the good archive with one thing wrong. */
static void archives_that_lack_something(void **state)
{
	static const struct {
		const char *config, *manifest, *why;
	} rows[] = {
		{CONFIG, NULL, "x.tar: it holds no image"},
		{CONFIG, "[]", "x.tar: it holds no image"},
		{CONFIG, "{}", "manifest.json is not what Docker writes"},
		{CONFIG, "[1]", "manifest.json is not what Docker writes"},
		{CONFIG, "[{\"Config\":\"c.json\",\"Layers\":{}}]", "not what Docker writes"},
		{CONFIG, "[{\"Config\":\"c.json\"", "x.tar: manifest.json:1:"},
		{CONFIG, "[{\"Config\":\"d.json\",\"Layers\":[]}]", "it lacks the config d.json"},
		{"[]", MANIFEST("\"a.tar\",\"b.tar\""), "it lacks the config c.json"},
		{"{\"a\":1,\"a\":2}", MANIFEST("\"a.tar\",\"b.tar\""), "x.tar: c.json:1:8"},
		{"{}", MANIFEST("\"a.tar\",\"b.tar\""), "other layers than the config c.json"},
		{CONFIG, MANIFEST("\"a.tar\""), "other layers than the config c.json"},
		{CONFIG, MANIFEST("\"a.tar\",\"z.tar\""), "it lacks the layer z.tar"},
		{CONFIG, MANIFEST("\"a.tar\",1"), "it lacks the layer of a manifest"},
		{CONFIG, MANIFEST("\"a.tar\",\"text\""), "no tar, gzip or zstd is the layer text"},
		{CONFIG, MANIFEST("\"a.tar\",\"loop1\""), "it lacks the layer loop1"},
		{CONFIG, MANIFEST("\"a.tar\",\"../b.tar\""), "it lacks the layer ../b.tar"},
		{CONFIG, MANIFEST("\"a.tar\",\"dev\""), "no tar, gzip or zstd is the layer dev"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strbuf) struct strbuf b = {0};

		add_layer(&b, "a.tar", false, plain_of);
		add_layer(&b, "b.tar", true, plain_of);
		tar_text(&b, "text", 0644, "no layer");
		tar_header(&b, "loop1", '2', 0777, 0, "loop2");
		tar_header(&b, "loop2", '2', 0777, 0, "loop1");
		tar_header(&b, "dev", '3', 0666, 0, NULL);
		tar_text(&b, "c.json", 0644, rows[i].config);
		if (rows[i].manifest)
			tar_text(&b, "manifest.json", 0644, rows[i].manifest);
		tar_end(&b);
		refuses(&b, rows[i].why);
	}
}

static void archives_that_lead_out(void **state)
{
	AUTO(strbuf) struct strbuf name = {0}, link = {0}, layer = {0}, outer = {0};

	(void)state;
	tar_text(&name, "../../etc/cron.d/x", 0644, "x");
	refuses(&name, "x.tar: the path of an entry leads out of it (..)");
	tar_header(&link, "a/layer.tar", '2', 0777, 0, "../../layer.tar");
	refuses(&link, "x.tar: the link a/layer.tar leads out of it");
	tar_text(&layer, "a/../../../etc/passwd", 0644, "x");
	tar_end(&layer);
	tar_file(&outer, "a.tar", 0644, layer.data, layer.len);
	refuses(&outer, "x.tar: layer a.tar: the path of an entry leads out of it (..)");
}

static void broken_layers(void **state)
{
	AUTO(strbuf) struct strbuf xz = {0}, cut = {0}, whole = {0}, packed = {0}, end = {0};

	(void)state;
	tar_file(&xz, "a.tar", 0644, "\xfd\x37zXZ\0", 6);
	refuses(&xz, "x.tar: layer a.tar is compressed by xz, which is not read here");
	add_layer(&whole, "x", false, plain_of);
	gzip_of(&whole, &packed);
	tar_file(&cut, "a.tar", 0644, packed.data, packed.len - 1500);
	refuses(&cut, "x.tar: layer a.tar: ");
	/* the archive ends in a layer */
	tar_header(&end, "a.tar", '0', 0644, whole.len, NULL);
	strbuf_append_bytes(&end, whole.data, 700);
	refuses(&end, "x.tar: ");
}

/* An index that leads to itself. */
static void circles(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};
	static const char self[] = "{\"manifests\":[{\"digest\":\"sha256:5555\"}]}";

	(void)state;
	tar_text(&b, BLOB("5555"), 0444, self);
	tar_text(&b, "index.json", 0444, self);
	tar_end(&b);
	refuses(&b, "x.tar: its indexes lead on and on");
}

/* Few bytes that lead to many: each of three indexes names the next a thousand times. */
static void indexes_that_multiply(void **state)
{
	static const char *const names[] = {"index.json", BLOB("1"), BLOB("2"), BLOB("3")};
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(strbuf) struct strbuf index = {0};

		strbuf_append(&index, "{\"manifests\":[");
		for (int k = 0; k < 1000; k++)
			strbuf_appendf(&index, "%s{\"digest\":\"sha256:%zu\"}", k ? "," : "",
				       i + 1);
		strbuf_append(&index, "]}");
		tar_file(&b, names[i], 0444, index.data, index.len);
	}
	tar_end(&b);
	refuses(&b, "x.tar: its indexes lead on and on");
}

/* Every prefix of an archive is an error, and every one is told. */
static void cut_off_everywhere(void **state)
{
	AUTO(strbuf) struct strbuf b = {0};

	(void)state;
	oci(&b, gzip_of);
	for (size_t len = 0; len < b.len; len += 509) {
		struct strbuf part = {.data = b.data, .len = len};

		refuses(&part, "x.tar");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_before_25),
		cmocka_unit_test(layers_that_are_links),
		cmocka_unit_test(podman),
		cmocka_unit_test(oci_layouts),
		cmocka_unit_test(docker_25),
		cmocka_unit_test(two_images_share_a_layer),
		cmocka_unit_test(archives_that_lack_something),
		cmocka_unit_test(archives_that_lead_out),
		cmocka_unit_test(broken_layers),
		cmocka_unit_test(circles),
		cmocka_unit_test(indexes_that_multiply),
		cmocka_unit_test(cut_off_everywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
