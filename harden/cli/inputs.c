// SPDX-License-Identifier: Apache-2.0
/*
 * Reading recipes, site file and templates. They are found beside the program: PREFIX/bin/harden
 * reads PREFIX/share/harden, the program of a build tree reads that tree. Whoever can write one of
 * these files decides what root does, hence the check on the open descriptor.
 */
#include "config.h"

#include "harden/cli/inputs.h"

#include "harden/recipe/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define DEFAULT_RECIPE "cis-docker-1.6.0.yaml"
#define DEFAULT_REST "cis-docker-1.6.0-engine.yaml" /* belongs to it */
#define ENGINE_LIBRARY "engine.jq"
#define INPUT_MAX (4u << 20) /* bytes */

static int read_all(int fd, size_t size, const char *path, struct blob **ret_bytes,
		    struct error *err)
{
	AUTO(strbuf) struct strbuf text = {0};

	if (strbuf_read(&text, fd, size, INPUT_MAX) < 0)
		return errno == EFBIG ? error_set(err, ERROR_RECIPE, 0,
						  "%s is larger than %u bytes", path, INPUT_MAX)
				      : error_set(err, ERROR_SYS, errno, "read %s", path);
	*ret_bytes = blob_from_strbuf(&text);
	return *ret_bytes ? 0 : error_nomem(err);
}

static int read_input(const char *path, bool must_be_ours, struct blob **ret_bytes,
		      struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERROR_SYS, errno, "open %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return error_set(err, ERROR_RECIPE, 0, "%s is no regular file", path);
	if (must_be_ours && trust_check(&st, path, err) < 0)
		return -1;
	return read_all(fd, (size_t)st.st_size, path, ret_bytes, err);
}

int inputs_file(const char *path, struct blob **ret_bytes, struct error *err)
{
	return read_input(path, false, ret_bytes, err);
}

/* The directory of our own executable. */
static int program_directory(char **ret_dir, struct error *err)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n < 0)
		return error_set(err, ERROR_SYS, errno,
				 "find our own program: read /proc/self/exe");
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	*ret_dir = strdup(path);
	return *ret_dir ? 0 : error_nomem(err);
}

static int find_data_dir(char **ret_dir, struct error *err)
{
	static const char *const beside[] = {"../share/harden", ".."};
	AUTO_FREE char *program = NULL;

	if (program_directory(&program, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		AUTO_FREE char *dir = str_format("%s/%s", program, beside[i]);
		AUTO_FREE char *recipe =
			str_format("%s/%s/recipes/" DEFAULT_RECIPE, program, beside[i]);
		struct stat st;

		if (!dir || !recipe)
			return error_nomem(err);
		if (stat(recipe, &st) == 0) {
			*ret_dir = take_ptr(&dir);
			return 0;
		}
	}
	*ret_dir = strdup(HARDEN_DATADIR);
	return *ret_dir ? 0 : error_nomem(err);
}

/* "cis-docker-1.6.0" and "linux-base.yaml" name installed recipes; a path names a file. */
static char *recipe_path(const struct inputs *in, const char *name)
{
	if (strchr(name, '/'))
		return strdup(name);
	if (str_ends(name, ".yaml") || str_ends(name, ".yml")) {
		struct stat st;

		if (stat(name, &st) == 0)
			return strdup(name);
		return str_format("%s/recipes/%s", in->data_dir, name);
	}
	return str_format("%s/recipes/%s.yaml", in->data_dir, name);
}

static int add_file(struct inputs *in, const char *path, struct error *err)
{
	size_t i = in->recipes_len;

	if (read_input(path, in->must_be_ours, &in->recipe_bytes[i], err) < 0) {
		error_next(err, "name a recipe file, or an installed one such as cis-docker-1.6.0");
		return -1;
	}
	in->recipes[i].bytes = in->recipe_bytes[i];
	in->recipes[i].name = strdup(path);
	in->recipes_len++;
	return in->recipes[i].name ? 0 : error_nomem(err);
}

/* The installed default is two files under one name. */
static int add_recipe(struct inputs *in, const char *name, struct error *err)
{
	AUTO_FREE char *path = recipe_path(in, name);
	AUTO_FREE char *first = str_format("%s/recipes/" DEFAULT_RECIPE, in->data_dir);
	AUTO_FREE char *rest = str_format("%s/recipes/" DEFAULT_REST, in->data_dir);

	if (!path || !first || !rest)
		return error_nomem(err);
	if (add_file(in, path, err) < 0)
		return -1;
	return strcmp(path, first) == 0 ? add_file(in, rest, err) : 0;
}

static int read_recipes(struct inputs *in, const struct options *o, struct error *err)
{
	size_t count = o->recipes.len ? o->recipes.len : 1;

	in->recipes = calloc(2 * count, sizeof(*in->recipes));
	in->recipe_bytes = calloc(2 * count, sizeof(*in->recipe_bytes));
	if (!in->recipes || !in->recipe_bytes)
		return error_nomem(err);
	for (size_t i = 0; i < count; i++)
		if (add_recipe(in, o->recipes.len ? o->recipes.items[i] : DEFAULT_RECIPE, err) < 0)
			return -1;
	return 0;
}

static int read_site(struct inputs *in, const struct options *o, struct error *err)
{
	AUTO(error) struct error problem = {0};

	/* the site file may be what is linted; a Dockerfile belongs to no host */
	if (o->verb->bit == VERB_LINT || (o->dockerfile && !o->config))
		return 0;
	in->site_name = o->config ? strdup(o->config)
				  : str_format("%s/etc/harden/harden.yaml", o->root ? o->root : "");
	if (!in->site_name)
		return error_nomem(err);
	if (read_input(in->site_name, in->must_be_ours, &in->site_bytes, &problem) < 0) {
		if (!o->config && (problem.sys == ENOENT || problem.sys == ENOTDIR))
			return 0;
		error_move(err, &problem);
		return -1;
	}
	in->site = (struct source_text){.name = in->site_name, .bytes = in->site_bytes};
	return 0;
}

static int read_today(struct inputs *in, struct error *err)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) || !strftime(in->today, sizeof(in->today), "%Y-%m-%d", &tm))
		return error_set(err, ERROR_SYS, errno, "tell today's date");
	return 0;
}

