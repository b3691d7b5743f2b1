// SPDX-License-Identifier: Apache-2.0
/*
 * The functions of libcrypto are called by hand-written prototypes, as its headers are not needed
 * to build. Signatures: openssl/pem.h, x509.h, x509_vfy.h, bio.h, the same in 1.1.1 and 3.
 */
#include "harden/text/certificate.h"

#include "harden/text/libcrypto.h"

#include <limits.h>

struct functions {
	void *(*bio)(const void *data, int len);
	void (*bio_free)(void *bio);
	void *(*read_cert)(void *bio, void *reuse, void *password, void *cookie);
	void *(*read_key)(void *bio, void *reuse, void *password, void *cookie);
	void (*cert_free)(void *cert);
	void (*key_free)(void *key);
	int (*matches)(const void *cert, const void *key);
	const void *(*not_before)(const void *cert);
	const void *(*not_after)(const void *cert);
	int (*compare)(const void *when, const time_t *now);
	void (*clear_errors)(void);
};

static const struct library_symbol symbols[] = {
	{"BIO_new_mem_buf", offsetof(struct functions, bio)},
	{"BIO_free_all", offsetof(struct functions, bio_free)},
	{"PEM_read_bio_X509", offsetof(struct functions, read_cert)},
	{"PEM_read_bio_PrivateKey", offsetof(struct functions, read_key)},
	{"X509_free", offsetof(struct functions, cert_free)},
	{"EVP_PKEY_free", offsetof(struct functions, key_free)},
	{"X509_check_private_key", offsetof(struct functions, matches)},
	{"X509_get0_notBefore", offsetof(struct functions, not_before)},
	{"X509_get0_notAfter", offsetof(struct functions, not_after)},
	{"X509_cmp_time", offsetof(struct functions, compare)},
	{"ERR_clear_error", offsetof(struct functions, clear_errors)},
};

struct check {
	struct functions lib;
	time_t now;
	char **ret_why;
	struct error *err;
};

/* Without this, a key with a password would ask for it on the terminal. */
static int no_password(char *buffer, int size, int writing, void *cookie)
{
	(void)writing;
	(void)cookie;
	if (size > 0)
		*buffer = '\0';
	return -1;
}

static int because(const struct check *c, char *why)
{
	*c->ret_why = why;
	return why ? 1 : error_nomem(c->err);
}

/* NULL: nothing in it, or out of memory, which then shows as nothing in it. */
static void *open_file(const struct check *c, const struct pem_file *file)
{
	if (!file->content || !file->content->len || file->content->len > INT_MAX)
		return NULL;
	return c->lib.bio(file->content->data, (int)file->content->len);
}

static int check_times(const struct check *c, const void *cert, const char *path)
{
	if (c->lib.compare(c->lib.not_after(cert), &c->now) < 0)
		return because(c, str_format("the certificate %s has expired", path));
	if (c->lib.compare(c->lib.not_before(cert), &c->now) > 0)
		return because(c, str_format("the certificate %s is not valid yet", path));
	return 0;
}

/* All of a file that may hold several must be right; no later one stands in for an expired one. */
static int check_ca(const struct check *c, const struct pem_file *ca)
{
	void *bio = open_file(c, ca), *cert;
	size_t seen = 0;
	int r = 0;

	while (bio && r == 0 && (cert = c->lib.read_cert(bio, NULL, NULL, NULL))) {
		r = check_times(c, cert, ca->path);
		c->lib.cert_free(cert);
		seen++;
	}
	if (bio)
		c->lib.bio_free(bio);
	return r == 0 && !seen ? because(c, str_format("%s holds no certificate in PEM", ca->path))
			       : r;
}

static int check_pair(const struct check *c, const struct pem_file *cert_file,
		      const struct pem_file *key_file)
{
	void *cert_bio = open_file(c, cert_file), *key_bio = open_file(c, key_file);
	void *cert = cert_bio ? c->lib.read_cert(cert_bio, NULL, NULL, NULL) : NULL;
	void *key = key_bio ? c->lib.read_key(key_bio, NULL, no_password, NULL) : NULL;
	int r;

	if (!cert)
		r = because(c, str_format("%s holds no certificate in PEM", cert_file->path));
	else if (!key)
		r = because(c, str_format("%s holds no private key in PEM that needs no password",
					  key_file->path));
	else if (c->lib.matches(cert, key) != 1)
		r = because(c, str_format("the key %s is not that of the certificate %s",
					  key_file->path, cert_file->path));
	else
		r = check_times(c, cert, cert_file->path);
	c->lib.cert_free(cert);
	c->lib.key_free(key);
	c->lib.bio_free(cert_bio);
	c->lib.bio_free(key_bio);
	return r;
}

int certificate_check(const struct pem_file *ca, const struct pem_file *cert,
		      const struct pem_file *key, time_t now, char **ret_why, struct error *err)
{
	struct check c = {.now = now, .ret_why = ret_why, .err = err};
	int r;

	*ret_why = NULL;
	if (libcrypto_open(symbols, ARRAY_SIZE(symbols), &c.lib, err) < 0)
		return -1;
	r = check_ca(&c, ca);
	if (r == 0)
		r = check_pair(&c, cert, key);
	c.lib.clear_errors();
	return r;
}
