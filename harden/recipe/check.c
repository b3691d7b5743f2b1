// SPDX-License-Identifier: Apache-2.0
/*
 * Maps against key tables. What a scalar must look like is a table by key kind; what a whole
 * ${reference} may stand for is a set of shapes by key kind.
 */
#include "harden/recipe/check.h"

#include "harden/model/fact_table.h"
#include "harden/recipe/keys.h"
#include "harden/recipe/reference.h"
#include "harden/recipe/scalar.h"

#include <stdio.h>

#define NAMES_MAX 128

/* What a value is like, whatever says it. */
enum shape {
	SHAPE_TEXT = 1 << 0,
	SHAPE_INTEGER = 1 << 1,
	SHAPE_BOOL = 1 << 2,
	SHAPE_LIST = 1 << 3,
	SHAPE_MAP = 1 << 4,
	SHAPE_SCALAR = SHAPE_TEXT | SHAPE_INTEGER | SHAPE_BOOL,
	SHAPE_ANY = SHAPE_SCALAR | SHAPE_LIST | SHAPE_MAP,
};

static bool is_text(const char *text)
{
	(void)text;
	return true;
}

static bool is_path(const char *text)
{
	return text[0] == '/';
}

static bool is_template(const char *text)
{
	return is_path(text) || scalar_file_name(text);
}

static bool is_bool(const char *text)
{
	bool b;

	return scalar_bool(text, &b);
}

static bool is_integer(const char *text)
{
	int64_t i;

	return scalar_integer(text, &i);
}

static bool is_mode(const char *text)
{
	unsigned mode;

	return scalar_mode(text, &mode);
}

/* By key kind: the test of a scalar (NULL: scalars do not fit), and what else fits. */
static const struct kind {
	bool (*scalar)(const char *text);
	unsigned shapes;   /* of a value with a kind of its own, and of whole references */
	bool list;	   /* a list of such scalars fits too */
	bool interpolated; /* a reference may stand inside other text */
} kinds[] = {
	[KEY_TEXT] = {is_text, SHAPE_SCALAR, false, true},
	[KEY_TEXT_LIST] = {is_text, SHAPE_SCALAR | SHAPE_LIST, true, true},
	[KEY_PATH] = {is_path, SHAPE_TEXT, false, true},
	[KEY_PATH_LIST] = {is_path, SHAPE_TEXT | SHAPE_LIST, true, true},
	[KEY_BOOL] = {is_bool, SHAPE_BOOL, false, false},
	[KEY_INTEGER] = {is_integer, SHAPE_INTEGER, false, false},
	[KEY_MODE] = {is_mode, SHAPE_TEXT, false, false},
	[KEY_CHOICE] = {is_text, SHAPE_TEXT, false, false},
	[KEY_DATE] = {scalar_date, SHAPE_TEXT, false, false},
	[KEY_ID] = {scalar_id, SHAPE_TEXT, false, false},
	[KEY_MAP] = {NULL, SHAPE_MAP, false, false},
	[KEY_ANY] = {is_text, SHAPE_ANY, true, true},
	[KEY_JQ] = {is_text, 0, false, false},
	[KEY_JQ_MAP] = {NULL, SHAPE_MAP, false, false},
	[KEY_TREE] = {NULL, SHAPE_MAP, false, false},
	[KEY_TEMPLATE] = {is_template, SHAPE_TEXT, false, false},
};

static const unsigned value_shapes[] = {
	[VALUE_NULL] = 0,	   [VALUE_BOOL] = SHAPE_BOOL, [VALUE_INTEGER] = SHAPE_INTEGER,
	[VALUE_REAL] = SHAPE_TEXT, [VALUE_TEXT] = SHAPE_TEXT, [VALUE_LIST] = SHAPE_LIST,
	[VALUE_MAP] = SHAPE_MAP,
};

static const unsigned variable_shapes[] = {
	[VARIABLE_TEXT] = SHAPE_TEXT, [VARIABLE_INTEGER] = SHAPE_INTEGER,
	[VARIABLE_BOOL] = SHAPE_BOOL, [VARIABLE_LIST] = SHAPE_LIST,
	[VARIABLE_MAP] = SHAPE_MAP,
};