static bool must_be_ours(const struct options *options)
{
	return options->verb->changes && !options->dry_run && geteuid() == 0;
}

int inputs_read_site(const struct options *options, struct inputs *ret_inputs, struct error *err)
{
	AUTO(inputs) struct inputs in = {.must_be_ours = must_be_ours(options)};

	if (read_site(&in, options, err) < 0)
		return -1;
	*ret_inputs = in;
	in = (struct inputs){0};
	return 0;
}

static int read_template(void *cookie, const char *name, struct blob **ret_bytes, struct error *err)
{
	const struct inputs *in = cookie;
	AUTO_FREE char *path = NULL;

	path = name[0] == '/' ? strdup(name) : str_format("%s/templates/%s", in->data_dir, name);
	if (!path)
		return error_nomem(err);
	return read_input(path, in->must_be_ours, ret_bytes, err);
}

/*
 * --engine, else what the docker command would ask, else this host's own. Changes are made to this
 * host alone, so there DOCKER_HOST says nothing.
 */
static int choose_engine(struct inputs *in, const struct options *o, struct error *err)
{
	const char *host = getenv("DOCKER_HOST"), *verify = getenv("DOCKER_TLS_VERIFY");
	const char *certs = getenv("DOCKER_CERT_PATH"), *home = getenv("HOME");

	in->has_engine = !(o->engine && strcmp(o->engine, "none") == 0) && (!o->root || o->engine);
	if (o->engine)
		in->engine.url = o->engine;
	else if ((o->verb->bit & (VERB_AUDIT | VERB_EXPLAIN | VERB_FACTS | VERB_SUGGEST)) && host &&
		 *host)
		in->engine.url = host;
	in->engine.content = o->verb->bit & (VERB_AUDIT | VERB_EXPLAIN);
	if (!in->has_engine || !in->engine.url)
		return 0;
	in->engine.tls = verify && *verify;
	if (certs && *certs)
		in->engine_certs = strdup(certs);
	else if (in->engine.tls && home)
		in->engine_certs = path_join(home, ".docker");
	else
		return 0;
	in->engine.cert_path = in->engine_certs;
	return in->engine_certs ? 0 : error_nomem(err);
}

int inputs_library(const struct inputs *in, struct blob **ret_bytes, struct error *err)
{
	return read_template((void *)in, ENGINE_LIBRARY, ret_bytes, err);
}

int inputs_read(const struct options *options, struct inputs *ret_inputs, struct error *err)
{
	AUTO(inputs) struct inputs in = {.must_be_ours = must_be_ours(options)};

	if (choose_engine(&in, options, err) < 0 || find_data_dir(&in.data_dir, err) < 0 ||
	    read_recipes(&in, options, err) < 0 || read_site(&in, options, err) < 0 ||
	    read_today(&in, err) < 0)
		return -1;
	in.build =
		(struct build_request){options->dockerfile, options->build_path, options->context};
	*ret_inputs = in;
	in = (struct inputs){0};
	return 0;
}

/*
 * A plan without an engine has nothing to do with what the second file of the default is about, and
 * reading it takes a third of the run.
 */
static size_t recipes_enough(const struct inputs *inputs, const struct options *options)
{
	bool plans = options->verb->bit & (VERB_PLAN | VERB_APPLY);
	bool of_host = !inputs->has_engine && !options->image && !options->dockerfile;

	return plans && of_host && !options->recipes.len ? 1 : inputs->recipes_len;
}

void inputs_request(const struct inputs *inputs, const struct options *options,
		    struct session_request *ret_request)
{
	*ret_request = (struct session_request){
		.root = options->root,
		.force_live = options->live,
		.state_dir = options->state_dir,
		.recipes = inputs->recipes,
		.recipes_len = inputs->recipes_len,
		.recipes_enough = recipes_enough(inputs, options),
		.site = inputs->site.bytes ? &inputs->site : NULL,
		.only = &options->only,
		.skip = &options->skip,
		.set = &options->set,
		.accept = &options->accept,
		.level = options->level,
		.engine = inputs->has_engine ? &inputs->engine : NULL,
		.image = options->image,
		.build = options->dockerfile ? &inputs->build : NULL,
		.today = inputs->today,
		.read_template = read_template,
		.cookie = (void *)inputs, /* given back to read_template() alone */
	};
}

void inputs_done(struct inputs *in)
{
	for (size_t i = 0; i < in->recipes_len; i++) {
		free((char *)in->recipes[i].name);
		blob_free(in->recipe_bytes[i]);
	}
	free(in->recipes);
	free(in->recipe_bytes);
	free(in->engine_certs);
	free(in->data_dir);
	blob_free(in->site_bytes);
	free(in->site_name);
	*in = (struct inputs){0};
}
