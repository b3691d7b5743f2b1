// SPDX-License-Identifier: Apache-2.0
/*
 * The thread looks at the clock some times a second, so that beginning and ending a run costs a
 * lock and nothing more: there are thousands of runs, and hardly ever one that is too long.
 */
#include "harden/text/jq_watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 50

struct jq_watch {
	const struct jq_library *lib;
	struct jq_state *jq;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, running, halted;
	struct timespec end;
};

/* Cannot fail: the clock is there since Linux 2.6. */
static struct timespec from_now(long milliseconds)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += milliseconds / 1000;
	t.tv_nsec += milliseconds % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static bool is_over(const struct timespec *end)
{
	struct timespec now = from_now(0);

	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static void *watch_run(void *cookie)
{
	struct jq_watch *w = cookie;

	(void)pthread_mutex_lock(&w->lock); /* these fail only on what is no lock */
	while (!w->stop) {
		struct timespec tick = from_now(TICK_MS);

		if (w->running && !w->halted && is_over(&w->end)) {
			w->lib->halt(w->jq, w->lib->null(), w->lib->null());
			w->halted = true;
		}
		(void)pthread_cond_timedwait(&w->wake, &w->lock, &tick); /* late is no harm */
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are for the thread that does the work. */
static int start_thread(struct jq_watch *w)
{
	sigset_t all, saved;
	int r;

	(void)sigfillset(&all); /* cannot fail */
	(void)pthread_sigmask(SIG_SETMASK, &all, &saved);
	r = pthread_create(&w->thread, NULL, watch_run, w);
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return r;
}

static int init_condition(struct jq_watch *w)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (r)
		return r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!r)
		r = pthread_cond_init(&w->wake, &attributes);
	(void)pthread_condattr_destroy(&attributes); /* holds nothing */
	return r;
}

struct jq_watch *jq_watch_new(const struct jq_library *lib, struct jq_state *jq, struct error *err)
{
	struct jq_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w) {
		(void)error_nomem(err);
		return NULL;
	}
	w->lib = lib;
	w->jq = jq;
	r = pthread_mutex_init(&w->lock, NULL);
	if (!r)
		r = init_condition(w);
	if (!r)
		r = start_thread(w);
	if (!r)
		return w;
	(void)error_set(err, ERROR_SYS, r, "start the thread that ends jq expressions");
	free(w);
	return NULL;
}

void jq_watch_begin(struct jq_watch *w, long milliseconds)
{
	(void)pthread_mutex_lock(&w->lock);
	w->end = from_now(milliseconds);
	w->halted = false;
	w->running = true;
	(void)pthread_mutex_unlock(&w->lock);
}

bool jq_watch_end(struct jq_watch *w)
{
	bool halted;

	(void)pthread_mutex_lock(&w->lock);
	w->running = false;
	halted = w->halted;
	(void)pthread_mutex_unlock(&w->lock);
	return halted;
}

void jq_watch_free(struct jq_watch *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL); /* it ends by itself */
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
