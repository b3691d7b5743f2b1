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

	if (host->offline)
		return error_set(err, ERROR_INTERNAL, 0, "a tree has no mounts");
	fd = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERROR_SYS, errno, "open " MOUNTINFO);
	if (strbuf_read(&text, fd, 0, SIZE_MAX) < 0)
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

static int keep(struct written_mount *w, const char *source, const char *type, struct error *err)
{
	w->source = strdup(source);
	w->type = type ? strdup(type) : NULL;
	return w->source && (!type || w->type) ? 0 : error_nomem(err);
}

static int from_fstab(struct host *host, const char *point, struct written_mount *w,
		      struct error *err)
{
	AUTO(look) struct look fstab = {0};
	AUTO(mounts) struct mounts mounts = {0};
	const struct mount *m;

	if (look_file(host, "/etc/fstab", LOOK_CONTENT, &fstab, err) < 0)
		return -1;
	if (fstab.state.content && fstab_parse(fstab.state.content->data, &mounts, err) < 0)
		return -1;
	m = mounts_at(&mounts, point);
	if (!m)
		return 0;
	w->bind = mount_has_option(m, "bind") || mount_has_option(m, "rbind");
	w->at_boot = !mount_has_option(m, "noauto");
	return keep(w, fstab.path, m->type, err);
}

/* Whether a link in a .wants or .requires directory makes systemd start the unit. */
static int is_wanted(struct host *host, const char *unit, bool *ret_wanted, struct error *err)
{
	static const char *const dirs[] = {"/etc/systemd/system", "/usr/lib/systemd/system"};
	static const char *const kinds[] = {"wants", "requires"};

	*ret_wanted = false;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) * ARRAY_SIZE(kinds) && !*ret_wanted; i++) {
		AUTO_FREE char *pattern = str_format("%s/*.%s", dirs[i / 2], kinds[i % 2]);
		AUTO(strv) struct strv found = {0};

		if (!pattern)
			return error_nomem(err);
		if (look_glob(host, pattern, &found, err) < 0)
			return -1;
		for (size_t k = 0; k < found.len && !*ret_wanted; k++) {
			AUTO_FREE char *path = str_format("%s/%s", found.items[k], unit);
			AUTO(look) struct look look = {0};

			if (!path)
				return error_nomem(err);
			if (look_file(host, path, LOOK_NOFOLLOW, &look, err) < 0)
				return -1;
			*ret_wanted = look.state.kind != FILE_ABSENT;
		}
	}
	return 0;
}

static int from_unit(struct host *host, const char *point, struct written_mount *w,
		     struct error *err)
{
	AUTO(unit_set) struct unit_set unit = {0};
	AUTO_FREE char *name = NULL;
	AUTO(strv) struct strv options = {0};
	const char *text;

	if (mount_unit_name(point, &name, err) < 0 || look_unit(host, name, &unit, err) < 0)
		return -1;
	if (!unit.len || unit.masked)
		return 0;
	text = unit_set_text(&unit, "Mount", "Options");
	if (text && strv_split(&options, text, ",", err) < 0)
		return -1;
	w->bind = strv_has(&options, "bind") || strv_has(&options, "rbind");
	if (is_wanted(host, name, &w->at_boot, err) < 0)
		return -1;
	return keep(w, unit.files[0].path, unit_set_text(&unit, "Mount", "Type"), err);
}

int look_mount_written(struct host *host, const char *point, struct written_mount *ret_written,
		       struct error *err)
{
	AUTO(written_mount) struct written_mount w = {0};

	if (from_fstab(host, point, &w, err) < 0 ||
	    (!w.source && from_unit(host, point, &w, err) < 0))
		return -1;
	*ret_written = w;
	w = (struct written_mount){0};
	return 0;
}

void written_mount_done(struct written_mount *w)
{
	free(w->source);
	free(w->type);
	*w = (struct written_mount){0};
}
