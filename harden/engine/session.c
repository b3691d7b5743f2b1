// SPDX-License-Identifier: Apache-2.0
/*
 * Opening a session: recipe texts to controls, the site's decisions, the command line's, then the
 * host. Nothing of the host is looked at before the recipe is known to be right.
 */
#include "harden/engine/session.h"

#include "backup/past.h"
#include "harden/engine/types.h"
#include "harden/host/look_build.h"
#include "harden/host/look_engine.h"
#include "harden/host/look_facts.h"
#include "harden/host/look_image.h"
#include "harden/host/look_question.h"
#include "harden/recipe/entry.h"
#include "harden/recipe/load.h"
#include "harden/recipe/select.h"
#include "harden/recipe/site.h"
#include "harden/resource/type.h"

#include <errno.h>
#include <sys/utsname.h>

#define LEVEL_DEFAULT 2
#define ENGINE_LIBRARY "engine.jq"

bool control_waived(const struct control *control)
{
	const struct waiver *w = control->waiver;

	return w && !w->expired && !w->only.len;
}

static struct recipe_text recipe_text(const struct source_text *source)
{
	return (struct recipe_text){
		.file = source->name,
		.data = source->bytes->data,
		.len = source->bytes->len,
	};
}

static struct recipe_text *recipe_texts(const struct session_request *request, struct error *err)
{
	struct recipe_text *texts = calloc(request->recipes_len, sizeof(*texts));

	if (!texts) {
		(void)error_nomem(err);
		return NULL;
	}
	for (size_t i = 0; i < request->recipes_len; i++)
		texts[i] = recipe_text(&request->recipes[i]);
	return texts;
}

static int load_recipe(struct session *s, size_t count, struct error *err)
{
	AUTO(problems) struct problems problems = {0};
	AUTO_FREE struct recipe_text *texts = recipe_texts(s->request, err);

	if (!texts)
		return -1;
	return recipe_load(texts, count, recipe_types(), &s->recipe, &problems, err);
}

/* Sets *ret_level to the site's level, 0 when it says nothing. */
static int apply_site(struct session *s, int *ret_level, struct error *err)
{
	AUTO(problems) struct problems problems = {0};
	AUTO(site) struct site site = {0};
	struct recipe_text text;

	*ret_level = 0;
	if (!s->request->site)
		return 0;
	text = recipe_text(s->request->site);
	if (site_load(&text, &site, &problems, err) < 0 ||
	    site_apply(&site, &s->recipe, s->request->today, &problems, err) < 0 ||
	    site_restart(&site, &s->restart, err) < 0)
		return -1;
	*ret_level = site.level;
	return 0;
}

static int decide(struct session *s, struct error *err)
{
	const struct session_request *r = s->request;
	int site_level, level;

	if (apply_site(s, &site_level, err) < 0)
		return -1;
	level = r->level ? r->level : site_level ? site_level : LEVEL_DEFAULT;
	for (size_t i = 0; i < r->set->len; i++)
		if (recipe_set(&s->recipe, r->set->items[i], err) < 0)
			return -1;
	if (recipe_accept(&s->recipe, r->accept, err) < 0)
		return -1;
	return recipe_select(&s->recipe, r->only_by ? r->only_by : "--only", r->only, r->skip,
			     level, err);
}

static int choose_controls(struct session *s, struct error *err)
{
	size_t enough = s->request->recipes_enough, all = s->request->recipes_len;

	if (enough && enough < all) {
		AUTO(error) struct error lacking = {0};

		if (load_recipe(s, enough, &lacking) == 0 && decide(s, &lacking) == 0)
			return 0;
		recipe_done(&s->recipe);
		strv_done(&s->restart);
	}
	return load_recipe(s, all, err) < 0 ? -1 : decide(s, err);
}

/* Only asked on a live host whose daemon began before a change. */
static int past_content(void *cookie, const char *path, struct timespec when,
			struct blob **ret_content, struct error *err)
{
	struct session *s = cookie;
	AUTO_PTR(backup) struct backup *b = NULL;

	if (backup_open(s->host.root_fd, s->host.root, s->request->state_dir, BACKUP_READ, &b,
			err) < 0)
		return -1;
	return backup_past_content(b, path, when, ret_content, err);
}

static unsigned traits_of(const struct value *entry)
{
	const struct value_member *m = entry_type(entry);
	const struct resource_type *type = m ? resource_type_find(m->key) : NULL;

	return type ? type->schema.traits : 0;
}

static bool needs_engine(const struct control *c)
{
	for (size_t i = 0; i < value_len(c->ensure); i++)
		if (traits_of(c->ensure->members[i].value) & TYPE_NEEDS_ENGINE)
			return true;
	return false;
}

