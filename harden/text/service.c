// SPDX-License-Identifier: Apache-2.0
/*
 * The table of keys, and the plain ones among them. What the engine knows of a container and no row
 * here reads is told, so that nothing is lost silently.
 */
#include "harden/text/service.h"

#include "harden/text/json.h"
#include "harden/text/mask.h"
#include "harden/text/service_parts.h"

const struct service_row service_rows[] = {
	{.key = "rm", .flag = "--rm", .kind = ROW_FLAG, .field = "AutoRemove", .run_only = true},
	{.key = "hostname", .flag = "--hostname", .kind = ROW_MADE, .make = make_hostname},
	{.key = "domainname",
	 .flag = "--domainname",
	 .kind = ROW_TEXT,
	 .in_config = true,
	 .field = "Domainname"},
	{.key = "user",
	 .flag = "--user",
	 .kind = ROW_IMAGE,
	 .in_config = true,
	 .field = "User",
	 .usual = "0"},
	{.key = "working_dir",
	 .flag = "--workdir",
	 .kind = ROW_IMAGE,
	 .in_config = true,
	 .field = "WorkingDir",
	 .usual = "/"},
	{.key = "tty", .flag = "--tty", .kind = ROW_FLAG, .in_config = true, .field = "Tty"},
	{.key = "stdin_open",
	 .flag = "--interactive",
	 .kind = ROW_FLAG,
	 .in_config = true,
	 .field = "OpenStdin"},
	{.key = "init", .flag = "--init", .kind = ROW_SWITCH, .field = "Init"},
	{.key = "environment", .flag = "--env", .kind = ROW_MADE, .make = make_environment},
	{.key = "labels", .flag = "--label", .kind = ROW_MADE, .make = make_labels},
	{.key = "network_mode",
	 .flag = "--network",
	 .kind = ROW_MADE,
	 .field = "NetworkMode",
	 .make = make_network_mode,
	 .say = say_network_mode},
	{.key = "networks",
	 .flag = "--network",
	 .kind = ROW_MADE,
	 .make = make_networks,
	 .say = say_networks},
	{.key = "mac_address",
	 .flag = "--mac-address",
	 .kind = ROW_TEXT,
	 .in_config = true,
	 .field = "MacAddress"},
	{.key = "expose", .flag = "--expose", .kind = ROW_MADE, .make = make_expose},
	{.key = "ports",
	 .flag = "--publish",
	 .kind = ROW_MADE,
	 .field = "PortBindings",
	 .make = make_ports},
	{.key = "publish_all",
	 .flag = "--publish-all",
	 .kind = ROW_FLAG,
	 .field = "PublishAllPorts",
	 .run_only = true},
	{.key = "dns", .flag = "--dns", .kind = ROW_LIST, .field = "Dns"},
	{.key = "dns_opt", .flag = "--dns-option", .kind = ROW_LIST, .field = "DnsOptions"},
	{.key = "dns_search", .flag = "--dns-search", .kind = ROW_LIST, .field = "DnsSearch"},
	{.key = "extra_hosts", .flag = "--add-host", .kind = ROW_LIST, .field = "ExtraHosts"},
	{.key = "external_links",
	 .flag = "--link",
	 .kind = ROW_MADE,
	 .field = "Links",
	 .make = make_links},
	{.key = "volumes",
	 .flag = "--mount",
	 .kind = ROW_MADE,
	 .make = make_volumes,
	 .say = say_volumes},
	{.key = "read_only", .flag = "--read-only", .kind = ROW_FLAG, .field = "ReadonlyRootfs"},
	{.key = "tmpfs", .flag = "--tmpfs", .kind = ROW_MADE, .field = "Tmpfs", .make = make_tmpfs},
	{.key = "storage_opt", .flag = "--storage-opt", .kind = ROW_MAP, .field = "StorageOpt"},
	{.key = "devices",
	 .flag = "--device",
	 .kind = ROW_MADE,
	 .field = "Devices",
	 .make = make_devices},
	{.key = "device_cgroup_rules",
	 .flag = "--device-cgroup-rule",
	 .kind = ROW_LIST,
	 .field = "DeviceCgroupRules"},
	{.key = "gpus",
	 .flag = "--gpus",
	 .kind = ROW_MADE,
	 .field = "DeviceRequests",
	 .run_only = true,
	 .make = make_gpus},
	{.key = "privileged", .flag = "--privileged", .kind = ROW_FLAG, .field = "Privileged"},
	{.key = "cap_drop", .flag = "--cap-drop", .kind = ROW_LIST, .field = "CapDrop"},
	{.key = "cap_add", .flag = "--cap-add", .kind = ROW_LIST, .field = "CapAdd"},
	{.key = "security_opt",
	 .flag = "--security-opt",
	 .kind = ROW_MADE,
	 .field = "SecurityOpt",
	 .make = make_security_opt},
	{.key = "group_add", .flag = "--group-add", .kind = ROW_LIST, .field = "GroupAdd"},
	{.key = "userns_mode", .flag = "--userns", .kind = ROW_TEXT, .field = "UsernsMode"},
	{.key = "pid", .flag = "--pid", .kind = ROW_TEXT, .field = "PidMode", .usual = "private"},
	{.key = "ipc", .flag = "--ipc", .kind = ROW_TEXT, .field = "IpcMode", .usual = "private"},
	{.key = "uts", .flag = "--uts", .kind = ROW_TEXT, .field = "UTSMode", .usual = "private"},
	{.key = "cgroup",
	 .flag = "--cgroupns",
	 .kind = ROW_MADE,
	 .field = "CgroupnsMode",
	 .make = make_cgroup},
	{.key = "cgroup_parent",
	 .flag = "--cgroup-parent",
	 .kind = ROW_TEXT,
	 .field = "CgroupParent"},
	{.key = "mem_limit", .flag = "--memory", .kind = ROW_POSITIVE, .field = "Memory"},
	{.key = "mem_reservation",
	 .flag = "--memory-reservation",
	 .kind = ROW_POSITIVE,
	 .field = "MemoryReservation"},
	{.key = "memswap_limit",
	 .flag = "--memory-swap",
	 .kind = ROW_NUMBER,
	 .field = "MemorySwap"},
	{.key = "mem_swappiness",
	 .flag = "--memory-swappiness",
	 .kind = ROW_MADE,
	 .field = "MemorySwappiness",
	 .make = make_swappiness},
	{.key = "oom_kill_disable",
	 .flag = "--oom-kill-disable",
	 .kind = ROW_FLAG,
	 .field = "OomKillDisable"},
	{.key = "oom_score_adj",
	 .flag = "--oom-score-adj",
	 .kind = ROW_NUMBER,
	 .field = "OomScoreAdj"},
	{.key = "cpu_shares", .flag = "--cpu-shares", .kind = ROW_POSITIVE, .field = "CpuShares"},
	{.key = "cpus", .flag = "--cpus", .kind = ROW_MADE, .field = "NanoCpus", .make = make_cpus},
	{.key = "cpu_quota", .flag = "--cpu-quota", .kind = ROW_NUMBER, .field = "CpuQuota"},
	{.key = "cpu_period", .flag = "--cpu-period", .kind = ROW_NUMBER, .field = "CpuPeriod"},
	{.key = "cpu_rt_runtime",
	 .flag = "--cpu-rt-runtime",
	 .kind = ROW_NUMBER,
	 .field = "CpuRealtimeRuntime"},
	{.key = "cpu_rt_period",
	 .flag = "--cpu-rt-period",
	 .kind = ROW_NUMBER,
	 .field = "CpuRealtimePeriod"},
	{.key = "cpuset", .flag = "--cpuset-cpus", .kind = ROW_TEXT, .field = "CpusetCpus"},
	{.key = "cpuset_mems",
	 .flag = "--cpuset-mems",
	 .kind = ROW_TEXT,
	 .field = "CpusetMems",
	 .run_only = true},
	{.key = "blkio_config",
	 .flag = "--blkio-weight",
	 .kind = ROW_MADE,
	 .field = "BlkioWeight",
	 .make = make_blkio,
	 .say = say_blkio},
	{.key = "pids_limit", .flag = "--pids-limit", .kind = ROW_POSITIVE, .field = "PidsLimit"},
	{.key = "ulimits",
	 .flag = "--ulimit",
	 .kind = ROW_MADE,
	 .field = "Ulimits",
	 .make = make_ulimits,
	 .say = say_ulimits},
	{.key = "shm_size",
	 .flag = "--shm-size",
	 .kind = ROW_POSITIVE,
	 .field = "ShmSize",
	 .usual = "67108864"},
	{.key = "sysctls", .flag = "--sysctl", .kind = ROW_MAP, .field = "Sysctls"},
	{.key = "runtime",
	 .flag = "--runtime",
	 .kind = ROW_TEXT,
	 .field = "Runtime",
	 .usual = "runc"},
	{.key = "logging",
	 .flag = "--log-driver",
	 .kind = ROW_MADE,
	 .field = "LogConfig",
	 .make = make_logging,
	 .say = say_logging},
	{.key = "restart",
	 .flag = "--restart",
	 .kind = ROW_MADE,
	 .field = "RestartPolicy",
	 .make = make_restart},
	{.key = "stop_signal",
	 .flag = "--stop-signal",
	 .kind = ROW_IMAGE,
	 .in_config = true,
	 .field = "StopSignal",
	 .usual = "SIGTERM"},
	{.key = "stop_grace_period",
	 .flag = "--stop-timeout",
	 .kind = ROW_MADE,
	 .make = make_grace,
	 .say = say_grace},
	{.key = "healthcheck",
	 .flag = "--health-cmd",
	 .kind = ROW_MADE,
	 .make = make_healthcheck,
	 .say = say_healthcheck},
	{.key = "entrypoint",
	 .flag = "--entrypoint",
	 .kind = ROW_MADE,
	 .make = make_entrypoint,
	 .say = say_nothing},
	{.key = "command", .kind = ROW_MADE, .make = make_command, .say = say_nothing},
	{.key = NULL},
};

