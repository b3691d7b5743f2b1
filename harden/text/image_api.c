// SPDX-License-Identifier: Apache-2.0
/*
 * Members of the config under the names of the API.
 */
#include "harden/text/image_api.h"

#include "harden/model/value.h"
#include "harden/text/image_archive.h"

static const struct {
	const char *config, *api;
} members[] = {
	{"created", "Created"}, {"architecture", "Architecture"},
	{"variant", "Variant"}, {"os", "Os"},
	{"author", "Author"},	{"config", "Config"},
};

/* {"a": 1} has "a"; the older spec allows that config is null. */
static int copy_members(const struct value *config, struct value *answer, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct value *v = value_get(config, members[i].config);

		if (v && v->kind != VALUE_NULL &&
		    value_set(answer, members[i].api, value_copy(v), err) < 0)
			return -1;
	}
	if (value_get(answer, "Config"))
		return 0;
	return value_set(answer, "Config", value_map(), err);
}

int image_api_inspect(const struct archive_image *image, struct value **ret_answer,
		      struct error *err)
{
	AUTO_PTR(value) struct value *answer = value_map();
	const struct value *ids = value_get(value_get(image->config, "rootfs"), "diff_ids");
	struct value *root = value_map();

	if (value_set(answer, "RootFS", root, err) < 0 ||
	    value_set(root, "Type", value_text("layers"), err) < 0 ||
	    value_set(root, "Layers", ids ? value_copy(ids) : value_list(), err) < 0 ||
	    value_set(answer, "Id", value_text(image->id), err) < 0 ||
	    value_set(answer, "RepoTags", value_from_strv(&image->tags), err) < 0 ||
	    value_set(answer, "RepoDigests", value_list(), err) < 0 ||
	    copy_members(image->config, answer, err) < 0)
		return -1;
	*ret_answer = take_ptr(&answer);
	return 0;
}

/* The API has the newest step first, the config the oldest. */
int image_api_history(const struct archive_image *image, struct value **ret_answer,
		      struct error *err)
{
	AUTO_PTR(value) struct value *answer = value_list();
	const struct value *steps = value_get(image->config, "history");

	if (!answer)
		return error_nomem(err);
	for (size_t i = steps && steps->kind == VALUE_LIST ? steps->len : 0; i-- > 0;) {
		const struct value *step = steps->members[i].value;
		const char *by = value_get_text(step, "created_by");
		const char *comment = value_get_text(step, "comment");
		struct value *one = value_map();

		if (value_add(answer, one, err) < 0 ||
		    value_set(one, "Id", value_text("<missing>"), err) < 0 ||
		    value_set(one, "CreatedBy", value_text(by ? by : ""), err) < 0 ||
		    value_set(one, "Comment", value_text(comment ? comment : ""), err) < 0)
			return -1;
	}
	*ret_answer = take_ptr(&answer);
	return 0;
}
