// SPDX-License-Identifier: Apache-2.0
/*
 * The resource type `file` on sockets: what is there now, and what their creators will make of them
 * (rows A21, A55, C24, C26 of what other tools get wrong: a chmod does not last).
 */
#include "tests/unit/resource_fixture.h"

extern const struct resource_type resource_file;

#define USERS                                                                                      \
	"@/etc/passwd\nroot:x:0:0:r:/root:/bin/sh\nalice:x:1000:1000::/h:/bin/sh\n"                \
	"@/etc/group\nroot:x:0:\ndocker:x:998:\nalice:x:1000:\n"
#define UNITS(socket)                                                                              \
	USERS TREE_DPKG("20.10.24+dfsg1-1+b3") TREE_BINARY TREE_UNIT                               \
		"@/usr/lib/systemd/system/docker.socket\n[Socket]\nListenStream=/run/"             \
		"docker.sock\n" socket
#define GOOD UNITS("SocketMode=0660\nSocketUser=root\nSocketGroup=docker\n")
#define MODE "{\"path\":[\"/var/run/docker.sock\"],\"kind\":\"socket\",\"mode-at-most\":\"0660\"}"
#define OWNER                                                                                      \
	"{\"path\":[\"/run/docker.sock\"],\"kind\":\"socket\",\"owner\":\"root\","                 \
	"\"group\":[\"docker\",\"root\"]}"
#define LINK "@/var/run -> /run\n@/run/\n"
#define OURS "/etc/systemd/system/docker.socket.d/50-harden.conf"

