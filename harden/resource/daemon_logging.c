// SPDX-License-Identifier: Apache-2.0
/*
 * Log drivers: which send logs away from the host (2.13), and which options each knows. An option
 * unknown to the driver keeps dockerd from starting (moby daemon/logger/factory.go,
 * ValidateLogOpts; checked with dockerd 20.10.24 and 26.1.5).
 */
#include "harden/resource/daemon.h"

#include <string.h>

#define COMMON "labels labels-regex env env-regex tag"

/* Options of every driver: buffering, and the cache behind `docker logs` (20.10). */
static const char any_driver[] =
	"mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress";

static const struct {
	const char *driver, *options; /* a final - is a prefix */
} drivers[] = {
	{"json-file", COMMON " max-file max-size compress"},
	{"local", "max-file max-size compress"},
	{"journald", COMMON},
	{"syslog", COMMON " syslog-"},
	{"gelf", COMMON " gelf-"},
	{"fluentd", COMMON " fluentd-"},
	{"awslogs", "tag awslogs-"},
	{"splunk", COMMON " splunk-"},
	{"gcplogs", "labels labels-regex env env-regex gcp-"},
	{"logentries", COMMON " logentries-token line-only"},
	{"etwlogs", ""},
};

static bool in_words(const char *words, const char *option)
{
	size_t len;

	for (const char *p = words; *p; p += len) {
		p += strspn(p, " ");
		len = strcspn(p, " ");
		if (len && (p[len - 1] == '-' ? strncmp(p, option, len) == 0
					      : strlen(option) == len && !memcmp(p, option, len)))
			return true;
	}
	return false;
}

bool daemon_log_opt_known(const char *driver, const char *option)
{
	if (in_words(any_driver, option) || str_equal(driver, "none"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_equal(drivers[i].driver, driver))
			return in_words(drivers[i].options, option);
	return true; /* a plugin: it says itself */
}

bool daemon_log_is_builtin(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_equal(drivers[i].driver, driver))
			return true;
	return false;
}

/* Whether scheme://host:port leaves this host. */
static bool is_remote_address(const char *address)
{
	const char *scheme = strstr(address, "://"), *host = scheme ? scheme + 3 : address;

	if (str_starts(address, "unix") || host[0] == '/' || !*host)
		return false;
	return !str_starts(host, "127.") && !str_starts(host, "localhost") &&
	       !str_starts(host, "[::1]") && !str_starts(host, "::1") &&
	       !str_starts(host, "0.0.0.0") && host[0] != ':';
}

/* The option that holds the address; without it these drivers talk to this host. */
static const char *address_option(const char *driver)
{
	if (str_equal(driver, "syslog"))
		return "syslog-address";
	if (str_equal(driver, "gelf"))
		return "gelf-address";
	if (str_equal(driver, "fluentd"))
		return "fluentd-address";
	return str_equal(driver, "splunk") ? "splunk-url" : NULL;
}

bool daemon_log_is_remote(const char *driver, const struct value *opts, bool forwarded,
			  const char **ret_why)
{
	const char *option = address_option(driver);
	const char *address = option ? value_get_text(opts, option) : NULL;

	*ret_why = NULL;
	if (str_equal(driver, "journald") || (str_equal(driver, "syslog") && !address)) {
		if (!forwarded)
			*ret_why = "the logs stay in this host's own journal or syslog, and nobody "
				   "said that they are forwarded (forwarded)";
	} else if (str_equal(driver, "json-file") || str_equal(driver, "local")) {
		*ret_why = "the logs stay in files on this host";
	} else if (str_equal(driver, "none") || str_equal(driver, "")) {
		*ret_why = "logs are thrown away";
	} else if (str_equal(driver, "etwlogs")) {
		*ret_why = "this driver is for Windows";
	} else if (option && (!address || !is_remote_address(address))) {
		*ret_why = forwarded ? NULL : "the driver's address is on this host";
	}
	return !*ret_why;
}

int daemon_look_remote(const struct daemon_spec *spec, struct host *host, const struct dockerd *d,
		       struct daemon_seen *seen, struct error *err)
{
	AUTO(setting) struct setting opts = {0};
	const char *driver = value_as_text(seen->now.value), *why;

	(void)host;
	driver = driver ? driver : "";
	if (dockerd_setting(d, "log-opts", &opts, err) < 0)
		return -1;
	if (value_len(opts.value) &&
	    daemon_evidence(seen, value_copy(opts.value), err, "%s", opts.source) < 0)
		return -1;
	for (size_t i = 0; i < value_len(opts.value); i++) {
		const char *option = opts.value->members[i].key;

		if (!daemon_log_opt_known(driver, option) &&
		    daemon_violate(seen, daemon_resource(d, &opts), value_null(),
				   value_text(option), err,
				   "the log driver %s has no option \"%s\" (%s): dockerd does not "
				   "start",
				   driver, option, opts.source) < 0)
			return -1;
	}
	if (!daemon_log_is_remote(driver, opts.value, spec->forwarded, &why))
		return daemon_violate(seen, daemon_resource(d, &seen->now),
				      value_text("a driver that sends logs to another host"),
				      value_text(driver), err, "log-driver is \"%s\" (%s): %s",
				      driver, seen->now.source, why);
	if (!daemon_log_is_builtin(driver))
		return strv_addf(
			&seen->notes, err,
			"the log driver %s is no built-in one: its plugin was not looked at",
			driver);
	return 0;
}
