// SPDX-License-Identifier: GPL-2.0
/*
 * Log lines with a level and a subject: to a sink, and to a ring for later readers.
 *
 * Any thread may log: one lock orders the lines, and the sink runs under it (so it must not log).
 */
#include "lib/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_LINES 1024

static const struct {
	const char *name;
	int journal;	/* sd-daemon(3) priority */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARN]  = { "warn", 4 },
	[LOG_LEVEL_INFO]  = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

/* journald takes the level from the front and brings its own time; a terminal gets both from us. */
static void stderr_sink(const struct log_line *line, void *ctx)
{
	const char *colon = line->subject[0] ? ": " : "";
	time_t sec = (time_t)(line->unix_ms / 1000);
	char when[32];
	struct tm tm;

	(void)ctx;
	if (getenv("JOURNAL_STREAM")) {
		fprintf(stderr, "<%d>%s%s%s\n", levels[line->level].journal, line->subject, colon,
			line->text);
		return;
	}
	gmtime_r(&sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03uZ %-5s %s%s%s\n", when, (unsigned int)(line->unix_ms % 1000),
		levels[line->level].name, line->subject, colon, line->text);
}

static struct {
	pthread_mutex_t lock;
	enum log_level max;
	void (*sink)(const struct log_line *line, void *ctx);
	void *sink_ctx;
	uint64_t seq;			/* of the newest line */
} lg = { .lock = PTHREAD_MUTEX_INITIALIZER, .max = LOG_LEVEL_INFO, .sink = stderr_sink };

/* Under lg.lock; line seq stands at seq % RING_LINES. */
static struct log_line ring[RING_LINES];

void log_set_sink(void (*sink)(const struct log_line *line, void *ctx), void *ctx)
{
	pthread_mutex_lock(&lg.lock);
	lg.sink = sink ? sink : stderr_sink;
	lg.sink_ctx = ctx;
	pthread_mutex_unlock(&lg.lock);
}

void log_set_level(enum log_level max)
{
	__atomic_store_n(&lg.max, max, __ATOMIC_RELAXED);
}

bool log_enabled(enum log_level level)
{
	return level <= __atomic_load_n(&lg.max, __ATOMIC_RELAXED);
}

const char *log_level_name(enum log_level level)
{
	return (size_t)level < sizeof(levels) / sizeof(levels[0]) ? levels[level].name : "unknown";
}

/* Length of the well-formed UTF-8 sequence at s (RFC 3629 §4), or 0. s ends with NUL. */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char first_lo, first_hi, second_lo, second_hi, len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if (s[0] < forms[f].first_lo || s[0] > forms[f].first_hi)
			continue;
		if (s[1] < forms[f].second_lo || s[1] > forms[f].second_hi)
			return 0;
		for (size_t i = 2; i < forms[f].len; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		}
		/* U+0080..U+009F are control characters too. */
		return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : forms[f].len;
	}
	return 0;
}

/* Copies in to out so that no peer's identity can forge a line or drive a terminal. */
static void escape(char *out, size_t cap, const char *text)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t at = 0;

	while (*in) {
		size_t n = *in >= 0x20 && *in < 0x7f ? 1 : utf8_len(in);
		size_t need = n ? n : 4;

		if (at + need >= cap)
			break;
		if (n)
			memcpy(out + at, in, n);
		else
			snprintf(out + at, 5, "\\x%02x", *in);
		at += need;
		in += n ? n : 1;
	}
	out[at] = '\0';
}

void log_va(enum log_level level, const char *subject, const char *fmt, va_list ap)
{
	char text[sizeof(((struct log_line *)0)->text)];
	struct log_line *line;
	struct timespec now;

	if (!log_enabled(level))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	clock_gettime(CLOCK_REALTIME, &now);

	pthread_mutex_lock(&lg.lock);
	line = &ring[++lg.seq % RING_LINES];
	line->seq = lg.seq;
	line->unix_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	line->level = level;
	escape(line->subject, sizeof(line->subject), subject ? subject : "");
	escape(line->text, sizeof(line->text), text);
	lg.sink(line, lg.sink_ctx);
	pthread_mutex_unlock(&lg.lock);
}

void log_at(enum log_level level, const char *subject, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(level, subject, fmt, ap);
	va_end(ap);
}

bool log_limit_ok(struct log_limit *l, uint64_t now_ms, uint32_t per_10s, uint32_t *suppressed)
{
	*suppressed = 0;
	/* A clock that went back opens a new window as well. */
	if (now_ms - l->window_start_ms >= 10000) {
		l->window_start_ms = now_ms;
		l->in_window = 0;
	}
	if (l->in_window >= per_10s) {
		l->held++;
		return false;
	}
	l->in_window++;
	*suppressed = l->held;
	l->held = 0;
	return true;
}

unsigned int log_ring_read(uint64_t after, struct log_line *out, unsigned int max)
{
	unsigned int n = 0;
	uint64_t seq;

	pthread_mutex_lock(&lg.lock);
	seq = lg.seq > RING_LINES ? lg.seq - RING_LINES + 1 : 1;
	if (after >= seq)
		seq = after + 1;
	for (; n < max && seq <= lg.seq && seq > after; seq++)
		out[n++] = ring[seq % RING_LINES];
	pthread_mutex_unlock(&lg.lock);
	return n;
}
