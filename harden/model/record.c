// SPDX-License-Identifier: Apache-2.0
/*
 * Records of files, their comparison, and the arithmetic between an ACL and a mode.
 */
#include "harden/model/record.h"

#include <endian.h>
#include <stdint.h>

/* Index of name, or where it would stand; the list is short. */
static size_t find_xattr(const struct xattrs *x, const char *name, bool *ret_found)
{
	size_t i = 0;
	int order = 1;

	while (x->items && i < x->len && (order = strcmp(x->items[i].name, name)) < 0)
		i++;
	*ret_found = i < x->len && order == 0;
	return i;
}

struct blob *xattrs_get(const struct xattrs *x, const char *name)
{
	bool found;
	size_t i = find_xattr(x, name, &found);

	return found ? x->items[i].value : NULL;
}

static void remove_xattr(struct xattrs *x, size_t i)
{
	free(x->items[i].name);
	blob_free(x->items[i].value);
	memmove(&x->items[i], &x->items[i + 1], (x->len - i - 1) * sizeof(*x->items));
	x->len--;
}

#if !defined(__clang__)
#pragma GCC diagnostic push
/* gcc 12 loses what is stored in an array that came through vec_reserve()'s void ** */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* Takes name, also on failure. */
static int insert_xattr(struct xattrs *x, size_t slot, char *name, struct blob *value,
			struct error *err)
{
	if (!name)
		return error_nomem(err);
	if (vec_reserve((void **)&x->items, &x->cap, x->len, sizeof(*x->items), err) < 0) {
		free(name);
		return -1;
	}
	for (size_t i = x->len++; i > slot; i--)
		x->items[i] = x->items[i - 1];
	x->items[slot] = (struct xattr){.name = name, .value = blob_ref(value)};
	return 0;
}

#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

int xattrs_set(struct xattrs *x, const char *name, struct blob *value, struct error *err)
{
	bool found;
	size_t i = find_xattr(x, name, &found);

	if (!value) {
		if (found)
			remove_xattr(x, i);
		return 0;
	}
	if (!found)
		return insert_xattr(x, i, strdup(name), value, err);
	(void)blob_ref(value); /* may be the one that is released next */
	blob_free(x->items[i].value);
	x->items[i].value = value;
	return 0;
}

int xattrs_copy(struct xattrs *to, const struct xattrs *from, struct error *err)
{
	struct xattrs copy = {0};

	for (size_t i = 0; i < from->len; i++) {
		if (xattrs_set(&copy, from->items[i].name, from->items[i].value, err) < 0) {
			xattrs_done(&copy);
			return -1;
		}
	}
	*to = copy;
	return 0;
}