static const unsigned fact_shapes[] = {
	[FACT_TEXT] = SHAPE_TEXT,      [FACT_BOOL] = SHAPE_BOOL,      [FACT_PATH] = SHAPE_TEXT,
	[FACT_TEXT_LIST] = SHAPE_LIST, [FACT_PATH_LIST] = SHAPE_LIST,
};

static const char *shape_text(unsigned shape)
{
	return shape == SHAPE_LIST	? "a list"
	       : shape == SHAPE_MAP	? "a map"
	       : shape == SHAPE_BOOL	? "a boolean"
	       : shape == SHAPE_INTEGER ? "an integer"
					: "a text";
}

static size_t known_names(const struct recipe *recipe, const char *names[NAMES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < recipe->vars_len && n < NAMES_MAX; i++)
		names[n++] = recipe->vars[i].name;
	for (size_t i = 0; i < fact_table_len && n < NAMES_MAX; i++)
		names[n++] = fact_table[i].name;
	return n;
}

/* The shape of what name stands for; 0 if it is neither var nor fact. */
static unsigned shape_of_name(const struct checker *c, const char *name)
{
	const struct variable *variable = recipe_variable(c->references, name);
	const struct fact_info *fact;

	if (variable)
		return variable_shapes[variable->type];
	fact = fact_table_find(name);
	return fact ? fact_shapes[fact->kind] : 0;
}

void check_reference_name(const struct checker *c, const char *name, struct place at)
{
	const char *names[NAMES_MAX];

	if (shape_of_name(c, name))
		return;
	problem_unknown(c->problems, at, "fact or var", name, "", names,
			known_names(c->references, names));
}

/* One reference; fits are the shapes that the place takes. */
static void check_reference(const struct checker *c, const struct piece *piece, struct place at,
			    unsigned fits, const struct key *key, const char *what)
{
	AUTO_FREE char *name = strndup(piece->text, piece->len);
	unsigned shape;

	if (!name) {
		c->problems->failed = true;
		return;
	}
	shape = shape_of_name(c, name);
	if (!shape)
		check_reference_name(c, name, at);
	else if (!(shape & fits))
		problem_add(c->problems, at, NULL, "key \"%s\" of %s: expected %s, but ${%s} is %s",
			    key->key, what, key_kind_text(key->kind), name, shape_text(shape));
}

/* Every reference of a text; whole_fits are the shapes that fit if the text is one reference. */
static void check_references(const struct checker *c, const struct value *v, const struct key *key,
			     unsigned whole_fits, const char *what)
{
	const char *cursor = v->text;
	struct piece piece;
	int r;

	if (reference_whole(v->text, &piece)) {
		check_reference(c, &piece, place_of(c->file, v), whole_fits, key, what);
		return;
	}
	while ((r = reference_next(&cursor, &piece)) > 0)
		if (piece.reference)
			check_reference(c, &piece, place_of(c->file, v), SHAPE_SCALAR, key, what);
	if (r < 0)
		problem_add(c->problems, place_of(c->file, v),
			    "write ${name}, or $${ for a literal ${",
			    "key \"%s\" of %s: \"${\" without a name and \"}\" in \"%s\"", key->key,
			    what, v->text);
}

/* All references anywhere in a value of free shape. */
static void check_references_in(const struct checker *c, const struct value *v,
				const struct key *key, const char *what)
{
	if (v->kind == VALUE_TEXT && reference_any(v->text))
		check_references(c, v, key, SHAPE_ANY, what);
	for (size_t i = 0; i < value_len(v); i++)
		if (v->members[i].value)
			check_references_in(c, v->members[i].value, key, what);
}

static size_t count_choices(const char *const *choices)
{
	size_t n = 0;

	while (choices && choices[n])
		n++;
	return n;
}

#define FOUND_MAX 60 /* bytes of a text shown in a message */