/* Entries about a Dockerfile count when one is looked at, and then no others do. */
static void keep_entries(struct control *c, bool build)
{
	size_t kept = 0, len = value_len(c->ensure);

	for (size_t i = 0; i < len; i++) {
		struct value_member m = c->ensure->members[i];

		if (!(traits_of(m.value) & TYPE_NEEDS_BUILD) == !build)
			c->ensure->members[kept++] = m;
		else
			value_free(m.value);
	}
	if (c->ensure)
		c->ensure->len = kept;
	if (!kept)
		c->selected = false;
}

static void choose_entries(struct session *s)
{
	for (size_t i = 0; i < s->recipe.len; i++)
		keep_entries(&s->recipe.controls[i], s->request->build != NULL);
}

/* Without an engine its controls are not selected, whatever else was said. */
static void leave_out_engine(struct session *s)
{
	for (size_t i = 0; i < s->recipe.len; i++)
		if (s->recipe.controls[i].selected && needs_engine(&s->recipe.controls[i])) {
			s->recipe.controls[i].selected = false;
			s->left_out++;
		}
}

static bool judges_each_image(const struct control *c)
{
	bool image = false;

	for (size_t i = 0; i < value_len(c->ensure); i++) {
		const struct value_member *m = entry_type(c->ensure->members[i].value);

		if (!m || strcmp(m->key, "engine") != 0 || value_get(m->value, "gather"))
			return false;
		image = image || str_equal(value_get_text(m->value, "each"), "image");
	}
	return image;
}

/* What stays can be said of an image alone; what else such a control judges is not there. */
static int select_for_image(struct session *s, const char *image, struct error *err)
{
	bool any = false;

	for (size_t i = 0; i < s->recipe.len; i++) {
		struct control *c = &s->recipe.controls[i];

		c->selected = c->selected && judges_each_image(c);
		any = any || c->selected;
	}
	if (any)
		return 0;
	(void)error_set(err, ERROR_USAGE, 0, "no selected control is about an image such as %s",
			image);
	error_next(err, "select some of 4.1 to 4.12, or leave out --only, --skip and --level");
	return -1;
}

static bool engine_selected(const struct session *s)
{
	for (size_t i = 0; i < s->recipe.len; i++)
		if (s->recipe.controls[i].selected && needs_engine(&s->recipe.controls[i]))
			return true;
	return false;
}

static int no_engine_for(const char *image, struct error *err)
{
	(void)error_set(err, ERROR_USAGE, 0, "there is no engine to ask for the image %s", image);
	error_next(err, "name an engine with --engine URL, or an archive: its name ends in .tar or "
			"begins with / or ./");
	return -1;
}

static int read_library(struct session *s, struct blob **ret_library, struct error *err)
{
	if (s->request->read_template(s->request->cookie, ENGINE_LIBRARY, ret_library, err) < 0)
		return error_wrap(err, "jq definitions %s", ENGINE_LIBRARY);
	return 0;
}

static int open_dockerfile(struct session *s, struct error *err)
{
	const struct build_request *b = s->request->build;
	AUTO_PTR(blob) struct blob *library = NULL;

	if (build_open(&s->host, b->file, b->path, b->context, err) < 0 ||
	    read_library(s, &library, err) < 0)
		return -1;
	return build_questions(&s->host, library, err);
}

/* A directory, or a root that is not the machine's (an image build), has no engine of its own. */
static int open_engine(struct session *s, struct error *err)
{
	const struct engine_request *e = s->request->engine;
	const char *image = s->request->image;
	bool none = !e || (!e->url && !s->host.live);
	AUTO_PTR(blob) struct blob *library = NULL;
	struct engine_access access = {.image = image, .content = image || (e && e->content)};

	if (s->request->build)
		return open_dockerfile(s, err);
	if (image && select_for_image(s, image, err) < 0)
		return -1;
	if (image && none && !image_is_file(image))
		return no_engine_for(image, err);
	if (!image && none) {
		leave_out_engine(s);
		return 0;
	}
	if (!engine_selected(s))
		return 0;
	if (read_library(s, &library, err) < 0)
		return -1;
	access.url = e ? e->url : NULL;
	access.tls = e && e->tls;
	access.cert_path = e ? e->cert_path : NULL;
	access.library = library;
	if (questions_open(&s->host, &access, err) < 0)
		return -1;
	return image ? questions_begin(&s->host, err) : 0;
}

int session_open(const struct session_request *request, struct session *ret_session,
		 struct error *err)
{
	struct session *s = ret_session;

