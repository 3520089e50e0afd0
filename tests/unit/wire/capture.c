// SPDX-License-Identifier: GPL-2.0
/*
 * IKE datagrams out of pcap and pcapng files: link, IP and UDP headers off, as far as tests need
 * it.
 */
#include "unit/wire/capture.h"
#include "wire/isakmp.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

char *capture_path(char *buf, size_t cap, const char *name)
{
	const char *root = getenv("KW_VECTORS");

	snprintf(buf, cap, "%s/%s", root ? root : "tests/vectors", name);
	return buf;
}

static struct kw_span strip_udp(struct kw_span udp)
{
	static const uint8_t marker[4];
	struct kw_reader r = kw_reader(udp);
	uint16_t from = kw_get_be16(&r), to = kw_get_be16(&r), len = kw_get_be16(&r);
	struct kw_span none = { 0 }, start;
	size_t left;

	kw_get_be16(&r);
	left = kw_reader_left(&r);
	/* Captures cut short keep what they have. */
	if (len >= 8 && len - 8u < left)
		left = len - 8u;
	if (from == IKE_PORT || to == IKE_PORT)
		return kw_get_span(&r, left);
	if (from != IKE_NATT_PORT && to != IKE_NATT_PORT)
		return none;
	start = kw_get_span(&r, sizeof(marker));
	return left > sizeof(marker) && kw_span_equal(start, KW_SPAN(marker, sizeof(marker))) ?
		kw_get_span(&r, left - sizeof(marker)) : none;
}

static struct kw_span strip_ip(struct kw_span ip)
{
	struct kw_span none = { 0 };
	struct kw_reader r = kw_reader(ip);
	uint8_t first = kw_get_u8(&r), protocol;

	if (first >> 4 == 6) {
		kw_get_span(&r, 5);
		protocol = kw_get_u8(&r);
		kw_get_span(&r, 33);
		return protocol == IPPROTO_UDP ? strip_udp(kw_get_rest(&r)) : none;
	}
	if (first >> 4 != 4)
		return none;
	kw_get_span(&r, 8);
	protocol = kw_get_u8(&r);
	kw_get_span(&r, (first & 15) * 4u - 10);
	return protocol == IPPROTO_UDP && !r.bad ? strip_udp(kw_get_rest(&r)) : none;
}

static struct kw_span strip_link(int link, struct kw_span frame)
{
	struct kw_reader r = kw_reader(frame);

	switch (link) {
	case DLT_EN10MB:
		kw_get_span(&r, 12);
		while (kw_get_be16(&r) == 0x8100)
			kw_get_be16(&r);
		break;
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_PPP:
		kw_get_span(&r, 4);
		break;
	case DLT_LINUX_SLL:
		kw_get_span(&r, 16);
		break;
	case DLT_RAW:
		break;
	default:
		fail_msg("link type %d", link);
	}
	return strip_ip(kw_get_rest(&r));
}

unsigned int capture_each(const char *name,
			  void (*each)(unsigned int frame, struct kw_span datagram, void *ctx),
			  void *ctx)
{
	char path[256], err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *octets;
	unsigned int frame = 0, n = 0;
	pcap_t *p = pcap_open_offline(capture_path(path, sizeof(path), name), err);

	if (!p)
		fail_msg("%s: %s", path, err);
	while (pcap_next_ex(p, &h, &octets) == 1) {
		struct kw_span datagram = strip_link(pcap_datalink(p), KW_SPAN(octets, h->caplen));

		frame++;
		if (!datagram.len)
			continue;
		each(frame, datagram, ctx);
		n++;
	}
	pcap_close(p);
	return n;
}

struct ikev2_only {
	void (*each)(unsigned int frame, struct kw_span datagram, void *ctx);
	void *ctx;
	unsigned int n;
};

static void pass_ikev2(unsigned int frame, struct kw_span datagram, void *ctx)
{
	struct ikev2_only *only = ctx;

	if (datagram.len < IKE_HEADER_LEN || datagram.p[17] >> 4 != 2)
		return;
	only->each(frame, datagram, only->ctx);
	only->n++;
}

unsigned int
capture_each_ikev2(const char *name,
		   void (*each)(unsigned int frame, struct kw_span datagram, void *ctx), void *ctx)
{
	struct ikev2_only only = { .each = each, .ctx = ctx };

	capture_each(name, pass_ikev2, &only);
	return only.n;
}
