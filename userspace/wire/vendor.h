/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vendor ids of both versions: who the peer is and what it can do besides the RFCs (RFC 2408
 * §3.16).
 */
#ifndef KW_WIRE_VENDOR_H
#define KW_WIRE_VENDOR_H

#include "lib/buf.h"

enum vendor_id {
	VENDOR_XAUTH,
	VENDOR_DPD,
	VENDOR_UNITY,
	VENDOR_FRAGMENTATION,
	VENDOR_NATT_RFC,
	VENDOR_NATT_03,
	VENDOR_NATT_02,
	VENDOR_NATT_02N,
	VENDOR_NATT_00,
	VENDOR_MS_NT5,
	VENDOR_MS_NEGOTIATION_DISCOVERY,
	VENDOR_MS_INITIAL_CONTACT,
	VENDOR_STRONGSWAN,
	VENDOR_KAME,
	VENDOR_FORTIGATE,
	VENDOR_JUNIPER_SRX,
	VENDOR_CHECK_POINT,
	VENDOR_CISCO_DELETE_REASON,
	VENDOR_CISCO_FLEXVPN,
};

struct vendor {
	enum vendor_id id;
	const char *name;
	struct kw_span value;
	uint8_t more_max;	/* how many octets (version, flags) may follow value */
};

/*
 * The row a VID payload's body belongs to, NULL when it is none of ours. *more: what follows the
 * known part.
 */
const struct vendor *vendor_find(struct kw_span body, struct kw_span *more);
const struct vendor *vendor_table(size_t *n);

#endif
