/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of a child's packets beside encryption, which each side chooses for itself and nobody negotiates:
 * the outer header (RFC 4301 §5.1.2, §8.1; RFC 6040), marks, TCP's segment size. All zero is the default.
 */
#ifndef KW_WIRE_HANDLING_H
#define KW_WIRE_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 4301 §4.4.1.2: selectors that a child takes from the packet that asks for it. */
enum handling_pfp {
	HANDLING_PFP_LOCAL = 1, HANDLING_PFP_REMOTE = 2, HANDLING_PFP_PROTO = 4, HANDLING_PFP_LOCAL_PORT = 8,
	HANDLING_PFP_REMOTE_PORT = 16,
};

enum handling_df { HANDLING_DF_COPY, HANDLING_DF_SET, HANDLING_DF_CLEAR };

struct handling {
	bool dscp_fixed;		/* dscp on every packet; else the inner one */
	uint8_t dscp;
	bool no_ecn;			/* Not-ECT; else the inner ECN (RFC 6040 §4.1) */
	bool ttl_copied;		/* the inner one */
	uint8_t ttl;			/* 0: as routing has it */
	bool no_mss_clamp;
	bool fragment_after;		/* ESP is fragmented, not the packet in it */
	bool flow_label_copied;		/* IPv6: the inner one; else 0 */
	bool no_icmp;			/* no word to the sender of what is dropped */
	bool plain_in;			/* what comes in unprotected may (RFC 4301 §5.2 would drop it) */
	bool verify_csum;		/* of what came out of ESP, though it was authenticated */
	uint16_t tfc;			/* least octets of the packet in ESP, if the peer can; 0: its own (RFC 4303 §2.7) */
	enum handling_df df;
	uint32_t mark, mark_mask;	/* of packets that may use the child; no mask: any */
	uint8_t pfp;			/* enum handling_pfp; 0: a child is for all that its nets are for */
	uint32_t set_mark;		/* on ESP that is sent and on what comes out of ESP; 0: none */
};

#endif