static const struct socket_case {
	const char *name, *tree, *entry;
	mode_t inode; /* 0: the socket does not exist */
	enum status status;
	const char *says, *file, *text, *refused;
	mode_t inode_after;
} cases[] = {
	{.name = "made by its unit",
	 .tree = GOOD LINK,
	 .entry = MODE,
	 .status = STATUS_PASS,
	 .says = "docker.socket"},
	{.name = "made by its unit, owner",
	 .tree = GOOD LINK,
	 .entry = OWNER,
	 .status = STATUS_PASS},
	{.name = "nobody makes it",
	 .tree = USERS LINK,
	 .entry = MODE,
	 .status = STATUS_NOT_APPLICABLE},
	{.name = "A21",
	 .tree = GOOD LINK,
	 .entry = MODE,
	 .inode = 0646,
	 .status = STATUS_FAIL,
	 .says = "/run/docker.sock is 0646",
	 .inode_after = 0640},
	{.name = "A55",
	 .tree = GOOD LINK,
	 .entry = MODE,
	 .inode = 0666,
	 .status = STATUS_FAIL,
	 .says = "everybody may write it",
	 .inode_after = 0660},
	{.name = "stricter",
	 .tree = GOOD LINK,
	 .entry = MODE,
	 .inode = 0600,
	 .status = STATUS_PASS},
	{.name = "C24 C26 SocketMode",
	 .tree = UNITS("SocketMode=0666\nSocketGroup=docker\n") LINK,
	 .entry = MODE,
	 .inode = 0666,
	 .status = STATUS_FAIL,
	 .says = "makes /run/docker.sock with mode 0666",
	 .file = OURS,
	 .text = "[Socket]\nSocketMode=0660\n",
	 .inode_after = 0660},
	{.name = "systemd's default is 0666",
	 .tree = UNITS("SocketGroup=docker\n") LINK,
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .says = "with mode 0666",
	 .file = OURS,
	 .text = "[Socket]\nSocketMode=0660\n"},
	{.name = "SocketMode is only narrowed",
	 .tree = UNITS("SocketMode=0622\n") LINK,
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .file = OURS,
	 .text = "[Socket]\nSocketMode=0620\n"},
	{.name = "owner and group of the unit",
	 .tree = UNITS("SocketMode=0660\nSocketUser=alice\nSocketGroup=alice\n") LINK,
	 .entry = OWNER,
	 .status = STATUS_FAIL,
	 .says = "group alice's, not docker's",
	 .file = OURS,
	 .text = "[Socket]\nSocketUser=root\nSocketGroup=docker\n"},
	{.name = "the administrator's unit is edited in place",
	 .tree = UNITS("") LINK "@/etc/systemd/system/docker.socket\n# ours\n[Socket]\n"
				"ListenStream=/run/docker.sock\nSocketMode = 0666 \n"
				"# end\n[Install]\nWantedBy=sockets.target",
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .file = "/etc/systemd/system/docker.socket",
	 .text = "# ours\n[Socket]\nListenStream=/run/docker.sock\nSocketMode=0660\n"
		 "# end\n[Install]\nWantedBy=sockets.target"},
	{.name = "the administrator's drop-in too",
	 .tree = GOOD LINK "@/etc/systemd/system/docker.socket.d/x.conf\n[Socket]\n"
			   "SocketMode=0666\n",
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .file = "/etc/systemd/system/docker.socket.d/x.conf",
	 .text = "[Socket]\nSocketMode=0660\n"},
	{.name = "a package's drop-in with a later name",
	 .tree = GOOD LINK "@/usr/lib/systemd/system/docker.socket.d/60-x.conf\n[Socket]\n"
			   "SocketMode=0666\n",
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .file = "/etc/systemd/system/docker.socket.d/zz-harden.conf",
	 .text = "[Socket]\nSocketMode=0660\n"},
	{.name = "ours holds something already",
	 .tree = UNITS("SocketMode=0666\n") LINK "@" OURS "\n[Socket]\nSocketGroup=docker",
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .file = OURS,
	 .text = "[Socket]\nSocketGroup=docker\nSocketMode=0660\n"},
	{.name = "dockerd makes it itself",
	 .tree = GOOD LINK "@/usr/lib/systemd/system/docker.service\n[Service]\n"
			   "ExecStart=/usr/sbin/dockerd -H unix:///run/docker.sock\n",
	 .entry = MODE,
	 .status = STATUS_PASS,
	 .says = "0660"},
	{.name = "dockerd gives it to a group",
	 .tree = GOOD LINK "@/usr/lib/systemd/system/docker.service\n[Service]\n"
			   "ExecStart=/usr/sbin/dockerd -H unix:///run/docker.sock -G alice\n",
	 .entry = OWNER,
	 .status = STATUS_FAIL,
	 .refused = "dockerd gives its socket to group alice"},
	{.name = "containerd",
	 .tree = GOOD LINK "@/usr/lib/systemd/system/containerd.service\n"
			   "[Service]\nExecStart=/usr/bin/containerd\n",
	 .entry = "{\"path\":\"/run/containerd/containerd.sock\",\"kind\":\"socket\","
		  "\"owner\":\"root\",\"group\":\"root\",\"mode-at-most\":\"0660\"}",
	 .status = STATUS_PASS,
	 .says = "root:root 0660"},
	{.name = "containerd gives it away",
	 .tree = GOOD LINK "@/usr/lib/systemd/system/containerd.service\n[Service]\n"
			   "ExecStart=/usr/bin/containerd\n"
			   "@/etc/containerd/config.toml\nversion = 2\n[grpc]\n  gid = 998\n",
	 .entry = "{\"path\":\"/run/containerd/containerd.sock\",\"kind\":\"socket\","
		  "\"owner\":\"root\",\"group\":\"root\"}",
	 .status = STATUS_FAIL,
	 .refused = "containerd gives its socket to root:docker"},
	{.name = "something else is there",
	 .tree = GOOD LINK "@/run/docker.sock\nx\n",
	 .entry = MODE,
	 .status = STATUS_FAIL,
	 .says = "is a file, not a socket",
	 .refused = "is a file, not a socket"},
};

