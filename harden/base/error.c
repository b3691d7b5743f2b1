// SPDX-License-Identifier: Apache-2.0
/*
 * The error object. Failing to build a message must not hide the failure itself: when memory is
 * gone the code stays and error_message() falls back to a fixed text.
 */
#include "harden/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const code_names[] = {
	[ERROR_NONE] = "none",	   [ERROR_SYS] = "sys",		  [ERROR_NOMEM] = "nomem",
	[ERROR_USAGE] = "usage",   [ERROR_RECIPE] = "recipe",	  [ERROR_FORMAT] = "format",
	[ERROR_UNSAFE] = "unsafe", [ERROR_CONFLICT] = "conflict", [ERROR_DURABILITY] = "durability",
	[ERROR_REMOTE] = "remote", [ERROR_BUSY] = "busy",	  [ERROR_INTERNAL] = "internal",
};

const char *error_code_name(enum error_code code)
{
	return code_names[code];
}

static __attribute__((format(printf, 1, 0))) char *format_message(const char *format, va_list args)
{
	char *text = NULL;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

void error_set_impl(struct error *err, enum error_code code, int sys, const char *format, ...)
{
	char *text, *whole = NULL;
	va_list args;

	if (!err)
		return;
	error_done(err);
	err->code = code;
	err->sys = sys;
	va_start(args, format);
	text = format_message(format, args);
	va_end(args);
	if (text && sys) {
		if (asprintf(&whole, "%s: %s", text, strerror(sys)) < 0)
			whole = NULL;
		free(text);
		text = whole;
	}
	err->message = text;
}

void error_wrap_impl(struct error *err, const char *format, ...)
{
	char *context, *whole = NULL;
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	context = format_message(format, args);
	va_end(args);
	if (context && asprintf(&whole, "%s: %s", context, error_message(err)) >= 0) {
		free(err->message);
		err->message = whole;
	}
	free(context);
}

void error_resource(struct error *err, const char *resource)
{
	if (err && !err->resource && resource)
		err->resource = strdup(resource); /* NULL on failure only loses the label */
}

void error_next(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err || err->next)
		return;
	va_start(args, format);
	err->next = format_message(format, args);
	va_end(args);
}

const char *error_message(const struct error *err)
{
	if (err->message)
		return err->message;
	return err->code == ERROR_NOMEM ? "out of memory" : error_code_name(err->code);
}

void error_copy(struct error *dst, const struct error *src)
{
	if (!dst)
		return;
	error_done(dst);
	*dst = (struct error){
		.code = src->code,
		.sys = src->sys,
		.message = src->message ? strdup(src->message) : NULL,
		.resource = src->resource ? strdup(src->resource) : NULL,
		.next = src->next ? strdup(src->next) : NULL,
	};
}

void error_move(struct error *dst, struct error *src)
{
	if (dst) {
		error_done(dst);
		*dst = *src;
		*src = (struct error){0};
	} else {
		error_done(src);
	}
}

void error_done(struct error *err)
{
	free(err->message);
	free(err->resource);
	free(err->next);
	*err = (struct error){0};
}