	*s = (struct session){.request = request, .host = {.root_fd = -1}};
	if (clock_gettime(CLOCK_REALTIME, &s->started) < 0)
		return error_set(err, ERROR_SYS, errno, "tell the time");
	if (choose_controls(s, err) < 0)
		return -1;
	if (host_open(request->root, request->force_live, &s->stage, &s->host, err) < 0)
		return -1;
	s->host.engine_none = !request->engine || request->image;
	s->host.past = past_content;
	s->host.past_cookie = s;
	choose_entries(s);
	return open_engine(s, err);
}

int session_facts(struct session *s, struct error *err)
{
	if (s->request->build)
		return 0; /* they are a host's */
	if (s->facts.len && s->facts_generation == s->host.stage->generation)
		return 0;
	facts_done(&s->facts);
	if (look_facts(&s->host, &s->facts, err) < 0)
		return error_wrap(err, "find out about this host");
	s->facts_generation = s->host.stage->generation;
	return 0;
}

int session_engine_facts(struct session *s, struct error *err)
{
	const struct engine_request *e = s->request->engine;
	struct engine_address address = {0};

	if (!e || (!e->url && !s->host.live))
		return 0;
	address.url = e->url;
	address.tls = e->tls;
	address.cert_path = e->cert_path;
	return look_engine_facts(&s->host, &address, &s->facts, err);
}

int session_recipe_digest(struct session *s, struct error *err)
{
	AUTO_FREE struct recipe_text *texts = NULL;

	if (s->recipe.sha256)
		return 0;
	texts = recipe_texts(s->request, err);
	if (!texts)
		return -1;
	return recipe_digest(&s->recipe, texts, s->request->recipes_len, err);
}

/* "Debian GNU/Linux 12", without what is unknown. */
static struct value *os_text(const struct facts *f)
{
	const char *os = facts_text(f, "host.os"), *version = facts_text(f, "host.os_version");

	if (!os)
		return value_null();
	return value_textf("%s%s%s", os, version ? " " : "", version ? version : "");
}

/* The name of a live host is the kernel's; that of a tree stands in its /etc/hostname. */
static struct value *host_name(struct session *s)
{
	struct utsname uts;

	if (s->host.offline || uname(&uts) < 0)
		return value_null();
	return value_text(uts.nodename);
}

static struct value *host_value(struct session *s)
{
	AUTO_PTR(value) struct value *map = value_map();

	if (!map || value_set(map, "name", host_name(s), NULL) < 0 ||
	    value_set(map, "os", os_text(&s->facts), NULL) < 0 ||
	    value_set(map, "kernel", value_text(facts_text(&s->facts, "host.kernel")), NULL) < 0 ||
	    value_set(map, "docker", value_text(facts_text(&s->facts, "docker.version")), NULL) <
		    0 ||
	    value_set(map, "root", value_text(s->host.root), NULL) < 0 ||
	    value_set(map, "live", value_bool(s->host.live), NULL) < 0)
		return NULL;
	if (s->request->build &&
	    (value_set(map, "dockerfile", value_text(s->request->build->file), NULL) < 0 ||
	     value_set(map, "context", value_text(s->request->build->context), NULL) < 0))
		return NULL;
	return take_ptr(&map);
}

static const char *why_no_engine(const struct session *s)
{
	if (s->host.offline)
		return "a host tree has none";
	return s->request->engine ? "this root is not the machine's; --engine URL names one"
				  : "--engine none";
}

int session_head(struct session *s, bool digest, struct document_head *ret_head, struct error *err)
{
	struct timespec now = s->started;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* worked when the session was opened */
	if (digest && session_recipe_digest(s, err) < 0)
		return -1;
	ret_head->benchmark = strdup(s->recipe.benchmark);
	ret_head->benchmark_version = strdup(s->recipe.version);
	ret_head->recipe_sha256 = s->recipe.sha256 ? strdup(s->recipe.sha256) : NULL;
	ret_head->host = host_value(s);
	ret_head->started = s->started;
	ret_head->left_out = s->left_out;
	if (s->left_out)
		ret_head->no_engine = why_no_engine(s);
	ret_head->elapsed_ms = (now.tv_sec - s->started.tv_sec) * 1000 +
			       (now.tv_nsec - s->started.tv_nsec) / 1000000;
	if (!ret_head->benchmark || !ret_head->benchmark_version || !ret_head->host ||
	    (s->recipe.sha256 && !ret_head->recipe_sha256))
		return error_nomem(err);
	return 0;
}

void session_done(struct session *s)
{
	facts_done(&s->facts);
	host_done(&s->host);
	stage_done(&s->stage);
	recipe_done(&s->recipe);
	strv_done(&s->restart);
}
