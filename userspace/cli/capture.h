/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A capture file as a row of UDP datagrams to or from the IKE ports.
 *
 * pcap and pcapng by libpcap; Ethernet (VLANs too), Linux cooked (both), raw IP, loopback; IPv4
 * with fragments put together, IPv6 with its extension headers.
 */
#ifndef KW_CLI_CAPTURE_H
#define KW_CLI_CAPTURE_H

#include "lib/addr.h"
#include "lib/buf.h"

#include <sys/time.h>

struct capture;

struct datagram {
	unsigned long frame; /* from 1, all frames of the file counted; that of the last fragment */
	struct timeval time;
	struct endpoint src, dst;
	struct kw_span payload;		/* valid until the next call */
	size_t missing; /* octets the UDP header announces beyond what was captured */
	bool fragment; /* the first IP fragment alone: the others are not in the file */
};

/* "-" reads standard input. 0, or -errno with a sentence in err. */
int capture_open(struct capture **c, const char *path, char *err, size_t err_len);
void capture_close(struct capture *c);	/* NULL is fine */
/* 1 and *d; 0: the end; -EIO with a sentence in err when the file breaks off. */
int capture_next(struct capture *c, struct datagram *d, char *err, size_t err_len);

#endif
