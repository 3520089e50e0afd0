/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AH's wire format: the header between IP headers and payload, and the ICV over all of them.
 *
 * RFCs: 4302
 */
#ifndef KW_AH_H
#define KW_AH_H

#include <linux/types.h>

struct kw_cipher;

#define KW_AH_FIXED	12u	/* next header, length, reserved, SPI, sequence number */

/* Bytes of AH with its ICV and padding in an IP packet of @version, 4 or 6. */
unsigned int kw_ah_len(const struct kw_cipher *c, u8 version);

/*
 * Writes AH at @ip + @head of the whole IP packet of @len bytes at @ip, whose headers before AH are
 * complete and say that AH follows; kw_ah_len() bytes are in place for it, the payload after them.
 * Of the rest nothing is written.  Returns 0; -EINVAL: headers that kw_mutable_copy() refuses; or
 * the algorithm's error.  Contexts as kw_mac_make().
 */
int kw_ah_seal(const struct kw_cipher *c, u8 *ip, unsigned int head, unsigned int len,
	       u8 next_header, __be32 spi, u64 seq, bool esn);

/*
 * Whether AH of an IP packet of @version, with @room bytes from its beginning to the packet's end,
 * is as long as the ICV asks for.  Returns that length or 0.  Kernels without XFRM's align4 pad
 * AH to 8 bytes in IPv4 too, and are understood.
 */
unsigned int kw_ah_check_len(const struct kw_cipher *c, const u8 *ah, unsigned int room,
			     u8 version);

/*
 * Authenticates the IP packet of @len bytes at @ip with AH, of kw_ah_check_len() bytes, at @head.
 * Writes nothing.  Returns 0; -EBADMSG: a wrong ICV; -EINVAL: headers that kw_mutable_copy()
 * refuses.
 */
int kw_ah_check(const struct kw_cipher *c, const u8 *ip, unsigned int head, unsigned int len,
		u64 seq, bool esn);

/* Memory to compute in. */
int kw_ah_init(void);
void kw_ah_exit(void);

#endif /* KW_AH_H */
