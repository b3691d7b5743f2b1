// SPDX-License-Identifier: Apache-2.0
/*
 * What lies on the host beside the engine's answers: where mounts lead, a process's status, what
 * the engine has stored, and $daemon.
 */
#include "harden/host/look_question_parts.h"
#include "harden/text/json.h"
#include "tests/unit/dockerd_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

static char *to_json(const struct value *v)
{
	char *text = NULL;

	assert_int_equal(json_to_text(v, &text, NULL), 0);
	return text;
}

static char *look(const char *id, const char *root_dir, unsigned also, struct object_facts *facts,
		  const char *endpoint)
{
	AUTO_PTR(value) struct value *harden = value_map();
	AUTO(error) struct error err = {0};

	if (look_container(id, root_dir, also, facts, endpoint, harden, &err) < 0)
		fail_msg("%s", error_message(&err));
	return to_json(harden);
}

static void says(const char *json, const char *text)
{
	if (!strstr(json, text))
		fail_msg("%s lacks %s", json, text);
}

static void mounts_lead_somewhere(void **state)
{
	char dir[] = "/tmp/harden-mounts-XXXXXX";
	AUTO(object_facts) struct object_facts facts = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO_FREE char *json = NULL, *link_path = NULL, *alias = NULL, *gone = NULL;
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/engine.sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	link_path = str_format("%s/etclink", dir);
	alias = str_format("%s/other.sock", dir);
	gone = str_format("%s/gone", dir);
	assert_int_equal(symlink("/etc", link_path), 0);
	assert_int_equal(link(address.sun_path, alias), 0);
	assert_int_equal(strv_add(&facts.sources, link_path, NULL), 0);
	assert_int_equal(strv_add(&facts.sources, alias, NULL), 0);
	assert_int_equal(strv_add(&facts.sources, gone, NULL), 0);
	json = look("x", "/d", ALSO_SOURCES, &facts, address.sun_path);
	says(json, "etclink\":{\"Real\":\"/etc\",\"Socket\":false,\"Endpoint\":false}");
	says(json, "\"Socket\":true,\"Endpoint\":true");
	says(json, "gone\"}");
	says(json, "\"Problems\":{}");
	assert_int_equal(unlink(alias), 0);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Every cgroup path holds a slash, so "/" is an id that our own process has. */
static void a_process_is_read_if_it_is_the_containers(void **state)
{
	struct object_facts facts = {.pid = getpid()};
	AUTO_FREE char *own = look("/", "/d", ALSO_PROCESS, &facts, NULL);
	AUTO_FREE char *stranger = look("0123456789abcdef", "/d", ALSO_PROCESS, &facts, NULL);
	AUTO_FREE char *stopped = NULL, *gone = NULL;
	AUTO_FREE char *uid =
		str_format("\"Uid\":[%u,%u,%u,%u]", getuid(), geteuid(), geteuid(), geteuid());

	(void)state;
	says(own, uid);
	says(own, "\"Seccomp\":");
	says(own, "\"CapEff\":\"");
	says(own, "\"NoNewPrivs\":");
	says(stranger, "\"process\":\"its first process is not to be found here\"");
	facts.pid = 0;
	stopped = look("/", "/d", ALSO_PROCESS, &facts, NULL);
	assert_string_equal(stopped, "{\"Problems\":{}}");
	facts.pid = INT64_MAX;
	gone = look("/", "/d", ALSO_PROCESS, &facts, NULL);
	says(gone, "not to be found");
}

static void what_is_stored_is_picked(void **state)
{
	struct tree t;
	struct object_facts facts = {0};
	AUTO_FREE char *root = NULL, *good = NULL, *broken = NULL, *absent = NULL;

	(void)state;
	tree_open(&t, "@/containers/a/config.v2.json\n{\"NoNewPrivileges\":true,\"Secret\":\"x\","
		      "\"SeccompProfile\":\"\"}\n@/containers/b/config.v2.json\n{\"NoNew\n");
	root = strdup(t.path);
	good = look("a", root, ALSO_STORED, &facts, NULL);
	says(good, "\"Stored\":{\"NoNewPrivileges\":true,\"SeccompProfile\":\"\"}");
	assert_null(strstr(good, "Secret"));
	broken = look("b", root, ALSO_STORED, &facts, NULL);
	says(broken, "config.v2.json:");
	absent = look("c", root, ALSO_STORED, &facts, NULL);
	says(absent, "is not there");
	tree_close(&t);
}

static void the_daemon_has_files(void **state)
{
	AUTO_PTR(value) struct value *daemon = NULL, *bare = NULL;
	AUTO_FREE char *json = NULL, *nothing = NULL;
	AUTO(error) struct error err = {0};
	struct tree t;

	(void)state;
	tree_open(&t, TREE_DEBIAN JSON_AT
		  "{\"no-new-privileges\":true,\"ip\":\"127.0.0.1\"}\n"
		  "@/d/swarm/docker-state.json\n{\"ListenAddr\":\"0.0.0.0:2377\"}\n"
		  "@/etc/environment\nPATH=/bin\nDOCKER_CONTENT_TRUST=\"1\"\n"
		  "@/etc/profile.d/x.sh\n# DOCKER_CONTENT_TRUST=1\n export DOCKER_CONTENT_TRUST=0 "
		  "# no\n"
		  "DOCKER_CONTENT_TRUST_SERVER=x\n");
	if (look_daemon_object(&t.host, "/d", "/run/docker.sock", &daemon, &err) < 0)
		fail_msg("%s", error_message(&err));
	json = to_json(daemon);
	says(json, "\"no-new-privileges\":true");
	says(json, "\"ip\":\"127.0.0.1\"");
	says(json, "\"State\":{\"ListenAddr\":\"0.0.0.0:2377\"}");
	says(json, "\"ContentTrust\":[{\"Place\":\"/etc/environment:2\",\"Value\":\"1\"},"
		   "{\"Place\":\"/etc/profile.d/x.sh:2\",\"Value\":\"0\"}]");
	says(json, "\"Socket\":\"/run/docker.sock\"");
	tree_close(&t);
	tree_open(&t, "@/d/swarm/docker-state.json\n{oops\n");
	if (look_daemon_object(&t.host, "/d", NULL, &bare, &err) < 0)
		fail_msg("%s", error_message(&err));
	nothing = to_json(bare);
	says(nothing, "\"StateProblem\":\"/d/swarm/docker-state.json:1:");
	says(nothing, "\"ContentTrust\":[]");
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts_lead_somewhere),
		cmocka_unit_test(a_process_is_read_if_it_is_the_containers),
		cmocka_unit_test(what_is_stored_is_picked),
		cmocka_unit_test(the_daemon_has_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
