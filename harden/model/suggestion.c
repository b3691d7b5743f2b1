// SPDX-License-Identifier: Apache-2.0
/*
 * Lists of suggestions.
 */
#include "harden/model/suggestion.h"

#include <stdlib.h>

struct suggestion_step *suggestion_add_step(struct suggestion *s, const char *control,
					    const char *message, struct error *err)
{
	struct suggestion_step *step;

	if (vec_reserve((void **)&s->steps, &s->cap, s->len, sizeof(*s->steps), err) < 0)
		return NULL;
	step = &s->steps[s->len++];
	*step = (struct suggestion_step){.control = strdup(control), .message = strdup(message)};
	if (step->control && step->message)
		return step;
	(void)error_nomem(err);
	return NULL;
}

struct suggestion *suggestion_group_add(struct suggestion_group *g, struct error *err)
{
	if (vec_reserve((void **)&g->items, &g->cap, g->len, sizeof(*g->items), err) < 0)
		return NULL;
	g->items[g->len] = (struct suggestion){0};
	return &g->items[g->len++];
}

struct suggestion_group *suggestions_group(struct suggestions *all, const char *project,
					   struct error *err)
{
	struct suggestion_group *g;

	for (size_t i = 0; i < all->len; i++)
		if (str_equal(all->groups[i].project, project))
			return &all->groups[i];
	if (vec_reserve((void **)&all->groups, &all->cap, all->len, sizeof(*all->groups), err) < 0)
		return NULL;
	g = &all->groups[all->len++];
	*g = (struct suggestion_group){.project = project ? strdup(project) : NULL};
	if (!project || g->project)
		return g;
	(void)error_nomem(err);
	return NULL;
}

static void step_done(struct suggestion_step *step)
{
	free(step->control);
	free(step->message);
	strv_done(&step->keys);
	strv_done(&step->notes);
}

static void suggestion_done(struct suggestion *s)
{
	for (size_t i = 0; i < s->len; i++)
		step_done(&s->steps[i]);
	free(s->steps);
	free(s->container);
	free(s->image);
	free(s->service);
	free(s->first_network);
	value_free(s->before);
	value_free(s->after);
	strv_done(&s->notes);
	strv_done(&s->commands);
}

static void group_done(struct suggestion_group *g)
{
	for (size_t i = 0; i < g->len; i++)
		suggestion_done(&g->items[i]);
	free(g->items);
	free(g->project);
	free(g->directory);
	free(g->environment_file);
	strv_done(&g->config_files);
}

void suggestions_done(struct suggestions *all)
{
	for (size_t i = 0; i < all->len; i++)
		group_done(&all->groups[i]);
	free(all->groups);
	strv_done(&all->left_out);
	*all = (struct suggestions){0};
}