bool xattrs_equal(const struct xattrs *a, const struct xattrs *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!str_equal(a->items[i].name, b->items[i].name) ||
		    !blob_equal(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

void xattrs_done(struct xattrs *x)
{
	for (size_t i = 0; i < x->len; i++) {
		free(x->items[i].name);
		blob_free(x->items[i].value);
	}
	free(x->items);
	*x = (struct xattrs){0};
}

int file_record_copy(struct file_record *to, const struct file_record *from, struct error *err)
{
	struct file_record copy = *from;

	copy.xattrs = (struct xattrs){0};
	copy.link = from->link ? strdup(from->link) : NULL;
	if (from->link && !copy.link)
		return error_nomem(err);
	if (xattrs_copy(&copy.xattrs, &from->xattrs, err) < 0) {
		free(copy.link);
		return -1;
	}
	*to = copy;
	return 0;
}

void file_record_done(struct file_record *r)
{
	free(r->link);
	xattrs_done(&r->xattrs);
	*r = (struct file_record){0};
}

static bool same_xattr(const struct file_record *a, const struct file_record *b, const char *name)
{
	return blob_equal(xattrs_get(&a->xattrs, name), xattrs_get(&b->xattrs, name));
}

const char *file_record_difference(const struct file_record *expected,
				   const struct file_record *present)
{
	const struct file_record *e = expected, *p = present;

	if (e->kind != p->kind)
		return p->kind == FILE_ABSENT ? "presence" : "kind";
	if (e->kind == FILE_ABSENT)
		return NULL;
	if (e->kind == FILE_LINK && !str_equal(e->link, p->link))
		return "target";
	if (e->sha256[0] && p->sha256[0] && !str_equal(e->sha256, p->sha256))
		return "content";
	if (e->uid != p->uid)
		return "owner";
	if (e->gid != p->gid)
		return "group";
	if (e->kind == FILE_LINK)
		return NULL;
	if (e->mode != p->mode)
		return "mode";
	if (!same_xattr(e, p, XATTR_ACL) || !same_xattr(e, p, XATTR_DEFAULT_ACL))
		return "ACL";
	return NULL;
}

bool file_record_equal(const struct file_record *a, const struct file_record *b)
{
	if (file_record_difference(a, b) || !xattrs_equal(&a->xattrs, &b->xattrs))
		return false;
	return a->kind != FILE_REGULAR ||
	       (a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec);
}

int file_record_promise(const struct file_record *before, const struct file_state *after,
			struct file_record *ret_promise, struct error *err)
{
	struct file_record promise = {.kind = after->kind};
	AUTO_PTR(blob) struct blob *acl = NULL;

	if (after->kind == FILE_ABSENT) {
		*ret_promise = promise;
		return 0;
	}
	if (acl_with_mode(after->acl, after->mode, &acl, err) < 0 ||
	    file_record_copy(&promise, before, err) < 0)
		return -1;
	promise.kind = after->kind;
	promise.mode = after->mode;
	promise.uid = after->uid;
	promise.gid = after->gid;
	free(take_ptr(&promise.link));
	if (after->link && !(promise.link = strdup(after->link))) {
		(void)error_nomem(err);
		goto fail;
	}
	if (xattrs_set(&promise.xattrs, XATTR_ACL, acl, err) < 0 ||
	    xattrs_set(&promise.xattrs, XATTR_DEFAULT_ACL, after->default_acl, err) < 0)
		goto fail;
	*ret_promise = promise;
	return 0;
fail:
	file_record_done(&promise);
	return -1;
}

/* linux/posix_acl_xattr.h: a 32 bit version, then entries, all little endian. */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

enum {
	ACL_VERSION = 2,
	ACL_USER_OBJ = 0x01,
	ACL_GROUP_OBJ = 0x04,
	ACL_MASK = 0x10,
	ACL_OTHER = 0x20
};

static bool acl_is_sound(const struct blob *acl)
{
	uint32_t version;

	if (acl->len < sizeof(version) || (acl->len - sizeof(version)) % sizeof(struct acl_entry))
		return false;
	memcpy(&version, acl->data, sizeof(version));
	return le32toh(version) == ACL_VERSION;
}

static void set_perm(struct acl_entry *e, mode_t bits)
{
	e->perm = htole16((uint16_t)(bits & 7));
}

int acl_with_mode(const struct blob *acl, mode_t mode, struct blob **ret_acl, struct error *err)
{
	AUTO_PTR(blob) struct blob *copy = NULL;
	bool has_mask = false;

	if (!acl) {
		*ret_acl = NULL;
		return 0;
	}
	if (!acl_is_sound(acl))
		return error_set(err, ERROR_FORMAT, 0, "an ACL of %zu bytes is not one", acl->len);
	copy = blob_new(acl->data, acl->len);
	if (!copy)
		return error_nomem(err);
	for (size_t at = sizeof(uint32_t); at < copy->len; at += sizeof(struct acl_entry)) {
		struct acl_entry e;

		memcpy(&e, copy->data + at, sizeof(e));
		if (le16toh(e.tag) == ACL_USER_OBJ)
			set_perm(&e, mode >> 6);
		else if (le16toh(e.tag) == ACL_MASK)
			set_perm(&e, mode >> 3);
		else if (le16toh(e.tag) == ACL_OTHER)
			set_perm(&e, mode);
		has_mask = has_mask || le16toh(e.tag) == ACL_MASK;
		memcpy(copy->data + at, &e, sizeof(e));
	}
	*ret_acl = has_mask ? take_ptr(&copy) : NULL;
	return 0;
}
