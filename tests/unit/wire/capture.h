/* SPDX-License-Identifier: GPL-2.0 */
/* IKE datagrams out of pcap and pcapng files, for tests. */
#ifndef KW_TESTS_WIRE_CAPTURE_H
#define KW_TESTS_WIRE_CAPTURE_H

#include "lib/buf.h"

/* "$KW_VECTORS/name", where KW_VECTORS is tests/vectors unless the environment says otherwise. */
char *capture_path(char *buf, size_t cap, const char *name);
/*
 * Calls for each UDP datagram from or to port 500 or 4500 that can be IKE (on 4500 the non-ESP
 * marker is there and taken away): frame is the packet's number, 1... Fails the test when the file
 * cannot be read. Returns how many calls were made.
 */
unsigned int capture_each(const char *name,
			  void (*each)(unsigned int frame, struct kw_span datagram, void *ctx),
			  void *ctx);
/* The same for IKEv2 only: at least a header, major version 2. */
unsigned int
capture_each_ikev2(const char *name,
		   void (*each)(unsigned int frame, struct kw_span datagram, void *ctx), void *ctx);

#endif