/*
 * Members of HostConfig that are read by the rows in their own way, that the engine makes of others, or
 * that mean nothing on Linux.
 */
static const char *const read_elsewhere[] = {
	"Binds",	   "Mounts",	    "VolumesFrom",	  "VolumeDriver",
	"ContainerIDFile", "MaskedPaths",   "ReadonlyPaths",	  "ConsoleSize",
	"Cgroup",	   "KernelMemory",  "KernelMemoryTCP",	  "CpuCount",
	"CpuPercent",	   "IOMaximumIOps", "IOMaximumBandwidth", "Isolation",
};

int64_t integer_of(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_INTEGER ? v->integer : 0;
}

bool is_true(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_BOOL && v->boolean;
}

static bool is_number_said(const struct service_row *row, int64_t n)
{
	AUTO_FREE char *text = row->usual ? str_format("%lld", (long long)n) : NULL;

	return n && (n > 0 || row->kind == ROW_NUMBER) && !(text && strcmp(text, row->usual) == 0);
}

/* Null and what the image says are the same. */
static bool is_text_said(const struct service_row *row, const struct value *image, const char *text)
{
	const char *theirs = value_get_text(image, row->field);

	if (row->kind == ROW_IMAGE)
		return !str_equal(text ? text : "", theirs ? theirs : "");
	return text && *text && !(row->usual && strcmp(text, row->usual) == 0);
}

