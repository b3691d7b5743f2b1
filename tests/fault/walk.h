// SPDX-License-Identifier: Apache-2.0
/*
 * Every job of scenes.h with the gate at each step: whatever fails there, the tree is old or new, and
 * recover and rollback lead back to the old.
 */
#pragma once

#include "tests/fault/scenes.h"

/* Runs the job with the gate at this step; whether anything failed there. */
static bool run_job(struct scene *s, job *run, unsigned step, unsigned span, const char *name)
{
	int r;

	gate.calls = 0;
	gate.fired = false;
	gate.at = step;
	gate.span = span;
	gate.counting = true;
	r = run(s);
	gate.counting = false;
	if (!gate.fired && r < 0)
		fail_msg("%s fails by itself", name);
	return gate.fired;
}

/*
 * The first steps one by one, then a sample: they repeat for each file. HARDEN_EVERY_STEP, set where
 * branches are counted, takes them all when one call fails.
 */
static unsigned next_step(unsigned step, unsigned span)
{
	static const char *every;

	if (!every)
		every = getenv("HARDEN_EVERY_STEP") ? "1" : "0";
	if (step < 200 || (span == 1 && *every == '1'))
		return 1;
	return (1 + step / 40) * (span > 1 ? 4 : 1);
}

/* Every step of one job; least: steps that show that the calls were really ours. */
static void walk(size_t j, unsigned span, unsigned least)
{
	bool fired = true, made = false;
	struct scene s = {0};
	unsigned step;

	for (step = 1; fired; step += next_step(step, span)) {
		assert_true(step < STEP_MAX);
		if (!made) {
			scene_make(&s);
			jobs[j].prepare(&s);
			made = true;
		}
		fired = run_job(&s, jobs[j].run, step, span, jobs[j].name);
		if (!jobs[j].reads || !fired) {
			finish(&s, jobs[j].name, step);
			scene_drop(&s);
			s = (struct scene){0};
			made = false;
		}
	}
#if defined(__SANITIZE_ADDRESS__)
	(void)least;
#else
	assert_true(step > least);
#endif
}
