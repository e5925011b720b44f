#pragma once
/* log: what an operator can act on: level, room, text, on stderr, one line each. Never payload, URL, digest or address.
 * Not for hot rooms (they count). Any thread; a line is one write. VIGIL_LOG=error|warn|info|debug, default info. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum vg_log_level { VG_LOG_ERROR, VG_LOG_WARN, VG_LOG_INFO, VG_LOG_DEBUG };

static inline enum vg_log_level vg_log_threshold(void)
{
	const char *want = getenv("VIGIL_LOG");
	if (!want)
		return VG_LOG_INFO;
	return !strcmp(want, "error")   ? VG_LOG_ERROR
	       : !strcmp(want, "warn")  ? VG_LOG_WARN
	       : !strcmp(want, "debug") ? VG_LOG_DEBUG
					: VG_LOG_INFO;
}

/* room: "control/lists"; the line break is added. Cut at 1,000 bytes. */
__attribute__((format(printf, 3, 4))) static inline void vg_log(enum vg_log_level level, const char *room,
								const char *format, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char line[1024];
	int n_head, n_text;
	va_list args;

	if (level > vg_log_threshold())
		return;
	n_head = snprintf(line, 200, "%s %s: ", names[level], room);
	va_start(args, format);
	n_text = vsnprintf(line + n_head, sizeof(line) - (size_t)n_head - 1, format, args);
	va_end(args);
	n_text = n_text < 0 ? 0 : n_text;
	size_t n = (size_t)n_head + (size_t)n_text;
	n = n > sizeof(line) - 2 ? sizeof(line) - 2 : n;
	line[n++] = '\n';
	ssize_t done = write(STDERR_FILENO, line, n);
	(void)done;
}