static bool is_said(const struct making *m, const struct service_row *row, const struct value *v)
{
	if (row->kind == ROW_IMAGE || row->kind == ROW_TEXT)
		return is_text_said(row, m->image, value_as_text(v));
	if (!v)
		return false;
	switch (row->kind) {
	case ROW_FLAG:
		return v->kind == VALUE_BOOL && v->boolean;
	case ROW_SWITCH:
		return v->kind == VALUE_BOOL;
	case ROW_LIST:
		return v->kind == VALUE_LIST && v->len;
	case ROW_MAP:
		return v->kind == VALUE_MAP && v->len;
	default:
		return v->kind == VALUE_INTEGER && is_number_said(row, v->integer);
	}
}

static int make_row(const struct making *m, const struct service_row *row, struct value *service)
{
	AUTO_PTR(value) struct value *made = NULL;
	const struct value *v;

	if (row->kind == ROW_MADE) {
		if (row->make(m, &made) < 0)
			return -1;
		return made ? value_set(service, row->key, take_ptr(&made), m->err) : 0;
	}
	v = value_get(row->in_config ? m->config : m->host, row->field);
	if (!is_said(m, row, v))
		return 0;
	/* what the image says can only be unsaid by the engine's own choice */
	made = row->kind == ROW_IMAGE && !(value_as_text(v) && *v->text) ? value_text(row->usual)
									 : value_copy(v);
	return value_set(service, row->key, take_ptr(&made), m->err);
}

