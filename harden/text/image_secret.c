// SPDX-License-Identifier: Apache-2.0
/*
 * Names in one table, key blocks and tokens by a look at each line and word. Passwords are found by
 * what the masking of our own reports would hide.
 */
#include "harden/text/image_secret.h"

#include "harden/base/str.h"
#include "harden/text/mask.h"
#include "harden/text/mask_name.h"

#include <fnmatch.h>
#include <string.h>

#define KEY_LINE_MIN 32 /* characters of base64 in the first line of a key */

/* How a file of that name is judged where it holds neither key nor token. */
enum name_rule {
	RULE_CREDENTIALS, /* it exists to hold passwords: what masking hides is one */
	RULE_SETTINGS,	  /* what masking hides may be one */
	RULE_NAMED,	  /* the name suggests one, whatever is in there */
	RULE_KEY_ONLY,	  /* many are public: only a key block counts */
};

static const struct {
	const char *pattern;
	enum name_rule rule;
	const char *kind;
} names[] = {
	{".npmrc", RULE_CREDENTIALS, "npm credentials"},
	{".pypirc", RULE_CREDENTIALS, "credentials of a package index"},
	{".netrc", RULE_CREDENTIALS, "credentials for remote hosts"},
	{".git-credentials", RULE_CREDENTIALS, "git credentials"},
	{".pgpass", RULE_CREDENTIALS, "database passwords"},
	{".dockercfg", RULE_CREDENTIALS, "registry credentials"},
	{".docker/config.json", RULE_CREDENTIALS, "registry credentials"},
	{".aws/credentials", RULE_CREDENTIALS, "cloud credentials"},
	{".kube/config", RULE_CREDENTIALS, "cluster credentials"},
	{".env", RULE_SETTINGS, "settings of an application"},
	{"*.tfstate", RULE_SETTINGS, "the state of Terraform"},
	{"id_rsa", RULE_NAMED, "an SSH key"},
	{"id_dsa", RULE_NAMED, "an SSH key"},
	{"id_ecdsa", RULE_NAMED, "an SSH key"},
	{"id_ed25519", RULE_NAMED, "an SSH key"},
	{"*.p12", RULE_NAMED, "a key store"},
	{"*.pfx", RULE_NAMED, "a key store"},
	{"*.jks", RULE_NAMED, "a key store"},
	{"*.key", RULE_NAMED, "a key"},
	{"*.pem", RULE_KEY_ONLY, NULL},
};

/* A pattern with a slash is the end of the path, another one its last name. */
static bool matches(const char *pattern, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t n = strlen(pattern), len = strlen(path);

	if (strchr(pattern, '/'))
		return len >= n && strcmp(path + len - n, pattern) == 0 &&
		       (len == n || path[len - n - 1] == '/');
	return fnmatch(pattern, base ? base + 1 : path, 0) == 0;
}

static const char *find(const char *p, const char *end, const char *what)
{
	return p < end ? memmem(p, (size_t)(end - p), what, strlen(what)) : NULL;
}

static bool is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

/* Whether a line of a key's own bytes follows, behind headers such as Proc-Type. */
static bool has_body(const char *p, const char *end)
{
	for (int line = 0; line < 8 && p < end; line++) {
		size_t n = 0;

		while (p + n < end && is_base64(p[n]))
			n++;
		if (n >= KEY_LINE_MIN)
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	return false;
}

/* OpenSSH tells the cipher within the base64; "none" is how an open key begins. */
static bool is_encrypted(const char *begin, const char *end)
{
	static const char ssh[] = "OPENSSH PRIVATE KEY";
	const char *stop = find(begin, end, "-----END");

	stop = stop ? stop : end;
	if (find(begin, stop, "ENCRYPTED"))
		return true;
	return find(begin, stop, ssh) && !find(begin, stop, "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU");
}

static struct secret find_key(const char *p, const char *end)
{
	struct secret found = {0};

	while ((p = find(p, end, "-----BEGIN "))) {
		const char *line = memchr(p, '\n', (size_t)(end - p));
		const char *kind = line ? find(p, line, "PRIVATE KEY") : NULL;

		if (kind && has_body(line + 1, end)) {
			if (!is_encrypted(p, end))
				return (struct secret){"a private key", true};
			found = (struct secret){"a private key with a passphrase", false};
		}
		p += strlen("-----BEGIN ");
	}
	return found;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* Of a token that somebody was given, not of one that stands for it in a manual or a test. */
static bool is_given(const char *word, size_t len)
{
	bool seen[256] = {false};
	size_t different = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		different += !seen[(unsigned char)word[i]];
		seen[(unsigned char)word[i]] = true;
		digits += word[i] >= '0' && word[i] <= '9';
	}
	return different >= 10 && digits >= 2 && !memmem(word, len, "EXAMPLE", 7);
}

static bool has_token(const char *p, const char *end)
{
	while (p < end) {
		const char *word = p;

		while (p < end && is_word(*p))
			p++;
		if (p - word >= 16 && mask_is_known_token(word, (size_t)(p - word)) &&
		    is_given(word, (size_t)(p - word)))
			return true;
		p += p < end;
	}
	return false;
}

/* Whether a report that quoted the file would hide some of it. */
static bool would_be_masked(const char *data, size_t len)
{
	AUTO(strbuf) struct strbuf shown = {0};

	if (mask_text(data, len, &shown, NULL) < 0)
		return true; /* no memory: in doubt it is one */
	return shown.len != len || memcmp(shown.data, data, len) != 0;
}

/* machine HOST login NAME password WORD; HOST:PORT:DATABASE:NAME:PASSWORD */
static bool has_own_password(const char *path, const char *data, size_t len)
{
	if (matches(".netrc", path))
		return find(data, data + len, "password ") != NULL;
	return matches(".pgpass", path) && memchr(data, ':', len);
}

static struct secret judge_named(size_t i, const char *path, const char *data, size_t len)
{
	const struct secret none = {0}, unsure = {names[i].kind, false};
	bool hidden;

	if (!data)
		return names[i].rule == RULE_KEY_ONLY ? none : unsure;
	if (names[i].rule == RULE_KEY_ONLY || len == 0)
		return none;
	if (names[i].rule == RULE_NAMED)
		return find(data, data + len, "PUBLIC KEY") ||
				       find(data, data + len, "-----BEGIN CERTIFICATE") ||
				       find(data, data + len, "DNSKEY")
			       ? none
			       : unsure;
	hidden = would_be_masked(data, len) || has_own_password(path, data, len);
	if (names[i].rule == RULE_CREDENTIALS && hidden)
		return (struct secret){names[i].kind, true};
	return hidden ? unsure : none;
}

struct secret secret_judge(const char *path, const char *data, size_t len)
{
	struct secret found = {0};

	if (data && !memchr(data, '\0', len)) {
		found = find_key(data, data + len);
		if (found.sure)
			return found;
		if (has_token(data, data + len))
			return (struct secret){"an access token", true};
	}
	for (size_t i = 0; i < ARRAY_SIZE(names) && !found.kind; i++)
		if (matches(names[i].pattern, path))
			found = judge_named(i, path, data, len);
	return found;
}
