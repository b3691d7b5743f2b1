// SPDX-License-Identifier: Apache-2.0
/*
 * A record in the journal:
 *	{"kind":"file","mode":"0644","uid":0,"gid":0,"mtime":"1732420000.000000001",
 *	 "sha256":"...","xattrs":[["user.note","6869"]]}
 */
#include "backup/record.h"

#define HEX_MARK "hex:"

static bool is_plain(const char *text)
{
	if (str_starts(text, HEX_MARK))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return false;
	return true;
}

static struct value *hex_to_value(const char *mark, const void *data, size_t len)
{
	AUTO(strbuf) struct strbuf b = {0};

	strbuf_append(&b, mark);
	strbuf_append_hex(&b, data, len);
	return strbuf_text(&b) ? value_text(strbuf_text(&b)) : NULL;
}

struct value *text_to_value(const char *text)
{
	if (!text || is_plain(text))
		return value_text(text);
	return hex_to_value(HEX_MARK, text, strlen(text));
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int wrong(const char *what, struct error *err)
{
	return error_set(err, ERROR_FORMAT, 0, "\"%s\" is missing or wrong", what);
}

static int blob_from_hex(const char *hex, const char *what, struct blob **ret_blob,
			 struct error *err)
{
	size_t n = strlen(hex);
	AUTO_PTR(blob) struct blob *b = blob_new(hex, n / 2);

	if (!b)
		return error_nomem(err);
	if (n % 2)
		return wrong(what, err);
	for (size_t i = 0; i < n / 2; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return wrong(what, err);
		b->data[i] = (char)(high << 4 | low);
	}
	*ret_blob = take_ptr(&b);
	return 0;
}

static int text_from_value(const struct value *v, const char *what, char **ret_text,
			   struct error *err)
{
	AUTO_PTR(blob) struct blob *bytes = NULL;
	const char *text = value_as_text(v);

	if (!text)
		return wrong(what, err);
	if (str_starts(text, HEX_MARK)) {
		if (blob_from_hex(text + strlen(HEX_MARK), what, &bytes, err) < 0)
			return -1;
		text = bytes->data;
	}
	*ret_text = strdup(text);
	return *ret_text ? 0 : error_nomem(err);
}

int text_from_member(const struct value *map, const char *key, char **ret_text, struct error *err)
{
	return text_from_value(value_get(map, key), key, ret_text, err);
}

static struct value *xattrs_to_value(const struct xattrs *x)
{
	AUTO_PTR(value) struct value *list = value_list();

	for (size_t i = 0; list && i < x->len; i++) {
		const struct blob *b = x->items[i].value;
		AUTO_PTR(value) struct value *pair = value_list();

		if (!pair || value_add(pair, text_to_value(x->items[i].name), NULL) < 0 ||
		    value_add(pair, hex_to_value("", b->data, b->len), NULL) < 0 ||
		    value_add(list, take_ptr(&pair), NULL) < 0)
			return NULL;
	}
	return take_ptr(&list);
}

static int xattrs_from_value(const struct value *v, struct xattrs *x, struct error *err)
{
	for (size_t i = 0; i < value_len(v); i++) {
		const struct value *pair = v->members[i].value;
		AUTO_FREE char *name = NULL;
		AUTO_PTR(blob) struct blob *value = NULL;
		const char *hex;

		if (pair->kind != VALUE_LIST || value_len(pair) != 2)
			return wrong("xattrs", err);
		hex = value_as_text(pair->members[1].value);
		if (!hex)
			return wrong("xattrs", err);
		if (blob_from_hex(hex, "xattrs", &value, err) < 0 ||
		    text_from_value(pair->members[0].value, "xattrs", &name, err) < 0 ||
		    xattrs_set(x, name, value, err) < 0)
			return -1;
	}
	return 0;
}

static int add_details(struct value *map, const struct file_record *r)
{
	if (r->kind == FILE_REGULAR &&
	    value_set(map, "mtime",
		      value_textf("%lld.%09ld", (long long)r->mtime.tv_sec, r->mtime.tv_nsec),
		      NULL) < 0)
		return -1;
	if (r->sha256[0] && value_set(map, "sha256", value_text(r->sha256), NULL) < 0)
		return -1;
	if (r->link && value_set(map, "link", text_to_value(r->link), NULL) < 0)
		return -1;
	return r->xattrs.len ? value_set(map, "xattrs", xattrs_to_value(&r->xattrs), NULL) : 0;
}

static struct value *record_to_value(const struct file_record *r)
{
	AUTO_PTR(value) struct value *map = value_map();

