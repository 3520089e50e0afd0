// SPDX-License-Identifier: GPL-2.0
/*
 * Vendor ids that are recognised, one const row each; matched by what they begin with and their
 * length.
 *
 * RFCs: 2408 §3.16, 3706 §5.2 (DPD), 3947 §3.1 (NAT-T); draft-beaulieu-ike-xauth-02 §8 and
 * draft-ietf-ipsec-nat-t-ike-00 to -03. The others are what products are seen to send. Those that
 * are the MD5 of a text have the text beside them.
 */
#include "wire/vendor.h"

#define REST UINT8_MAX	/* anything may follow */

static const struct vendor vendors[] = {
	{ VENDOR_XAUTH, "XAUTH", KW_SPAN_STR("\x09\x00\x26\x89\xdf\xd6\xb7\x12"), 0 },
	/* The last two octets are major and minor version, RFC 3706 §5.2. */
	{ VENDOR_DPD, "Dead Peer Detection",
	  KW_SPAN_STR("\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57"), 2 },
	{ VENDOR_UNITY, "Cisco Unity",
	  KW_SPAN_STR("\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc"), 2 },
	/* FRAGMENTATION; Cisco adds four octets of flags. */
	{ VENDOR_FRAGMENTATION, "IKE fragmentation",
	  KW_SPAN_STR("\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3"), 4 },
	{ VENDOR_NATT_RFC, "RFC 3947 NAT-T", /* RFC 3947 */
	  KW_SPAN_STR("\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f"), 0 },
	{ VENDOR_NATT_03, "NAT-T draft 03", /* draft-ietf-ipsec-nat-t-ike-03 */
	  KW_SPAN_STR("\x7d\x94\x19\xa6\x53\x10\xca\x6f\x2c\x17\x9d\x92\x15\x52\x9d\x56"), 0 },
	{ VENDOR_NATT_02, "NAT-T draft 02", /* draft-ietf-ipsec-nat-t-ike-02 */
	  KW_SPAN_STR("\xcd\x60\x46\x43\x35\xdf\x21\xf8\x7c\xfd\xb2\xfc\x68\xb6\xa4\x48"), 0 },
	/* draft-ietf-ipsec-nat-t-ike-02\n, the common one. */
	{ VENDOR_NATT_02N, "NAT-T draft 02 (newline)",
	  KW_SPAN_STR("\x90\xcb\x80\x91\x3e\xbb\x69\x6e\x08\x63\x81\xb5\xec\x42\x7b\x1f"), 0 },
	{ VENDOR_NATT_00, "NAT-T draft 00", /* draft-ietf-ipsec-nat-t-ike-00 */
	  KW_SPAN_STR("\x44\x85\x15\x2d\x18\xb6\xbb\xcd\x0b\xe8\xa8\x46\x95\x79\xdd\xcc"), 0 },
	{ VENDOR_MS_NT5, "Microsoft Windows", /* MS NT5 ISAKMPOAKLEY, then a version */
	  KW_SPAN_STR("\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61"), 4 },
	{ VENDOR_MS_NEGOTIATION_DISCOVERY, "MS negotiation discovery",
	  KW_SPAN_STR("\xfb\x1d\xe3\xcd\xf3\x41\xb7\xea\x16\xb7\xe5\xbe\x08\x55\xf1\x20"), 0 },
	{ VENDOR_MS_INITIAL_CONTACT, "MS initial contact capable",
	  KW_SPAN_STR("\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19"), 0 },
	{ VENDOR_STRONGSWAN, "strongSwan",
	  KW_SPAN_STR("\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb"), 0 },
	{ VENDOR_KAME, "KAME/racoon", /* KAME/racoon */
	  KW_SPAN_STR("\x70\x03\xcb\xc1\x09\x7d\xbe\x9c\x26\x00\xba\x69\x83\xbc\x8b\x35"), 0 },
	{ VENDOR_FORTIGATE, "Fortigate",
	  KW_SPAN_STR("\x1d\x6e\x17\x8f\x6c\x2c\x0b\xe2\x84\x98\x54\x65\x45\x0f\xe9\xd4"), REST },
	{ VENDOR_JUNIPER_SRX, "Juniper SRX",
	  KW_SPAN_STR("\xfd\x80\x88\x04\xdf\x73\xb1\x51\x50\x70\x9d\x87\x80\x44\xcd\xe0"
		      "\xac\x1e\xfc\xde"),
	  REST },
	{ VENDOR_CHECK_POINT, "Check Point",
	  KW_SPAN_STR("\xf4\xed\x19\xe0\xc1\x14\xeb\x51\x6f\xaa\xac\x0e\xe3\x7d\xaf\x28"
		      "\x07\xb4\x38\x1f"),
	  REST },
	{ VENDOR_CISCO_DELETE_REASON, "Cisco delete reason", KW_SPAN_STR("CISCO-DELETE-REASON"),
	  REST },
	{ VENDOR_CISCO_FLEXVPN, "Cisco FlexVPN", KW_SPAN_STR("FLEXVPN-SUPPORTED"), REST },
};

#define N_VENDORS (sizeof(vendors) / sizeof(vendors[0]))

static bool begins_with(struct kw_span body, const struct vendor *v)
{
	return body.len >= v->value.len && kw_span_equal(KW_SPAN(body.p, v->value.len), v->value) &&
	       (v->more_max == REST || body.len - v->value.len <= v->more_max);
}

const struct vendor *vendor_find(struct kw_span body, struct kw_span *more)
{
	for (size_t i = 0; i < N_VENDORS; i++) {
		size_t known = vendors[i].value.len;

		if (begins_with(body, &vendors[i])) {
			*more = KW_SPAN(body.p + known, body.len - known);
			return &vendors[i];
		}
	}
	*more = (struct kw_span){ 0 };
	return NULL;
}

const struct vendor *vendor_table(size_t *n)
{
	*n = N_VENDORS;
	return vendors;
}
