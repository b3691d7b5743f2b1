// SPDX-License-Identifier: Apache-2.0
/*
 * syslog(3) is the one way that both rsyslog and journald listen to.
 */
#include "harden/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define LINE_MAX_BYTES 1024

void log_event(const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args); /* a longer one is cut */
	va_end(args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?'; /* a path must not forge a line of its own */
	openlog("harden", LOG_PID, LOG_AUTH);
	syslog(LOG_NOTICE, "%s", line);
	closelog();
}
