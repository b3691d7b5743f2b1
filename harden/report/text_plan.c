// SPDX-License-Identifier: Apache-2.0
/*
 * Plans as text: each change with its diff, then what services have to do, what waits for consent,
 * what is blocked and what is left to a person, and one line that sums it up.
 */
#include "harden/report/paint.h"
#include "harden/report/text.h"

#include <stdio.h>

static enum paint diff_paint(const char *line)
{
	if (str_starts(line, "+++") || str_starts(line, "---"))
		return PAINT_BOLD;
	if (str_starts(line, "mode:") || str_starts(line, "owner:") || str_starts(line, "new:"))
		return PAINT_CYAN;
	switch (line[0]) {
	case '+':
		return PAINT_GREEN;
	case '-':
		return PAINT_RED;
	case '@':
		return PAINT_CYAN;
	default:
		return PAINT_PLAIN;
	}
}

static void diff_lines(const char *diff, bool color, struct strbuf *out)
{
	while (*diff) {
		size_t n = strcspn(diff, "\n");
		AUTO_FREE char *line = strndup(diff, n);

		if (!line) {
			out->failed = true;
			return;
		}
		strbuf_append(out, "    ");
		paint(out, color, diff_paint(line), line);
		strbuf_append_char(out, '\n');
		diff += n + (diff[n] == '\n');
	}
}

void text_change(const struct change *change, struct text_style style, struct strbuf *out)
{
	strbuf_appendf(out, "%s ", change->action);
	if (!change->fields_before) /* else the resource says it: "container web" */
		strbuf_appendf(out, "%s ", change->kind);
	paint(out, style.color, PAINT_BOLD, change->resource);
	strbuf_append(out, "  [");
	paint_list(out, &change->controls);
	strbuf_append(out, "]\n");
	if (change->diff)
		diff_lines(change->diff, style.color, out);
	for (size_t i = 0; i < change->impact.len; i++) {
		paint(out, style.color, PAINT_YELLOW, "    may break: ");
		paint_safe(out, change->impact.items[i], strlen(change->impact.items[i]));
		strbuf_append_char(out, '\n');
	}
}

static void heading(struct strbuf *out, struct text_style style, const char *text)
{
	strbuf_append_char(out, '\n');
	paint(out, style.color, PAINT_BOLD, text);
	strbuf_append_char(out, '\n');
}

static void service_lines(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	if (!plan->services_len)
		return;
	heading(out, style, "Then, in this order");
	for (size_t i = 0; i < plan->services_len; i++) {
		strbuf_appendf(out, "  %s: %s, because of ", plan->services[i].unit,
			       plan->services[i].action);
		paint_list(out, &plan->services[i].because);
		strbuf_append_char(out, '\n');
	}
}

static void next_line(const char *next, struct strbuf *out)
{
	if (!next || !*next)
		return;
	strbuf_append(out, "      > ");
	paint_safe(out, next, strlen(next));
	strbuf_append_char(out, '\n');
}

static void by_hand_line(const struct by_hand *h, struct strbuf *out)
{
	strbuf_appendf(out, "  %-7s ", h->control);
	paint_safe(out, h->reason, strlen(h->reason));
	strbuf_append_char(out, '\n');
	next_line(h->next, out);
}

static void consent_lines(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	if (!plan->consent_len)
		return;
	heading(out, style, "Waits for your consent");
	for (size_t i = 0; i < plan->len; i++)
		if (plan->changes[i].consent)
			text_change(&plan->changes[i], style, out);
	for (size_t i = 0; i < plan->consent_len; i++)
		by_hand_line(&plan->consent[i], out);
}

static void blocked_lines(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	if (!plan->blocked_len)
		return;
	heading(out, style, "Blocked: cannot be changed as things stand");
	for (size_t i = 0; i < plan->blocked_len; i++) {
		const struct blocked *b = &plan->blocked[i];

		strbuf_append(out, "  ");
		paint_safe(out, b->resource, strlen(b->resource));
		strbuf_append(out, "  [");
		paint_list(out, &b->controls);
		strbuf_append(out, "]\n      ");
		paint_safe(out, b->reason, strlen(b->reason));
		strbuf_append_char(out, '\n');
		next_line(b->next, out);
	}
}

static void by_hand_lines(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	if (!plan->by_hand_len)
		return;
	heading(out, style, "Left to you");
	for (size_t i = 0; i < plan->by_hand_len; i++)
		by_hand_line(&plan->by_hand[i], out);
}

static void counted(struct strbuf *out, size_t n, const char *one, const char *many)
{
	strbuf_appendf(out, "%zu %s", n, n == 1 ? one : many);
}

static void summary_line(const struct plan *plan, struct strbuf *out)
{
	strbuf_append_char(out, '\n');
	counted(out, plan_changes(plan), "change", "changes");
	strbuf_append(out, ", ");
	counted(out, plan->services_len, "service action", "service actions");
	strbuf_appendf(out, "; %zu wait for consent, %zu blocked, %zu left to you",
		       plan->consent_len, plan->blocked_len, plan->by_hand_len);
	if (plan->waived_controls.len) {
		strbuf_append(out, ", waived: ");
		paint_list(out, &plan->waived_controls);
	}
	strbuf_append_char(out, '\n');
}

void text_plan(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	for (size_t i = 0; i < plan->len; i++)
		if (!plan->changes[i].consent)
			text_change(&plan->changes[i], style, out);
	service_lines(plan, style, out);
	if (!style.quiet) {
		consent_lines(plan, style, out);
		blocked_lines(plan, style, out);
		by_hand_lines(plan, style, out);
	}
	summary_line(plan, out);
}

void text_result(const struct plan *plan, struct text_style style, struct strbuf *out)
{
	if (plan->run) {
		strbuf_append(out, "run ");
		paint(out, style.color, PAINT_BOLD, plan->run);
		strbuf_appendf(out, ": %s\n", plan->result);
	} else if (plan->result) {
		strbuf_appendf(out, "%s\n",
			       strcmp(plan->result, "nothing") == 0 ? "nothing to change"
								    : plan->result);
	}
	for (size_t i = 0; i < plan->pending.len; i++) {
		paint(out, style.color, PAINT_YELLOW, "pending: ");
		paint_safe(out, plan->pending.items[i], strlen(plan->pending.items[i]));
		strbuf_append_char(out, '\n');
	}
}
