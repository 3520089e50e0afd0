/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP headers as AH's ICV covers them: mutable fields zero, predictable ones as at the destination.
 *
 * RFCs: 4302 section 3.3.3.1 and Appendix A
 */
#ifndef KW_MUTABLE_H
#define KW_MUTABLE_H

#include <linux/types.h>

/* The longest chain of headers before AH that is looked at. */
#define KW_MUTABLE_MAX	2048u

/*
 * Copies to @out the IPv4 or IPv6 header at @ip and what follows it up to AH, @len bytes and at
 * most KW_MUTABLE_MAX, as the ICV covers them.  Reads nothing beyond and writes only to @out.
 * On the way out (@sending) a source route is put into the form it has at its end; on the way in
 * one that has not come to its end is refused, and the header of a fragment that is the whole
 * packet (RFC 6946), put in after the ICV was made, is left out.
 *
 * Returns how many bytes that is; 0: the headers are malformed, do not end at AH, or there is one
 * whose mutable fields nobody knows.
 */
unsigned int kw_mutable_copy(u8 *out, const u8 *ip, unsigned int len, bool sending);

#endif /* KW_MUTABLE_H */
