// SPDX-License-Identifier: Apache-2.0
/*
 * The table of fact names. Sorted by subject, not by name: `harden facts` prints it in this order.
 */
#include "harden/model/fact_table.h"

#include "harden/base/str.h"

const struct fact_info fact_table[] = {
	{"docker.installed", FACT_BOOL, "whether a dockerd binary or a docker package is there"},
	{"docker.flavour", FACT_TEXT,
	 "none, debian, docker-ce, static, snap, desktop, rootless, containerd or other"},
	{"docker.version", FACT_TEXT, "engine version from the package database, null if unknown"},
	{"docker.dockerd", FACT_PATH, "the dockerd binary, links resolved"},
	{"docker.containerd_binary", FACT_PATH, "the containerd binary, links resolved"},
	{"docker.containerd_shim", FACT_PATH, "the containerd-shim binary (containerd before 2.0)"},
	{"docker.containerd_shim_runc_v1", FACT_PATH, "the containerd-shim-runc-v1 binary"},
	{"docker.containerd_shim_runc_v2", FACT_PATH, "the containerd-shim-runc-v2 binary"},
	{"docker.runc", FACT_PATH, "the runc binary, links resolved"},
	{"docker.data_root", FACT_PATH, "where dockerd keeps images and containers"},
	{"docker.config", FACT_PATH,
	 "the daemon.json that dockerd reads, whether it exists or not"},
	{"docker.config_dir", FACT_PATH, "the directory of Docker's configuration"},
	{"docker.certs_dir", FACT_PATH, "the directory of registry certificates"},
	{"docker.group", FACT_TEXT, "the group that may use the API socket"},
	{"docker.sockets", FACT_PATH_LIST, "unix sockets the API listens on"},
	{"docker.service_unit", FACT_PATH, "the unit file of docker.service"},
	{"docker.service_files", FACT_PATH_LIST,
	 "the unit file of docker.service and its drop-ins"},
	{"docker.service_dirs", FACT_PATH_LIST, "existing drop-in directories of docker.service"},
	{"docker.socket_unit", FACT_PATH, "the unit file of docker.socket"},
	{"docker.socket_files", FACT_PATH_LIST, "the unit file of docker.socket and its drop-ins"},
	{"docker.env_files", FACT_PATH_LIST, "environment files that set dockerd's flags"},
	{"docker.tlscacert", FACT_PATH, "CA certificate of the TCP listener, null without TLS"},
	{"docker.tlscert", FACT_PATH, "certificate of the TCP listener, null without TLS"},
	{"docker.tlskey", FACT_PATH, "private key of the TCP listener, null without TLS"},
	{"docker.swarm", FACT_BOOL, "whether this host is a member of a swarm"},
	{"docker.rootless", FACT_BOOL, "whether dockerd is configured to run rootless"},
	{"docker.userns", FACT_BOOL, "whether containers run in a user namespace of their own"},
	{"containerd.socket", FACT_PATH, "the socket of the containerd that dockerd uses"},
	{"containerd.config", FACT_PATH, "containerd's configuration file, null if there is none"},
	{"containerd.config_files", FACT_PATH_LIST, "containerd's configuration with its imports"},
	{"containerd.state", FACT_PATH, "containerd's state directory"},
	{"host.os", FACT_TEXT, "ID of os-release"},
	{"host.os_version", FACT_TEXT, "VERSION_ID of os-release, null if there is none"},
	{"host.kernel", FACT_TEXT, "running kernel; of a tree the newest installed one, else null"},
	{"host.init", FACT_TEXT, "systemd, sysvinit, openrc or unknown"},
	{"host.lsm", FACT_TEXT_LIST,
	 "security modules: active ones, of a tree those it configures"},
	{"host.live", FACT_BOOL, "whether this is the machine's own root"},
	{"audit.installed", FACT_BOOL, "whether the audit tools are installed"},
	{"audit.version", FACT_TEXT, "version of the audit package, null if unknown"},
	{"audit.rules_dir", FACT_PATH, "the directory that augenrules reads"},
	{NULL, FACT_TEXT, NULL},
};

const size_t fact_table_len = ARRAY_SIZE(fact_table) - 1;

const struct fact_info *fact_table_find(const char *name)
{
	for (const struct fact_info *info = fact_table; info->name; info++)
		if (str_equal(info->name, name))
			return info;
	return NULL;
}

const char *fact_table_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(fact_table)];

	for (size_t i = 0; i < fact_table_len; i++)
		names[i] = fact_table[i].name;
	return str_nearest(name, names, fact_table_len);
}

const char *fact_kind_name(enum fact_kind kind)
{
	static const char *const names[] = {
		[FACT_TEXT] = "text",
		[FACT_BOOL] = "boolean",
		[FACT_PATH] = "path",
		[FACT_TEXT_LIST] = "list of texts",
		[FACT_PATH_LIST] = "list of paths",
	};

	return names[kind];
}