static void check_staged(const struct socket_case *c, const struct tree *t)
{
	const struct staged_file *inode = stage_find(&t->stage, "/run/docker.sock");
	const char *text = c->file ? tree_staged(t, c->file) : NULL;

	if (c->file && (!text || strcmp(text, c->text) != 0))
		fail_msg("%s: %s is\n%s", c->name, c->file, text ? text : "not staged");
	if (!c->inode_after != !inode || (inode && inode->after.mode != c->inode_after))
		fail_msg("%s: the socket becomes %04o", c->name,
			 inode ? (unsigned)inode->after.mode : 0);
	if (c->refused ? !stage_refuses(&t->stage, c->refused) : t->stage.blocked_len != 0)
		fail_msg("%s: %s", c->name,
			 t->stage.blocked_len ? t->stage.blocked[0].reason : "not refused");
}

static void sockets_are_judged_by_their_creators(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct socket_case *c = &cases[i];
		void *spec = resource_load(&resource_file, c->name, c->entry);
		struct tree t;

		tree_open(&t, c->tree);
		if (c->inode)
			tree_socket(&t, "/run/docker.sock", c->inode);
		resource_run(&resource_file, c->name, &t, spec, c->status, c->says, true);
		check_staged(c, &t);
		if (c->status == STATUS_FAIL && !c->refused)
			resource_settled(&resource_file, c->name, &t, spec);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

/* Owner and mode are two controls: their lines meet in one drop-in. */
static void two_controls_share_a_drop_in(void **state)
{
	void *mode = resource_load(&resource_file, "mode", MODE);
	void *owner = resource_load(&resource_file, "owner", OWNER);
	struct tree t;

	(void)state;
	tree_open(&t, UNITS("SocketMode=0666\nSocketGroup=alice\n") LINK);
	resource_run(&resource_file, "owner", &t, owner, STATUS_FAIL, NULL, true);
	resource_run(&resource_file, "mode", &t, mode, STATUS_FAIL, NULL, true);
	assert_string_equal(tree_staged(&t, OURS),
			    "[Socket]\nSocketGroup=docker\nSocketMode=0660\n");
	assert_int_equal(stage_find(&t.stage, OURS)->actions, ACTION_DAEMON_RELOAD);
	assert_int_equal(stage_find(&t.stage, OURS)->promise, PROMISE_NOW);
	resource_settled(&resource_file, "owner", &t, owner);
	resource_settled(&resource_file, "mode", &t, mode);
	resource_file.spec_free(mode);
	resource_file.spec_free(owner);
	tree_close(&t);
}

/* A named entry on a 0660 socket is access beyond owner and group, whatever the mode says. */
static void an_acl_on_a_socket_widens(void **state)
{
	static const struct {
		const char *name;
		struct tree_acl acl[5];
		enum status status;
		mode_t after;
	} acls[] = {
		{"a user may write", ACL_OF(6, 6, 6), STATUS_FAIL, 0660},
		{"nothing within the mask", ACL_OF(6, 0, 0), STATUS_PASS, 0},
		{"an entry without rights", ACL_OF(0, 6, 6), STATUS_PASS, 0},
		{"the group itself had nothing", ACL_OF(6, 0, 6), STATUS_FAIL, 0600},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acls); i++) {
		void *spec = resource_load(&resource_file, acls[i].name, MODE);
		const struct staged_file *f;
		struct tree t;

		tree_open(&t, GOOD LINK);
		tree_socket(&t, "/run/docker.sock", 0660);
		tree_acl(&t, "/run/docker.sock", "system.posix_acl_access", acls[i].acl, 5);
		resource_run(&resource_file, acls[i].name, &t, spec, acls[i].status, NULL, true);
		f = stage_find(&t.stage, "/run/docker.sock");
		if (!f != !acls[i].after ||
		    (f && (f->after.mode != acls[i].after || f->after.acl || !f->before.acl)))
			fail_msg("%s: becomes %04o", acls[i].name, f ? (unsigned)f->after.mode : 0);
		resource_settled(&resource_file, acls[i].name, &t, spec);
		resource_file.spec_free(spec);
		tree_close(&t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_judged_by_their_creators),
		cmocka_unit_test(two_controls_share_a_drop_in),
		cmocka_unit_test(an_acl_on_a_socket_widens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
