// SPDX-License-Identifier: Apache-2.0
/*
 * The decision: a table of what a person would expect, and over all combinations of facts the
 * promises that no table may break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backup/settle_decide.h"
#include "harden/base/str.h"

/* A daemon that runs, answers, and can be restarted. */
#define UP(p) .policy = SETTLE_##p, .runs = true, .answers = true, .can_restart = true
#define LIVE .live_running = true, .live_written = true

static const struct {
	const char *name;
	struct settle_facts facts;
	const char *steps; /* letters in order, see letter() */
	unsigned waits;
} cases[] = {
	{"nothing is missing", {UP(SAFE), .containers = 3}, "", 0},
	{"units and rules need no daemon",
	 {.policy = SETTLE_SAFE, .needs = NEED_DAEMON_RELOAD | NEED_LOAD_RULES},
	 "ul",
	 0},
	{"no dockerd runs", {.policy = SETTLE_SAFE, .needs = NEED_RESTART | NEED_RELOAD}, "", 0},
	{"a reload keeps containers", {UP(SAFE), .needs = NEED_RELOAD, .containers = 3}, "r", 0},
	{"a reload is no restart", {UP(NEVER), .needs = NEED_RELOAD}, "r", 0},
	{"a restart with no container", {UP(SAFE), .needs = NEED_RESTART | NEED_RELOAD}, "R", 0},
	{"a restart with containers waits",
	 {UP(SAFE), .needs = NEED_RESTART, .containers = 1},
	 "",
	 WAIT_CONTAINERS},
	{"... what a reload does is done",
	 {UP(SAFE), .needs = NEED_RESTART | NEED_RELOAD, .containers = 1},
	 "r",
	 WAIT_CONTAINERS},
	{"... unless it shall be always",
	 {UP(ALWAYS), .needs = NEED_RESTART, .containers = 1},
	 "R",
	 0},
	{"live-restore is on", {UP(SAFE), LIVE, .needs = NEED_RESTART, .containers = 3}, "R", 0},
	{"live-restore first, by reload",
	 {UP(SAFE), .needs = NEED_RESTART | NEED_RELOAD, .containers = 3, .live_written = true},
	 "rR",
	 0},
	{"... also when it shall be always",
	 {UP(ALWAYS), .needs = NEED_RESTART | NEED_RELOAD, .containers = 3, .live_written = true},
	 "rR",
	 0},
	{"... but not by a flag",
	 {UP(SAFE), .needs = NEED_RESTART, .containers = 3, .live_written = true,
	  .live_flag = true},
	 "",
	 WAIT_CONTAINERS},
	{"given up last",
	 {UP(SAFE), .needs = NEED_RESTART | NEED_RELOAD, .containers = 3, .live_running = true,
	  .gone = true},
	 "Hg",
	 0},
	{"given up without a restart",
	 {UP(SAFE), .needs = NEED_RELOAD, .containers = 3, .live_running = true, .gone = true},
	 "g",
	 0},
	{"... by a plain reload where it says false",
	 {UP(SAFE), .needs = NEED_RELOAD, .live_running = true},
	 "r",
	 0},
	{"keys that are gone are not taken back by a plain reload",
	 {UP(NEVER), .needs = NEED_RELOAD, .containers = 3, .gone = true},
	 "g",
	 0},
	{"... but by a restart", {UP(SAFE), .needs = NEED_RESTART, .gone = true}, "R", 0},
	{"a bridge setting with containers alive",
	 {UP(SAFE), LIVE, .needs = NEED_RESTART | NEED_STOPPED, .containers = 3},
	 "R",
	 WAIT_STOPPED},
	{"a bridge setting with none",
	 {UP(SAFE), LIVE, .needs = NEED_RESTART | NEED_STOPPED},
	 "R",
	 0},
	{"the bridge alone: a restart that keeps containers is useless",
	 {UP(SAFE), LIVE, .needs = NEED_STOPPED, .containers = 3},
	 "",
	 WAIT_STOPPED},
	{"... also when it shall be always",
	 {UP(ALWAYS), LIVE, .needs = NEED_STOPPED, .containers = 3},
	 "",
	 WAIT_STOPPED},
	{"... unless they stop by it",
	 {UP(ALWAYS), .needs = NEED_STOPPED, .containers = 3},
	 "R",
	 0},
	{"... or none runs", {UP(SAFE), LIVE, .needs = NEED_STOPPED}, "R", 0},
	{"another data directory",
	 {UP(SAFE), LIVE, .needs = NEED_RESTART | NEED_EMPTY, .containers = 3},
	 "",
	 WAIT_CONTAINERS},
	{"a swarm member",
	 {UP(SAFE), LIVE, .needs = NEED_RESTART, .containers = 2, .swarm = true},
	 "",
	 WAIT_CONTAINERS},
	{"a swarm member without tasks", {UP(SAFE), .needs = NEED_RESTART, .swarm = true}, "R", 0},
	{"plugins by flag: a restart in place of a reload",
	 {UP(SAFE), .needs = NEED_RELOAD, .plugin_flag = true},
	 "R",
	 0},
	{"... which waits for containers",
	 {UP(SAFE), .needs = NEED_RELOAD, .plugin_flag = true, .containers = 1},
	 "",
	 WAIT_CONTAINERS | WAIT_PLUGIN},
	{"... and keeps them",
	 {UP(SAFE), LIVE, .needs = NEED_RELOAD, .plugin_flag = true, .containers = 1},
	 "R",
	 0},
	{"never", {UP(NEVER), .needs = NEED_RESTART}, "", WAIT_NEVER},
	{"nobody to do it",
	 {.policy = SETTLE_ALWAYS, .runs = true, .answers = true, .needs = NEED_RESTART},
	 "",
	 WAIT_NO_WAY},
	{"it does not answer",
	 {.policy = SETTLE_SAFE, .runs = true, .can_restart = true, .needs = NEED_RESTART},
	 "",
	 WAIT_UNKNOWN},
	{"... not even a reload",
	 {.policy = SETTLE_SAFE, .runs = true, .can_restart = true, .needs = NEED_RELOAD},
	 "",
	 WAIT_UNKNOWN},
	{"it does not answer, always",
	 {.policy = SETTLE_ALWAYS, .runs = true, .can_restart = true, .needs = NEED_RESTART},
	 "R",
	 0},
	{"written by somebody else since the start",
	 {UP(SAFE), .needs = NEED_RESTART | NEED_RELOAD, .untried = true},
	 "r",
	 WAIT_UNTRIED},
	{"... always", {UP(ALWAYS), .needs = NEED_RESTART, .untried = true}, "R", 0},
	{"it would not start on that",
	 {UP(SAFE), .needs = NEED_RESTART | NEED_DAEMON_RELOAD, .refused = true},
	 "u",
	 WAIT_REFUSED},
};