/* How much of a text to show: never half of a UTF-8 character. */
static int shown_length(const char *text)
{
	size_t n = strnlen(text, FOUND_MAX + 1);

	if (n > FOUND_MAX)
		for (n = FOUND_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

const char *found_text(const struct value *v, char buffer[FOUND_SIZE])
{
	int n = v->kind == VALUE_TEXT ? shown_length(v->text) : 0;

	if (v->kind == VALUE_TEXT)
		(void)snprintf(buffer, FOUND_SIZE, "\"%.*s%s\"", n, v->text,
			       v->text[n] ? "..." : "");
	else
		(void)snprintf(buffer, FOUND_SIZE, "%s%s", v->kind == VALUE_INTEGER ? "an " : "a ",
			       value_kind_name(v->kind));
	return v->kind == VALUE_NULL ? "nothing" : buffer;
}

static void problem_kind(const struct checker *c, const struct value *v, const struct key *key,
			 const char *what)
{
	AUTO(strbuf) struct strbuf expected = {0};
	AUTO_FREE char *next = NULL;
	const char *nearest = NULL;
	char found[FOUND_SIZE];

	if (key->kind == KEY_CHOICE || (key->kind == KEY_TEXT_LIST && key->choices)) {
		strbuf_append(&expected, "one of");
		for (size_t i = 0; key->choices[i]; i++)
			strbuf_appendf(&expected, "%s %s", i ? "," : "", key->choices[i]);
		if (v->kind == VALUE_TEXT)
			nearest = str_nearest(v->text, key->choices, count_choices(key->choices));
		if (nearest && strlen(v->text) > 2)
			next = str_format("did you mean \"%s\"?", nearest);
	} else {
		strbuf_append(&expected, key_kind_text(key->kind));
	}
	if (expected.failed) {
		c->problems->failed = true;
		return;
	}
	problem_add(c->problems, place_of(c->file, v), next,
		    "key \"%s\" of %s: expected %s, found %s", key->key, what,
		    strbuf_text(&expected), found_text(v, found));
}

static bool is_choice(const char *const *choices, const char *text)
{
	for (; *choices; choices++)
		if (strcmp(*choices, text) == 0)
			return true;
	return false;
}

static void check_text(const struct checker *c, const struct value *v, const struct key *key,
		       const char *what)
{
	const struct kind *kind = &kinds[key->kind];
	struct piece piece;

	if (c->references && reference_any(v->text)) {
		if (!kind->interpolated && !reference_whole(v->text, &piece))
			problem_kind(c, v, key, what);
		else if (kind->scalar == is_path && v->text[0] != '$' && v->text[0] != '/')
			problem_kind(c, v, key, what);
		else
			check_references(c, v, key, kind->shapes, what);
	} else if (!kind->scalar || !kind->scalar(v->text) ||
		   (key->choices && !is_choice(key->choices, v->text))) {
		problem_kind(c, v, key, what);
	} else if (key->required && !v->text[0] && key->kind != KEY_ANY) {
		problem_add(c->problems, place_of(c->file, v), NULL,
			    "key \"%s\" of %s: expected %s, found an empty text", key->key, what,
			    key_kind_text(key->kind));
	}
}

static void check_list(const struct checker *c, const struct value *v, const struct key *key,
		       const char *what)
{
	/* an expanded list may be empty: there is none of that on this host */
	if (c->references && key->required && !v->len)
		problem_add(c->problems, place_of(c->file, v), NULL,
			    "key \"%s\" of %s: expected at least one, found an empty list",
			    key->key, what);
	for (size_t i = 0; i < v->len; i++) {
		const struct value *item = v->members[i].value;

		if (item->kind == VALUE_TEXT)
			check_text(c, item, key, what);
		else if (!(value_shapes[item->kind] & SHAPE_SCALAR))
			problem_kind(c, item, key, what);
	}
}

static void check_members(const struct checker *c, const struct value *v, const struct key *key,
			  const char *what)
{
	const struct key expression = {.key = key->key, .kind = KEY_JQ};
	AUTO_FREE char *context = str_format(" in key \"%s\" of %s", key->key, what);

	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];

		if (key->choices && !is_choice(key->choices, m->key))
			problem_unknown(c->problems, place_of_key(c->file, m), "name", m->key,
					context ? context : "", key->choices,
					count_choices(key->choices));
		if (key->kind == KEY_JQ_MAP)
			check_value(c, m->value, &expression, what);
	}
}

