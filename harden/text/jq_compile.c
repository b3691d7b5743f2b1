// SPDX-License-Identifier: Apache-2.0
/*
 * The thread has libjq's compiler to itself until a program is done; from then on that program is
 * the caller's. A jv is counted without locks, so nothing of one is shared: programs share no
 * constants. Where no thread can be had everything is compiled at once.
 */
#include "harden/text/jq_compile.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Above every library: what would read or end something is defined away. One line, so that only
 * the library's own lines are counted. jq reads `import` and `include` at the head of a program
 * alone, where nobody's text but this stands.
 */
static const char shadows[] =
	"def input: error(\"there is no further input\"); def inputs: empty; def debug: .; "
	"def debug(f): .; def stderr: .; def env: {}; def input_filename: null; "
	"def input_line_number: 0; def halt: error(\"halt\"); def halt_error: error; "
	"def halt_error(f): error; def modulemeta: error(\"there are no modules\"); "
	"def get_search_list: []; {} as $ENV | ";

static char *no_environment[] = {NULL};

void jq_append_head(struct strbuf *program, const struct blob *library, const char *const *names)
{
	strbuf_append(program, shadows);
	strbuf_append(program, ". as [$__wanted, $__env, $__input] | ");
	for (; *names; names++)
		strbuf_appendf(program, "$__env.%s as $%s | ", *names, *names);
	strbuf_append_char(program, '\n');
	if (library)
		strbuf_append_bytes(program, library->data, library->len);
	strbuf_append(program, "\ndef results(f): try [limit(1000; f)] catch "
			       "(if type == \"string\" then . else tojson end);\n");
	strbuf_append(program, "$__input |\n");
}

void jq_append_all(struct strbuf *program, const struct blob *library, const char *const *names,
		   const char *const *texts, const unsigned *program_of, unsigned which,
		   size_t count)
{
	size_t n = 0;

	jq_append_head(program, library, names);
	strbuf_append(program, "[null");
	for (size_t i = 0; i < count; i++)
		if (!program_of || program_of[i] == which)
			strbuf_appendf(program,
				       ", if $__wanted[%zu] then results((\n%s\n)) else null end\n",
				       n++, texts[i]);
	strbuf_append_char(program, ']');
}

static void keep_message(void *cookie, jv message)
{
	struct jq_messages *m = cookie;

	if (m->lib->get_kind(message) == JV_KIND_STRING &&
	    strv_add(&m->items, m->lib->string_value(message), NULL) < 0)
		m->failed = true;
	m->lib->free(message);
}

static int compile(const struct jq_library *lib, const char *program, struct jq_messages *messages,
		   struct jq_state **ret_jq)
{
	int r;

	*ret_jq = lib->init();
	if (!*ret_jq)
		return -1;
	messages->lib = lib;
	lib->set_error_cb(*ret_jq, keep_message, messages);
	r = lib->compile(*ret_jq, program);
	lib->set_error_cb(*ret_jq, NULL, NULL);
	return messages->failed ? -1 : r;
}

int jq_compile_program(const struct jq_library *lib, const char *program,
		       struct jq_messages *messages, struct jq_state **ret_jq, struct error *err)
{
	char **saved = environ;
	int r;

	environ = no_environment;
	r = compile(lib, program, messages, ret_jq);
	environ = saved;
	return r < 0 ? error_nomem(err) : r;
}

struct unit {
	char *text;
	struct jq_state *jq;
	struct jq_messages messages;
	int result;
	bool done; /* under the lock; the rest is the thread's before, the caller's after */
};

struct jq_compiler {
	const struct jq_library *lib;
	struct unit *units;
	size_t count;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started;	    /* and not joined */
	char **environment; /* to be put back */
};

static void *compile_all(void *cookie)
{
	struct jq_compiler *c = cookie;

	for (size_t i = 0; i < c->count; i++) {
		struct unit *u = &c->units[i];

		u->result = compile(c->lib, u->text, &u->messages, &u->jq);
		(void)pthread_mutex_lock(&c->lock); /* these fail only on what is no lock */
		u->done = true;
		(void)pthread_cond_signal(&c->wake);
		(void)pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

/* Signals are for the thread that does the work. */
static bool start_thread(struct jq_compiler *c)
{
	sigset_t all, saved;
	int r;

	(void)sigfillset(&all); /* cannot fail */
	(void)pthread_sigmask(SIG_SETMASK, &all, &saved);
	r = pthread_create(&c->thread, NULL, compile_all, c);
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return r == 0;
}

static void put_back(struct jq_compiler *c)
{
	if (c->started)
		(void)pthread_join(c->thread, NULL); /* it ends by itself */
	c->started = false;
	if (c->environment)
		environ = c->environment;
	c->environment = NULL;
}

int jq_compiler_start(const struct jq_library *lib, char *const *programs, size_t count,
		      struct jq_compiler **ret, struct error *err)
{
	struct jq_compiler *c = calloc(1, sizeof(*c));

	if (c)
		c->units = calloc(count, sizeof(*c->units));
	for (size_t i = 0; i < count; i++) {
		if (c && c->units)
			c->units[i].text = programs[i];
		else
			free(programs[i]);
	}
	if (!c || !c->units) {
		free(c);
		return error_nomem(err);
	}
	c->lib = lib;
	c->count = count;
	if (pthread_mutex_init(&c->lock, NULL) != 0 || pthread_cond_init(&c->wake, NULL) != 0) {
		jq_compiler_free(c);
		return error_nomem(err);
	}
	c->environment = environ;
	environ = no_environment;
	c->started = start_thread(c);
	if (!c->started) {
		(void)compile_all(c);
		put_back(c);
	}
	*ret = c;
	return 0;
}

bool jq_compiler_is_done(struct jq_compiler *c, size_t program)
{
	bool done;

	(void)pthread_mutex_lock(&c->lock);
	done = c->units[program].done;
	(void)pthread_mutex_unlock(&c->lock);
	return done;
}

int jq_compiler_wait(struct jq_compiler *c, size_t program, struct jq_state **ret_jq,
		     struct error *err)
{
	const struct unit *u = &c->units[program];

	(void)pthread_mutex_lock(&c->lock);
	while (!u->done)
		(void)pthread_cond_wait(&c->wake, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (program + 1 == c->count)
		put_back(c);
	*ret_jq = u->jq;
	if (u->result < 0)
		return error_nomem(err);
	if (u->result)
		return 0;
	return error_set(err, ERROR_RECIPE, 0, "a jq expression does not compile: %s",
			 u->messages.items.len ? u->messages.items.items[0]
					       : "for no known reason");
}

void jq_compiler_free(struct jq_compiler *c)
{
	if (!c)
		return;
	put_back(c);
	for (size_t i = 0; i < c->count; i++) {
		if (c->units[i].jq)
			c->lib->teardown(&c->units[i].jq);
		strv_done(&c->units[i].messages.items);
		free(c->units[i].text);
	}
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->lock);
	free(c->units);
	free(c);
}