	if (!map || value_set(map, "kind", value_text(file_kind_name(r->kind)), NULL) < 0)
		return NULL;
	if (r->kind == FILE_ABSENT)
		return take_ptr(&map);
	if (value_set(map, "mode", value_textf("%04o", r->mode), NULL) < 0 ||
	    value_set(map, "uid", value_integer(r->uid), NULL) < 0 ||
	    value_set(map, "gid", value_integer(r->gid), NULL) < 0 || add_details(map, r) < 0)
		return NULL;
	return take_ptr(&map);
}

static int kind_from_member(const struct value *map, enum file_kind *ret_kind, struct error *err)
{
	const char *name = value_get_text(map, "kind");

	for (int k = FILE_ABSENT; k <= FILE_OTHER; k++) {
		if (str_equal(name, file_kind_name((enum file_kind)k))) {
			*ret_kind = (enum file_kind)k;
			return 0;
		}
	}
	return wrong("kind", err);
}

static int number_from_member(const struct value *map, const char *key, int64_t max,
			      int64_t *ret_number, struct error *err)
{
	const struct value *v = value_get(map, key);

	if (!v || v->kind != VALUE_INTEGER || v->integer < 0 || v->integer > max)
		return wrong(key, err);
	*ret_number = v->integer;
	return 0;
}

static int mode_from_member(const struct value *map, mode_t *ret_mode, struct error *err)
{
	const char *text = value_get_text(map, "mode");
	char *end = NULL;
	unsigned long mode = text ? strtoul(text, &end, 8) : 0;

	if (!text || !*text || *end || mode > 07777)
		return wrong("mode", err);
	*ret_mode = (mode_t)mode;
	return 0;
}

static int time_from_member(const struct value *map, struct timespec *ret_time, struct error *err)
{
	const char *text = value_get_text(map, "mtime");
	char *end = NULL;
	long long seconds;
	long nanoseconds;

	if (!text)
		return wrong("mtime", err);
	seconds = strtoll(text, &end, 10);
	if (end == text || *end != '.' || strlen(end + 1) != 9)
		return wrong("mtime", err);
	text = end + 1;
	nanoseconds = strtol(text, &end, 10);
	if (*end || nanoseconds < 0)
		return wrong("mtime", err);
	*ret_time = (struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds};
	return 0;
}

static int details_from_value(const struct value *v, struct file_record *r, struct error *err)
{
	const char *sha256 = value_get_text(v, "sha256");

	if (r->kind == FILE_REGULAR && time_from_member(v, &r->mtime, err) < 0)
		return -1;
	if (sha256) {
		if (strlen(sha256) != sizeof(r->sha256) - 1 ||
		    strspn(sha256, "0123456789abcdef") != sizeof(r->sha256) - 1)
			return wrong("sha256", err);
		memcpy(r->sha256, sha256, sizeof(r->sha256));
	}
	if (r->kind == FILE_LINK && text_from_member(v, "link", &r->link, err) < 0)
		return -1;
	return xattrs_from_value(value_get(v, "xattrs"), &r->xattrs, err);
}

/* Fills r, which the caller releases also on failure. */
static int record_from_member(const struct value *map, const char *key, struct file_record *r,
			      struct error *err)
{
	const struct value *v = value_get(map, key);
	int64_t uid, gid;

	if (!v)
		return wrong(key, err);
	if (kind_from_member(v, &r->kind, err) < 0)
		return -1;
	if (r->kind == FILE_ABSENT)
		return 0;
	if (mode_from_member(v, &r->mode, err) < 0 ||
	    number_from_member(v, "uid", UINT32_MAX, &uid, err) < 0 ||
	    number_from_member(v, "gid", UINT32_MAX, &gid, err) < 0)
		return -1;
	r->uid = (uid_t)uid;
	r->gid = (gid_t)gid;
	return details_from_value(v, r, err);
}

struct value *intent_to_value(const struct intent *intent)
{
	AUTO_PTR(value) struct value *map = value_map();

	if (!map || value_set(map, "record", value_text("intent"), NULL) < 0 ||
	    value_set(map, "path", text_to_value(intent->path), NULL) < 0 ||
	    value_set(map, "action", value_text(intent_action(intent)), NULL) < 0 ||
	    value_set(map, "before", record_to_value(&intent->before), NULL) < 0 ||
	    value_set(map, "after", record_to_value(&intent->after), NULL) < 0 ||
	    value_set(map, "temp", text_to_value(intent->temp), NULL) < 0 ||
	    value_set(map, "controls", value_from_strv(&intent->controls), NULL) < 0 ||
	    value_set(map, "phase", value_integer(intent->phase), NULL) < 0 ||
	    value_set(map, "promise", value_integer(intent->promise), NULL) < 0 ||
	    value_set(map, "actions", value_integer(intent->actions), NULL) < 0 ||
	    value_set(map, "inode", value_integer((int64_t)intent->inode), NULL) < 0)
		return NULL;
	return take_ptr(&map);
}

static int controls_from_value(const struct value *v, struct strv *controls, struct error *err)
{
	for (size_t i = 0; i < value_len(v); i++) {
		const char *id = value_as_text(v->members[i].value);

		if (!id)
			return wrong("controls", err);
		if (strv_add(controls, id, err) < 0)
			return -1;
	}
	return 0;
}

static int check_path(const struct intent *intent, struct error *err)
{
	if (intent->path[0] != '/' || !intent->path[1] || strstr(intent->path, "//") ||
	    str_ends(intent->path, "/"))
		return wrong("path", err);
	return strchr(intent->temp, '/') ? wrong("temp", err) : 0;
}

static int fill_intent(const struct value *v, struct intent *i, struct error *err)
{
	int64_t phase, promise, actions, inode;

	if (text_from_member(v, "path", &i->path, err) < 0 ||
	    text_from_member(v, "temp", &i->temp, err) < 0 || check_path(i, err) < 0 ||
	    record_from_member(v, "before", &i->before, err) < 0 ||
	    record_from_member(v, "after", &i->after, err) < 0 ||
	    controls_from_value(value_get(v, "controls"), &i->controls, err) < 0 ||
	    number_from_member(v, "phase", PHASE_CONFIG, &phase, err) < 0 ||
	    number_from_member(v, "promise", PROMISE_REBOOT, &promise, err) < 0 ||
	    number_from_member(v, "actions", 0xffff, &actions, err) < 0 ||
	    number_from_member(v, "inode", INT64_MAX, &inode, err) < 0)
		return -1;
	i->phase = (enum stage_phase)phase;
	i->promise = (enum promise)promise;
	i->actions = (unsigned)actions;
	i->inode = (uint64_t)inode;
	return 0;
}

int intent_from_value(const struct value *v, struct intent *ret_intent, struct error *err)
{
	struct intent intent = {0};

	if (fill_intent(v, &intent, err) < 0) {
		intent_done(&intent);
		return -1;
	}
	*ret_intent = intent;
	return 0;
}
