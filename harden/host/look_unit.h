// SPDX-License-Identifier: Apache-2.0
/*
 * A systemd unit as systemd puts it together (systemd.unit(5), "Unit File Load Path"): the unit
 * file of the highest directory, then the drop-ins of NAME.d and of TYPE.d (service.d) of all
 * directories, sorted by file name; of one name the file of the higher directory counts, NAME.d
 * before TYPE.d. A link to /dev/null or an empty file masks.
 *
 * Directories, highest first: /etc/systemd/system, /run/systemd/system,
 * /usr/local/lib/systemd/system, /usr/lib/systemd/system, /lib/systemd/system; on a merged /usr the
 * last two are one and looked at once. Transient and generated units are not looked at.
 */
#pragma once

#include "harden/host/look_file.h"
#include "harden/text/unit.h"

struct unit_file {
	char *path; /* links resolved */
	char *name; /* its name in the directory: "docker.service", "50-harden.conf" */
	struct blob *content;
	const struct unit *unit; /* borrowed from the host */
	bool dropin;
};

struct unit_set {
	char *name;
	bool exists, masked; /* masked: exists too, but has no files */
	struct unit_file
		*files; /* the unit file first, then the drop-ins in the order they count */
	size_t len, cap;
	struct strv dirs; /* existing NAME.d and TYPE.d directories, links resolved */
};

/* An absent unit is no error (exists is false, drop-ins are not looked for). Errors: as
 * look_file(). */
int look_unit(struct host *host, const char *name, struct unit_set *ret_set, struct error *err);
void unit_set_done(struct unit_set *set);

struct parsed_units; /* one for each content that was met; the host keeps it */
void parsed_units_free(struct parsed_units *units);

struct unit_setting {
	unsigned file; /* index into set->files */
	const struct unit_entry *entry;
};

/* All assignments of a list setting that count: an empty one forgets those before it. The array is
 * the caller's to free; NULL for none. */
int unit_set_settings(const struct unit_set *set, const char *section, const char *key,
		      struct unit_setting **ret_items, size_t *ret_len, struct error *err);
/* The text of the last assignment that counts, NULL if there is none; borrowed. */
const char *unit_set_text(const struct unit_set *set, const char *section, const char *key);
