// SPDX-License-Identifier: Apache-2.0
/*
 * Two digits name the directory, the other 62 the file. An object that is there already is read
 * back before it is relied on: one that was damaged since is written anew.
 */
#include "backup/store.h"

#include "harden/host/change_state.h"
#include "harden/host/change_walk.h"
#include "harden/text/digest.h"

int store_open(int state_fd, bool create, struct store *ret_store, struct error *err)
{
	int fd = -1;

	if (state_fd >= 0 && state_subdir(state_fd, "store", create, &fd, err) < 0)
		return -1;
	ret_store->dir = fd;
	return 0;
}

void store_done(struct store *s)
{
	if (s->dir >= 0)
		(void)close(s->dir); /* objects were synced one by one */
	s->dir = -1;
}

/* Opens the directory of an object. Returns 1, or 0 when it does not exist. */
static int open_shelf(const struct store *s, const char *sha256, bool create, int *ret_fd,
		      struct error *err)
{
	char name[3] = {sha256[0], sha256[1], '\0'};

	return s->dir < 0 ? 0 : state_subdir(s->dir, name, create, ret_fd, err);
}

int store_put(struct store *s, const struct blob *content, char ret_sha256[65], struct error *err)
{
	AUTO_PTR(blob) struct blob *old = NULL;
	AUTO_CLOSE int shelf = -1;
	char sha256[DIGEST_HEX_SIZE];

	if (digest_sha256(content->data, content->len, sha256, err) < 0 ||
	    open_shelf(s, sha256, true, &shelf, err) < 0 ||
	    state_read(shelf, sha256 + 2, FILE_CONTENT_MAX, &old, err) < 0)
		return -1;
	if (!blob_equal(old, content) &&
	    state_write(shelf, sha256 + 2, content->data, content->len, err) < 0)
		return -1;
	memcpy(ret_sha256, sha256, sizeof(sha256));
	return 0;
}

int store_sync(struct store *s, struct error *err)
{
	return state_sync(s->dir, err);
}

int store_get(const struct store *s, const char *sha256, struct blob **ret_content,
	      struct error *err)
{
	AUTO_PTR(blob) struct blob *content = NULL;
	AUTO_CLOSE int shelf = -1;
	char found[DIGEST_HEX_SIZE];
	int r = open_shelf(s, sha256, false, &shelf, err);

	if (r > 0)
		r = state_read(shelf, sha256 + 2, FILE_CONTENT_MAX, &content, err);
	if (r < 0)
		return -1;
	if (r == 0)
		return error_set(err, ERROR_FORMAT, 0, "the original %s is missing from the store",
				 sha256);
	if (digest_sha256(content->data, content->len, found, err) < 0)
		return -1;
	if (!str_equal(found, sha256))
		return error_set(err, ERROR_FORMAT, 0, "the original %s in the store is damaged",
				 sha256);
	*ret_content = take_ptr(&content);
	return 0;
}

static bool is_object(const char *shelf, const char *name)
{
	return strlen(shelf) == 2 && strlen(name) == 62 && strspn(name, "0123456789abcdef") == 62;
}

static int list_shelf(const struct store *s, const char *shelf, struct strv *digests,
		      struct error *err)
{
	AUTO(strv) struct strv names = {0};
	AUTO_CLOSE int fd = -1;
	int r = state_subdir(s->dir, shelf, false, &fd, err);

	if (r <= 0)
		return r;
	if (state_list(fd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++)
		if (is_object(shelf, names.items[i]) &&
		    strv_addf(digests, err, "%s%s", shelf, names.items[i]) < 0)
			return -1;
	return 0;
}

int store_list(const struct store *s, struct strv *ret_digests, struct error *err)
{
	AUTO(strv) struct strv shelves = {0}, digests = {0};

	if (s->dir >= 0 && state_list(s->dir, &shelves, err) < 0)
		return -1;
	for (size_t i = 0; i < shelves.len; i++)
		if (list_shelf(s, shelves.items[i], &digests, err) < 0)
			return -1;
	*ret_digests = digests;
	digests = (struct strv){0};
	return 0;
}

uint64_t store_size(const struct store *s, const char *sha256)
{
	AUTO_CLOSE int shelf = -1;

	return open_shelf(s, sha256, false, &shelf, NULL) > 0 ? state_size(shelf, sha256 + 2) : 0;
}

int store_remove(struct store *s, const char *sha256, struct error *err)
{
	AUTO_CLOSE int shelf = -1;
	int r = open_shelf(s, sha256, false, &shelf, err);

	return r <= 0 ? r : state_remove(shelf, sha256 + 2, false, err);
}
