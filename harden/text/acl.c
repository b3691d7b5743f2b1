// SPDX-License-Identifier: Apache-2.0
/*
 * Reading ACL entries. With an ACL the group bits of st_mode are the mask, so the owning group's
 * own rights stand only here.
 */
#include "harden/text/acl.h"

#include <endian.h>
#include <stdint.h>

enum { VERSION = 2, TAG_USER = 0x02, TAG_GROUP_OBJ = 0x04, TAG_GROUP = 0x08, TAG_MASK = 0x10 };

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

static size_t entry_count(const struct blob *acl)
{
	uint32_t version;

	if (!acl || acl->len < sizeof(version))
		return 0;
	memcpy(&version, acl->data, sizeof(version));
	return le32toh(version) == VERSION ? (acl->len - sizeof(version)) / sizeof(struct entry)
					   : 0;
}

static struct entry entry_at(const struct blob *acl, size_t i)
{
	struct entry e;

	memcpy(&e, acl->data + sizeof(uint32_t) + i * sizeof(e), sizeof(e));
	return (struct entry){le16toh(e.tag), le16toh(e.perm), le32toh(e.id)};
}

/* The bits of the entry with that tag, all when there is none. */
static unsigned bits_of(const struct blob *acl, unsigned tag)
{
	for (size_t i = 0; i < entry_count(acl); i++) {
		struct entry e = entry_at(acl, i);

		if (e.tag == tag)
			return e.perm & 7U;
	}
	return 7;
}

bool acl_grants_named(const struct blob *acl)
{
	unsigned mask = bits_of(acl, TAG_MASK);

	for (size_t i = 0; i < entry_count(acl); i++) {
		struct entry e = entry_at(acl, i);

		if ((e.tag == TAG_USER || e.tag == TAG_GROUP) && (e.perm & mask))
			return true;
	}
	return false;
}

mode_t acl_group_bits(const struct blob *acl)
{
	return (mode_t)bits_of(acl, TAG_GROUP_OBJ);
}
