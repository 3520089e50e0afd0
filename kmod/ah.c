// SPDX-License-Identifier: GPL-2.0
/*
 * AH's wire format: the header between IP headers and payload, and the ICV over all of them.
 *
 * RFCs: 4302, 4543 section 4
 *
 *     0                                  head                                             len
 *     +------------+---------------------+------+-----+---+-----+-----+-----+-----+---------+
 *     | IP header  | options, extensions | next | len | 0 | SPI | Seq | ICV | pad | payload |
 *     +------------+---------------------+------+-----+---+-----+-----+-----+-----+---------+
 *     |<---- as kw_mutable_copy() says ->|<---------- ICV as 0 ------------>|
 *
 * The ICV covers all of it in this order and with ESN the high half of the sequence number after
 * it.  What is covered otherwise than it stands in the packet is put together in a buffer of this
 * CPU; the packet itself is only read, save for AH when sealing.
 */
#include "ah.h"

#include <linux/in.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "compat.h"
#include "crypto.h"
#include "mutable.h"

/* The longest AH: padded to 8 bytes. */
#define AH_MAX	round_up(KW_AH_FIXED + KW_ICV_MAX, 8)

/* Headers and AH, then the high half of the sequence number. */
struct scratch {
	u8 head[KW_MUTABLE_MAX + AH_MAX];
	__be32 seq_high;
};

/* BHs are off from filling one in to the result. */
static struct scratch * __percpu *scratches;

unsigned int kw_ah_len(const struct kw_cipher *c, u8 version)
{
	/* RFC 4302 2.6: a multiple of 32 bits in IPv4, of 64 in IPv6. */
	return round_up(KW_AH_FIXED + c->icv, version == 4 ? 4 : 8);
}

unsigned int kw_ah_check_len(const struct kw_cipher *c, const u8 *ah, unsigned int room,
			     u8 version)
{
	unsigned int len;

	if (room < KW_AH_FIXED)
		return 0;
	len = (ah[1] + 2) * 4;
	if (len > room || (len != kw_ah_len(c, version) && len != kw_ah_len(c, 6)))
		return 0;
	return len;
}

/* What the ICV of a packet covers.  0: the headers are refused. */
static unsigned int cover(struct kvec runs[3], const struct kw_cipher *c, const u8 *ip,
			  unsigned int head, unsigned int ah_len, unsigned int len, u64 seq,
			  bool esn, bool sending)
{
	struct scratch *s = *this_cpu_ptr(scratches);
	unsigned int covered = kw_mutable_copy(s->head, ip, head, sending);
	unsigned int n = 0;

	if (!covered)
		return 0;
	memcpy(s->head + covered, ip + head, ah_len);
	memset(s->head + covered + KW_AH_FIXED, 0, c->icv);
	s->seq_high = cpu_to_be32(seq >> 32);
	runs[n++] = (struct kvec){ s->head, covered + ah_len };
	if (len > head + ah_len)
		runs[n++] = (struct kvec){ (u8 *)ip + head + ah_len, len - head - ah_len };
	if (esn)
		runs[n++] = (struct kvec){ &s->seq_high, sizeof(s->seq_high) };
	return n;
}

int kw_ah_seal(const struct kw_cipher *c, u8 *ip, unsigned int head, unsigned int len,
	       u8 next_header, __be32 spi, u64 seq, bool esn)
{
	unsigned int ah_len = kw_ah_len(c, *ip >> 4);
	u8 *ah = ip + head;
	struct kvec runs[3];
	unsigned int n;

	memset(ah, 0, ah_len);
	ah[0] = next_header;
	ah[1] = ah_len / 4 - 2;
	memcpy(ah + 4, &spi, 4);
	put_unaligned_be32(seq, ah + 8);
	n = cover(runs, c, ip, head, ah_len, len, seq, esn, true);
	if (!n)
		return -EINVAL;
	/* RFC 4543 3.1: an IV never comes twice; nor does the full sequence number. */
	return kw_mac_make(c, runs, n, seq, ah + KW_AH_FIXED);
}

int kw_ah_check(const struct kw_cipher *c, const u8 *ip, unsigned int head, unsigned int len,
		u64 seq, bool esn)
{
	const u8 *ah = ip + head;
	struct kvec runs[3];
	unsigned int n;

	n = cover(runs, c, ip, head, (ah[1] + 2) * 4, len, seq, esn, false);
	if (!n)
		return -EINVAL;
	return kw_mac_check(c, runs, n, ah + KW_AH_FIXED);
}

int kw_ah_init(void)
{
	int cpu;

	scratches = alloc_percpu(struct scratch *);
	if (!scratches)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct scratch *s = kmalloc_node(sizeof(*s), GFP_KERNEL, cpu_to_node(cpu));

		if (!s) {
			kw_ah_exit();
			return -ENOMEM;
		}
		*per_cpu_ptr(scratches, cpu) = s;
	}
	return 0;
}

void kw_ah_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(*per_cpu_ptr(scratches, cpu));
	free_percpu(scratches);
}