static bool is_nothing(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return !v->boolean;
	case VALUE_INTEGER:
		return !v->integer;
	case VALUE_TEXT:
		return !*v->text;
	case VALUE_LIST:
	case VALUE_MAP:
		return !v->len;
	default:
		return false;
	}
}

static bool is_read(const char *field)
{
	for (const struct service_row *row = service_rows; row->key; row++)
		if (row->field && !row->in_config && strcmp(row->field, field) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(read_elsewhere); i++)
		if (strcmp(read_elsewhere[i], field) == 0)
			return true;
	return false;
}

static int note_unread_member(const struct making *m, const struct value_member *member)
{
	AUTO_PTR(value) struct value *shown = value_copy(member->value);
	AUTO_FREE char *text = NULL;

	if (!shown)
		return error_nomem(m->err);
	if (mask_value(shown, m->err) < 0 || json_to_text(shown, &text, m->err) < 0)
		return -1;
	return strv_addf(m->notes, m->err, "HostConfig.%s is not carried over: %s", member->key,
			 text);
}

static int note_unread(const struct making *m)
{
	for (size_t i = 0; i < value_len(m->host); i++) {
		const struct value_member *member = &m->host->members[i];

		if (!is_nothing(member->value) && !is_read(member->key) &&
		    note_unread_member(m, member) < 0)
			return -1;
	}
	return 0;
}

int service_make(const struct value *container, const struct value *image, const struct value *info,
		 struct value **ret_service, struct strv *notes, struct error *err)
{
	AUTO_PTR(value) struct value *service = value_map();
	const struct making m = {
		.container = container,
		.host = value_get(container, "HostConfig"),
		.config = value_get(container, "Config"),
		.image = value_get(image, "Config"),
		.info = info,
		.notes = notes,
		.err = err,
	};

	if (!service)
		return error_nomem(err);
	for (const struct service_row *row = service_rows; row->key; row++)
		if (make_row(&m, row, service) < 0)
			return -1;
	if (note_unread(&m) < 0)
		return -1;
	*ret_service = take_ptr(&service);
	return 0;
}

static const struct service_row *find_row(const char *key)
{
	for (const struct service_row *row = service_rows; row->key; row++)
		if (strcmp(row->key, key) == 0)
			return row;
	return NULL;
}

bool service_is_run_only(const char *key)
{
	const struct service_row *row = find_row(key);

	return row && row->run_only;
}

const char *service_flag(const char *key)
{
	const struct service_row *row = find_row(key);

	return row ? row->flag : NULL;
}
