// SPDX-License-Identifier: Apache-2.0
/*
 * Line 1 of the source is the program; each argument has a line of its own.
 */
#include "harden/host/look_process_view.h"

#include "harden/host/host.h"

static int add_source(struct host *host, const struct process *p, struct dockerd *d,
		      struct error *err)
{
	d->env = calloc(1, sizeof(*d->env));
	if (!d->env)
		return error_nomem(err);
	d->env_len = d->env_cap = 1;
	d->env[0].path = str_format("%s/%ld/cmdline", host->proc, (long)p->pid);
	d->env[0].content = blob_ref(p->cmdline);
	return d->env[0].path ? 0 : error_nomem(err);
}

static int take_arguments(const struct process *p, struct dockerd *d, struct error *err)
{
	size_t at = strcspn(p->cmdline->data, "\n") + 1;

	for (size_t i = 0; i < p->args.len; i++) {
		size_t len = strlen(p->args.items[i]);
		struct exec_arg arg = {.span = {at, at + len}};

		if (vec_reserve((void **)&d->line.args, &d->line.cap, d->line.len, sizeof(arg),
				err) < 0)
			return -1;
		arg.text = strdup(p->args.items[i]);
		if (!arg.text)
			return error_nomem(err);
		d->line.args[d->line.len++] = arg;
		at += len + 1;
	}
	return pflag_parse((const char *const *)p->args.items, p->args.len, &d->flags, err);
}

int process_view(struct host *host, const struct process *p, const struct dockerd *written,
		 struct dockerd **ret_view, struct error *err)
{
	AUTO_PTR(dockerd) struct dockerd *d = dockerd_new();

	if (!d)
		return error_nomem(err);
	d->start = START_PROCESS;
	d->installed = true;
	d->binary = strdup(p->exe);
	d->version = written && written->version ? strdup(written->version) : NULL;
	if (!d->binary || (written && written->version && !d->version))
		return error_nomem(err);
	if (add_source(host, p, d, err) < 0 || take_arguments(p, d, err) < 0)
		return -1;
	*ret_view = take_ptr(&d);
	return 0;
}
