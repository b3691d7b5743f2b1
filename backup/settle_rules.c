// SPDX-License-Identifier: Apache-2.0
/*
 * From the loader's outcome to steps, pending lines and errors.
 */
#include "backup/settle_rules.h"

static bool has_step(const struct plan *plan)
{
	for (size_t i = 0; i < plan->services_len; i++)
		if (strcmp(plan->services[i].action, "load-rules") == 0)
			return true;
	return false;
}

/* Behind daemon-reload, before what concerns docker. */
static void insert(struct plan *plan, struct service_step step)
{
	size_t at = 0;

	while (at < plan->services_len && strcmp(plan->services[at].action, "daemon-reload") == 0)
		at++;
	memmove(plan->services + at + 1, plan->services + at,
		(plan->services_len - at) * sizeof(step));
	plan->services[at] = step;
	plan->services_len++;
}

int settle_rules_step(struct host *host, struct plan *plan, struct error *err)
{
	struct service_step step = {.action = "load-rules"};
	const char *why_not;
	bool needs;

	if (has_step(plan))
		return 0;
	if (audit_kernel_missing(host, &needs, &why_not, err) < 0)
		return -1;
	if (!needs || why_not)
		return 0;
	step.unit = strdup("auditd.service");
	if (!step.unit || strv_add(&step.because, AUDIT_RULES_DIR, err) < 0 ||
	    vec_reserve((void **)&plan->services, &plan->services_cap, plan->services_len,
			sizeof(step), err) < 0) {
		free(step.unit);
		strv_done(&step.because);
		return error_nomem(err);
	}
	insert(plan, step);
	return 0;
}

static int failed(const struct audit_load *load, struct error *err)
{
	AUTO(strbuf) struct strbuf lines = {0};

	for (size_t i = 0; i < load->missing.len; i++)
		strbuf_appendf(&lines, "\n%s", load->missing.items[i]);
	(void)error_set(err, ERROR_CONFLICT, 0, "load audit rules: %s%s", load->why,
			strbuf_text(&lines) ? strbuf_text(&lines) : "");
	error_resource(err, AUDIT_RULES_DIR);
	error_next(err, "mend or remove the line that stops the load, then run again");
	return -1;
}

static int wait(struct strv *pending, const char *why, struct error *err)
{
	return strv_addf(pending, err, "the audit rules have to be loaded: %s", why);
}

int settle_rules_load(struct host *host, bool changed, struct audit_load *ret_load,
		      struct strv *pending, struct error *err)
{
	struct audit_kernel *kernel;

	if (look_audit_kernel(host, &kernel, err) < 0)
		return -1;
	if (!kernel)
		return 0;
	if (kernel->problem)
		return changed ? wait(pending, kernel->problem, err) : 0;
	if (audit_load(host, changed, ret_load, err) < 0)
		return -1;
	switch (ret_load->outcome) {
	case AUDIT_LOAD_WAITS:
		return wait(pending, ret_load->why, err);
	case AUDIT_LOAD_FAILED:
		if (!changed) /* the fault of an earlier time */
			return wait(pending, ret_load->why, err);
		return failed(ret_load, err);
	case AUDIT_LOAD_INCOMPLETE:
		return failed(ret_load, err);
	default:
		return 0;
	}
}
