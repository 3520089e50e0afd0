/* SPDX-License-Identifier: GPL-2.0 */
/* Traffic selectors and the TSi/TSr payload (RFC 7296 §3.13). */
#ifndef KW_WIRE_TS_H
#define KW_WIRE_TS_H

#include "lib/addr.h"
#include "lib/buf.h"

struct ts {
	uint8_t protocol;		/* IP protocol, 0 = any */
	uint16_t port_first, port_last;	/* 0..65535 = any; 65535..0 = OPAQUE (RFC 7296 §3.13.1) */
	struct ip_range range;
};

#define TS_MAX 64	/* selectors per payload; more are refused */

struct ts_list {
	unsigned int n;
	struct ts ts[TS_MAX];
};

/*
 * A copy in no more memory than its selectors take, for whom keeps many. Read through the pointer, copied by
 * ts_list_copy(): an assignment would read beyond it. free() by the caller; NULL: no memory.
 */
struct ts_list *ts_list_keep(const struct ts_list *list);
void ts_list_copy(struct ts_list *to, const struct ts_list *from);

/* 0, -EBADMSG, -E2BIG. Selectors of unknown types are skipped (RFC 7296 §2.9). */
int ts_parse(struct kw_span body, struct ts_list *out, char *why, size_t why_len);
void ts_build(struct kw_writer *w, const struct ts_list *list);

bool ts_equal(const struct ts *a, const struct ts *b);
/* "10.1.0.0/16", "10.1.0.0/16[tcp/443]", "::/0[udp/1000-2000]". */
#define TS_STRLEN 128
char *ts_print(char buf[TS_STRLEN], const struct ts *ts);
/*
 * The same text back, also "10.0.0.1-10.0.0.9[icmp/8]"; protocols by name or number. 0 or -EINVAL.
 */
int ts_from_text(struct ts *ts, const char *text);
/* One protocol: "tcp", or "254" for one without a name; back, 0 or -EINVAL. */
#define TS_PROTOCOL_STRLEN 12
char *ts_protocol_print(char buf[TS_PROTOCOL_STRLEN], uint8_t protocol);
int ts_protocol_from_text(uint8_t *protocol, const char *text);
char *ts_list_print(char *buf, size_t cap, const struct ts_list *list);

#endif