/* Whether leaves lie below path. */
static bool is_branch(const struct key *leaves, const char *path)
{
	size_t n = strlen(path);

	for (; leaves->key; leaves++)
		if (str_starts(leaves->key, path) && leaves->key[n] == '.')
			return true;
	return false;
}

static void unknown_leaf(const struct checker *c, const struct value_member *m, const char *path,
			 const struct key *key, const char *what)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	AUTO_FREE char *context = str_format(" in key \"%s\" of %s", key->key, what);

	for (const struct key *leaf = key->leaves; leaf->key && n < NAMES_MAX; leaf++)
		names[n++] = leaf->key;
	if (!context)
		c->problems->failed = true;
	else
		problem_unknown(c->problems, place_of_key(c->file, m), "name", path, context, names,
				n);
}

/* prefix: the path of v with its dot, "" for the key's own value. */
static void check_tree(const struct checker *c, const struct value *v, const struct key *key,
		       const char *prefix, const char *what)
{
	for (size_t i = 0; i < v->len; i++) {
		const struct value_member *m = &v->members[i];
		AUTO_FREE char *path = str_format("%s%s", prefix, m->key);
		AUTO_FREE char *inner = str_format("%s%s.", prefix, m->key);
		const struct key *leaf;

		if (!path || !inner) {
			c->problems->failed = true;
			return;
		}
		leaf = key_find(key->leaves, path);
		if (leaf)
			check_value(c, m->value, leaf, what);
		else if (!is_branch(key->leaves, path))
			unknown_leaf(c, m, path, key, what);
		else if (m->value->kind == VALUE_MAP)
			check_tree(c, m->value, key, inner, what);
		else
			problem_kind(c, m->value, &(struct key){.key = path, .kind = KEY_MAP},
				     what);
	}
}

void check_value(const struct checker *c, const struct value *v, const struct key *key,
		 const char *what)
{
	const struct kind *kind = &kinds[key->kind];

	if (v->kind == VALUE_MAP && key->kind == KEY_TREE) {
		check_tree(c, v, key, "", what);
		return;
	}
	if (v->kind == VALUE_MAP && (key->choices || key->kind == KEY_JQ_MAP))
		check_members(c, v, key, what);
	if (v->kind == VALUE_MAP && key->kind == KEY_JQ_MAP)
		return;
	if (key->kind == KEY_ANY || (key->kind == KEY_MAP && v->kind == VALUE_MAP)) {
		if (v->kind == VALUE_NULL)
			problem_kind(c, v, key, what);
		else if (c->references)
			check_references_in(c, v, key, what);
	} else if (v->kind == VALUE_TEXT) {
		check_text(c, v, key, what);
	} else if (v->kind == VALUE_LIST && kind->list) {
		check_list(c, v, key, what);
	} else if (!(value_shapes[v->kind] & kind->shapes)) {
		problem_kind(c, v, key, what);
	}
}

static void unknown_key(const struct checker *c, const struct value_member *m,
			const struct key *table, const char *what)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	AUTO_FREE char *context = str_format(" of %s", what);

	for (; table->key && n < NAMES_MAX; table++)
		names[n++] = table->key;
	if (!context)
		c->problems->failed = true;
	else
		problem_unknown(c->problems, place_of_key(c->file, m), "key", m->key, context,
				names, n);
}

static void missing_key(const struct checker *c, const struct value *map, const struct key *key,
			const char *what)
{
	AUTO_FREE char *next = str_format("add it: %s", key->summary);

	problem_add(c->problems, place_of(c->file, map), next, "%s lacks the key \"%s\"", what,
		    key->key);
}

bool check_map(const struct checker *c, const struct value *value, const struct key *table,
	       const char *what)
{
	char found[FOUND_SIZE];

	if (value->kind != VALUE_MAP) {
		problem_add(c->problems, place_of(c->file, value), NULL,
			    "%s: expected a map of keys, found %s", what, found_text(value, found));
		return false;
	}
	for (size_t i = 0; i < value->len; i++) {
		const struct value_member *m = &value->members[i];
		const struct key *key = key_find(table, m->key);

		if (key)
			check_value(c, m->value, key, what);
		else
			unknown_key(c, m, table, what);
	}
	for (; table->key; table++)
		if (table->required && !value_member(value, table->key))
			missing_key(c, value, table, what);
	return true;
}
