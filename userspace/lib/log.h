/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log lines with a level and a subject (the connection). Cannot take a kw_secret.
 *
 * error: the operator must act; warn: odd but going on; info: a handful per connection; debug: free.
 * Lines go to the sink set at start (stderr with journald levels, syslog) and to a ring that
 * `keyway log` and `keyway monitor` read.
 */
#ifndef KW_LIB_LOG_H
#define KW_LIB_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_line {
	uint64_t seq;		/* 1, 2, 3 ... */
	uint64_t unix_ms;
	enum log_level level;
	char subject[64];	/* connection name or "" */
	char text[1024];	/* control characters and non-UTF-8 octets escaped */
};

/* More calls replace the sink; the default (and NULL) writes to stderr. Any thread may log; the sink is
 * called by one at a time and must not log itself.
 */
void log_set_sink(void (*sink)(const struct log_line *line, void *ctx), void *ctx);
void log_set_level(enum log_level max);
bool log_enabled(enum log_level level);
const char *log_level_name(enum log_level level);

/* subject may be NULL. Never fails; too long a text is cut. */
void log_at(enum log_level level, const char *subject, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void log_va(enum log_level level, const char *subject, const char *fmt, va_list ap);

#define log_error(subject, ...) log_at(LOG_LEVEL_ERROR, subject, __VA_ARGS__)
#define log_warn(subject, ...)	log_at(LOG_LEVEL_WARN, subject, __VA_ARGS__)
#define log_info(subject, ...)	log_at(LOG_LEVEL_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...) \
	do { if (log_enabled(LOG_LEVEL_DEBUG)) log_at(LOG_LEVEL_DEBUG, subject, __VA_ARGS__); } while (0)

/* A token bucket for lines the network can cause: true when this one may be logged; when lines were
 * held back before it, *suppressed says how many.
 */
struct log_limit {
	uint64_t window_start_ms;
	uint32_t in_window;
	uint32_t held;
};
bool log_limit_ok(struct log_limit *l, uint64_t now_ms, uint32_t per_10s, uint32_t *suppressed);

/* Lines kept for readers: copies up to max lines with seq > after, oldest first; returns how many. */
unsigned int log_ring_read(uint64_t after, struct log_line *out, unsigned int max);

#endif