static char letter(enum settle_step step)
{
	static const char letters[] = {
		[STEP_DAEMON_RELOAD] = 'u', [STEP_LOAD_RULES] = 'l',   [STEP_RELOAD] = 'r',
		[STEP_RESTART] = 'R',	    [STEP_RESTART_HELD] = 'H', [STEP_RELOAD_GONE] = 'g',
	};

	return letters[step];
}

static void letters_of(const struct settle_decision *d, char text[SETTLE_STEPS_MAX + 1])
{
	size_t n = 0;

	for (; n < d->len; n++)
		text[n] = letter(d->steps[n]);
	text[n] = '\0';
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settle_decision d = settle_decide(&cases[i].facts);
		char steps[SETTLE_STEPS_MAX + 1];

		letters_of(&d, steps);
		if (!str_equal(steps, cases[i].steps) || d.waits != cases[i].waits)
			fail_msg("%s: steps \"%s\", waits %#x", cases[i].name, steps, d.waits);
	}
}

/* Every bit of n is one fact: the 2^20 hosts there are. */
static struct settle_facts nth(unsigned n)
{
	return (struct settle_facts){
		.needs = n & 63,
		.policy = (n >> 6) % 4 % 3,
		.runs = n >> 8 & 1,
		.answers = n >> 9 & 1,
		.containers = n >> 10 & 1 ? 3 : 0,
		.live_running = n >> 11 & 1,
		.live_written = n >> 12 & 1,
		.live_flag = n >> 13 & 1,
		.gone = n >> 14 & 1,
		.plugin_flag = n >> 15 & 1,
		.swarm = n >> 16 & 1,
		.can_restart = n >> 17 & 1,
		.refused = n >> 18 & 1,
		.untried = n >> 19 & 1,
	};
}

