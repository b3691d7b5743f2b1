// SPDX-License-Identifier: Apache-2.0
/*
 * Names are split into words (at dashes, dots, underscores and where camelCase turns) and looked up
 * in tables: DB_PASSWORD, registryToken and splunk-token are secrets, token-file and
 * awslogs-credentials-endpoint only say where one is.
 */
#include "harden/text/mask_name.h"

#include "harden/text/mask.h"

#include <strings.h>

#define WORD_MAX 32
#define WORDS_MAX 8

struct words {
	char word[WORDS_MAX][WORD_MAX];
	size_t len;
};

/* A secret wherever they stand in a word ("identitytoken"). */
static const char *const secret_parts[] = {
	"password",   "passwd", "passphrase", "passwort",   "secret",  "token",
	"credential", "apikey", "accesskey",  "privatekey", "authkey",
};

/* A secret as the last word. */
static const char *const secret_last[] = {"pass", "pwd", "auth", "authorization", "cookie"};

/* Before "key": api-key, SECRET_ACCESS_KEY. */
static const char *const secret_before_key[] = {
	"api",	      "access",	 "private", "auth",   "account",
	"encryption", "signing", "shared",  "master", "storage",
};

/* Last words that say where or how, not what. */
static const char *const harmless_last[] = {
	"file",	    "files",	 "path",     "paths",	  "capath", "cacert",	  "cert",
	"dir",	    "directory", "endpoint", "endpoints", "url",    "uri",	  "plugin",
	"plugins",  "helper",	 "helpers",  "store",	  "type",   "driver",	  "format",
	"method",   "mode",	 "verify",   "timeout",	  "ttl",    "max",	  "min",
	"size",	    "length",	 "count",    "limit",	  "expiry", "expiration", "enabled",
	"required", "policy",	 "provider",
};

static const char *const harmless_names[] = {"pwd", "oldpwd"};

static bool has(const char *const *table, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i], word) == 0)
			return true;
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The last words of a name in lower case; longer names and words lose their beginning. */
static struct words split(const char *name, size_t len)
{
	struct words w = {.len = 1};
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool letter = is_upper(name[i]) || is_lower(name[i]) || is_digit(name[i]);
		bool turn = i > 0 && is_upper(name[i]) && is_lower(name[i - 1]);

		if ((!letter || turn) && n > 0) {
			if (w.len == WORDS_MAX)
				memmove(w.word[0], w.word[1], sizeof(w.word[0]) * --w.len);
			memset(w.word[w.len++], 0, WORD_MAX);
			n = 0;
		}
		if (letter && n == WORD_MAX - 1)
			memmove(w.word[w.len - 1], w.word[w.len - 1] + 1, --n);
		if (letter)
			w.word[w.len - 1][n++] = (char)(is_upper(name[i]) ? name[i] + 32 : name[i]);
	}
	if (n == 0 && w.len > 1)
		w.len--; /* a separator at the end */
	return w;
}

static bool has_secret_part(const struct words *w)
{
	for (size_t i = 0; i < w->len; i++)
		for (size_t j = 0; j < ARRAY_SIZE(secret_parts); j++)
			if (strstr(w->word[i], secret_parts[j]))
				return true;
	return false;
}

bool mask_is_secret_name(const char *name, size_t len)
{
	struct words w = split(name, len);
	const char *last = w.word[w.len - 1];

	if (has(harmless_last, ARRAY_SIZE(harmless_last), last))
		return false;
	if (w.len == 1 && has(harmless_names, ARRAY_SIZE(harmless_names), last))
		return false;
	if (has_secret_part(&w) || has(secret_last, ARRAY_SIZE(secret_last), last))
		return true;
	return w.len > 1 && (strcmp(last, "key") == 0 || strcmp(last, "keys") == 0) &&
	       has(secret_before_key, ARRAY_SIZE(secret_before_key), w.word[w.len - 2]);
}

static bool ends(const char *value, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(value + len - n, end, n) == 0;
}

bool mask_is_harmless(const char *value, size_t len)
{
	static const char *const words[] = {"true", "false", "null", "yes",    "no",
					    "on",   "off",   "none", MASK_TEXT};
	static const char *const files[] = {".key", ".pem", ".crt", ".cert"};

	while (len && (value[len - 1] == ',' || value[len - 1] == ' '))
		len--; /* of the JSON around it */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && strncasecmp(value, words[i], len) == 0)
			return true;
	for (size_t i = 0; len && *value == '/' && i < ARRAY_SIZE(files); i++)
		if (ends(value, len, files[i]) && !memchr(value, ' ', len))
			return true;
	return len == 0;
}

bool mask_is_known_token(const char *word, size_t len)
{
	static const struct {
		const char *begin;
		size_t least;
		bool upper; /* only capitals and digits follow */
	} tokens[] = {
		{"AKIA", 20, true},	    {"ASIA", 20, true},	   {"SWMTKN-1-", 20, false},
		{"ghp_", 20, false},	    {"gho_", 20, false},   {"ghs_", 20, false},
		{"github_pat_", 20, false}, {"glpat-", 16, false}, {"dckr_pat_", 16, false},
		{"SWMKEY-1-", 20, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		size_t n = strlen(tokens[i].begin);
		bool upper = true;

		if (len < tokens[i].least || memcmp(word, tokens[i].begin, n) != 0)
			continue;
		for (size_t j = n; j < len; j++)
			upper = upper && (is_upper(word[j]) || is_digit(word[j]));
		if (upper || !tokens[i].upper)
			return true;
	}
	return false;
}

bool mask_looks_random(const char *word, size_t len)
{
	bool odd = false;

	for (size_t i = 1; i < len; i++)
		odd = odd || is_digit(word[i]) || is_upper(word[i]) || word[i] == '=';
	return len >= 6 && odd;
}
