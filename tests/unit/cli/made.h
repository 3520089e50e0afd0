/* SPDX-License-Identifier: GPL-2.0 */
/* Capture files made of octets: any link type, frame by frame. */
#ifndef TESTS_UNIT_CLI_MADE_H
#define TESTS_UNIT_CLI_MADE_H

#include "lib/buf.h"

#include <stdio.h>

struct made {
	FILE *f;
};

/* A new pcap file; link is a DLT number. */
struct made made_new(const char *path, uint32_t link);
/* One frame of several spans, one after the other. */
void made_frame(struct made *m, const struct kw_span *parts, size_t n);
void made_close(struct made *m);

/* The IPv4 or IPv6 header in front of payload_len octets; offset in octets. Into buf, as a view. */
struct kw_span made_ipv4(uint8_t buf[20], size_t payload_len, uint16_t id, size_t offset,
			 bool more);
struct kw_span made_ipv6(uint8_t buf[40], size_t payload_len, uint8_t next);
struct kw_span made_udp(uint8_t buf[8], uint16_t src, uint16_t dst, size_t payload_len);

/* A UDP datagram from port to port over IPv4 as one frame of a raw IP (DLT_RAW) file. */
void made_datagram(struct made *m, uint16_t src, uint16_t dst, struct kw_span payload);

#endif