static const char *broken_promise(const struct settle_facts *f, const struct settle_decision *d)
{
	char s[SETTLE_STEPS_MAX + 1];
	const char *restart, *reload;
	bool restarts, unsure;

	letters_of(d, s);
	restart = strpbrk(s, "RH");
	reload = strpbrk(s, "rg");
	restarts = f->needs & (NEED_RESTART | NEED_STOPPED | NEED_EMPTY);
	unsure = !f->answers || f->containers;
	if (reload && f->plugin_flag)
		return "a reload drops plugins that were given by flag";
	if ((restart || reload) && (f->refused || !f->runs))
		return "touched a daemon that is down, or would refuse what is written";
	if (reload && !f->answers)
		return "a reload whose effect cannot be read back";
	if (restart && f->policy == SETTLE_NEVER)
		return "restarted, though never";
	if (restart && f->untried && f->policy == SETTLE_SAFE)
		return "restarted with nothing to go back to";
	if (restart && !f->can_restart)
		return "restarted by nobody";
	if (restart && unsure && f->policy == SETTLE_SAFE && !d->keeps)
		return "safe, but containers would stop";
	if (d->keeps && (f->swarm || !f->answers || (f->needs & NEED_EMPTY)))
		return "promised to keep what cannot be kept";
	if (d->keeps && !strchr(s, 'H') && !f->live_written)
		return "the daemon that starts would kill what it finds";
	if (d->keeps && !f->live_running && (!reload || reload > restart))
		return "the daemon that stops would stop its containers";
	if (strchr(s, 'H') && s[strlen(s) - 1] != 'g')
		return "live-restore was held, but is not given up last";
	if (reload && !restart && (*reload == 'g') != f->gone)
		return "a reload that leaves the daemon with what is gone, or holds nothing";
	if (d->keeps && d->stops)
		return "containers both stop and live on";
	if (restart && f->containers && !d->keeps && !d->stops)
		return "containers stop, and it is not said";
	if (f->runs && restarts && !restart && !d->waits)
		return "a restart is missing, and nothing waits";
	if (f->runs && (f->needs & NEED_RELOAD) && !restart && !reload && !d->waits)
		return "a reload is missing, and nothing waits";
	if (f->needs == NEED_STOPPED && restart && d->keeps)
		return "a restart that changes nothing";
	if ((f->needs & NEED_STOPPED) && restart && d->keeps && !(d->waits & WAIT_STOPPED))
		return "claims a bridge setting that is ignored while containers run";
	if (!(f->needs & ~(unsigned)(NEED_DAEMON_RELOAD | NEED_LOAD_RULES)) &&
	    (restart || reload || d->waits))
		return "did what nothing asked for";
	return NULL;
}

static void test_all(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 1u << 20; n++) {
		struct settle_facts f = nth(n);
		struct settle_decision d = settle_decide(&f);
		const char *why = broken_promise(&f, &d);

		if (why) {
			char s[SETTLE_STEPS_MAX + 1];

			letters_of(&d, s);
			fail_msg("facts %#x: steps \"%s\", waits %#x: %s", n, s, d.waits, why);
		}
		assert_true(settle_has_step(&d, STEP_LOAD_RULES) == !!(f.needs & NEED_LOAD_RULES));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
