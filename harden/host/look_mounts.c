// SPDX-License-Identifier: Apache-2.0
/*
 * Mount tables of the machine, and what is written down to be mounted.
 */
#include "harden/host/look_mounts.h"

#include "harden/host/look_file.h"
#include "harden/host/look_unit.h"

#include <errno.h>
#include <fcntl.h>

#define MOUNTINFO "/proc/self/mountinfo"

int look_mounts(struct host *host, struct mounts *ret_mounts, struct error *err)
{
	AUTO_CLOSE int fd = -1;
	AUTO(strbuf) struct strbuf text = {0};
	char chunk[16384];
	ssize_t n;

	if (host->offline)
		return error_set(err, ERROR_INTERNAL, 0, "a tree has no mounts");
	fd = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open " MOUNTINFO);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		strbuf_append_bytes(&text, chunk, (size_t)n);
	if (n < 0)
		return error_set(err, ERROR_SYS, errno, "read " MOUNTINFO);
	if (!strbuf_text(&text))
		return error_nomem(err);
	return mountinfo_parse(strbuf_text(&text), ret_mounts, err);
}

/* The name systemd gives to the unit of a mount point (systemd.unit(5), "String Escaping"). */
static int mount_unit_name(const char *point, char **ret_name, struct error *err)
{
	AUTO(strbuf) struct strbuf name = {0};

	for (const char *at = point + 1; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
			     (*at >= '0' && *at <= '9') || *at == ':' || *at == '_' ||
			     (*at == '.' && at != point + 1);

		if (*at == '/')
			strbuf_append_char(&name, '-');
		else if (plain)
			strbuf_append_char(&name, *at);
		else
			strbuf_appendf(&name, "\\x%02x", (unsigned char)*at);
	}
	strbuf_append(&name, ".mount");
	return strbuf_take(&name, ret_name, err);
}

int look_mount_written(struct host *host, const char *point, char **ret_source, struct error *err)
{
	AUTO(look) struct look fstab = {0};
	AUTO(mounts) struct mounts mounts = {0};
	AUTO(unit_set) struct unit_set unit = {0};
	AUTO_FREE char *name = NULL;

	*ret_source = NULL;
	if (look_file(host, "/etc/fstab", LOOK_CONTENT, &fstab, err) < 0)
		return -1;
	if (fstab.state.content && fstab_parse(fstab.state.content->data, &mounts, err) < 0)
		return -1;
	if (mounts_at(&mounts, point)) {
		*ret_source = strdup("/etc/fstab");
		return *ret_source ? 0 : error_nomem(err);
	}
	if (mount_unit_name(point, &name, err) < 0 || look_unit(host, name, &unit, err) < 0)
		return -1;
	if (unit.len && !unit.masked && !(*ret_source = strdup(unit.files[0].path)))
		return error_nomem(err);
	return 0;
}
