// SPDX-License-Identifier: Apache-2.0
/*
 * Saying things: the report to standard output or a file, errors to standard error, questions to
 * the terminal. The only place of the program that prints.
 */
#include "harden/cli/context.h"

#include "harden/host/output.h"
#include "harden/report/json.h"
#include "harden/report/paint.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#define DRAIN_AT 65536 /* bytes */

static int write_all(int fd, const char *data, size_t len, struct error *err)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_SYS, errno, "write the report");
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int context_emit(const struct context *context, struct strbuf *report, struct error *err)
{
	int r;

	if (!strbuf_text(report)) {
		strbuf_done(report);
		return error_nomem(err);
	}
	r = context->options.output
		    ? output_write(context->options.output, report->data, report->len, err)
		    : write_all(STDOUT_FILENO, strbuf_text(report), report->len, err);
	strbuf_done(report);
	return r;
}

int context_drain(void *cookie, struct strbuf *report, struct error *err)
{
	const struct context *context = cookie;

	if (context->options.output || report->len < DRAIN_AT || report->failed)
		return 0;
	if (write_all(STDOUT_FILENO, report->data, report->len, err) < 0)
		return -1;
	report->len = 0;
	return 0;
}

void context_warn(const char *format, ...)
{
	AUTO(strbuf) struct strbuf line = {0};
	AUTO_FREE char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return;
	}
	strbuf_append(&line, "harden: ");
	paint_lines(&line, text, strlen(text));
	strbuf_append_char(&line, '\n');
	if (strbuf_text(&line))
		(void)write_all(STDERR_FILENO, line.data, line.len,
				NULL); /* nowhere else to say it */
}

int context_fail(const struct context *context, const struct error *err)
{
	AUTO(strbuf) struct strbuf report = {0};

	if (err->next && *err->next)
		context_warn("%s; %s", error_message(err), err->next);
	else
		context_warn("%s", error_message(err));
	if (context->options.format == FORMAT_JSON && json_error(err, &report, NULL) == 0)
		(void)context_emit(context, &report, NULL); /* it stands on stderr already */
	return err->code == ERROR_USAGE ? EXIT_USAGE : EXIT_ERROR;
}

int context_can_ask(const struct context *context, struct error *err)
{
	if (context->options.yes || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
		return 0;
	(void)error_set(err, ERROR_USAGE, 0,
			"%s asks before it changes anything, and there is no terminal",
			context->options.verb->name);
	error_next(err, "look at it with --dry-run or plan, then give --yes");
	return -1;
}

int context_ask(const struct context *context, const char *question, struct error *err)
{
	char answer[16] = "";

	if (context->options.yes)
		return 1;
	if (context_can_ask(context, err) < 0)
		return -1;
	(void)fprintf(stderr, "%s [y/N] ", question); /* an unseen question gets no yes */
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	return answer[0] == 'y' || answer[0] == 'Y';
}

void context_hold_signals(bool hold)
{
	sigset_t set;

	(void)sigemptyset(&set); /* these fail on bad signal numbers only */
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}
