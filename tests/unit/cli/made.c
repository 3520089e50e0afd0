// SPDX-License-Identifier: GPL-2.0
/* Capture files made of octets: the classic pcap format, big-endian. */
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PARTS_MAX 8

static void put(FILE *f, struct kw_span s)
{
	assert_int_equal(fwrite(s.p, 1, s.len, f), s.len);
}

struct made made_new(const char *path, uint32_t link)
{
	struct made m = { .f = fopen(path, "w") };
	uint8_t buf[24];
	struct kw_writer w = kw_writer(buf, sizeof(buf));

	assert_non_null(m.f);
	kw_put_be32(&w, 0xa1b2c3d4);
	kw_put_be16(&w, 2);
	kw_put_be16(&w, 4);
	kw_put_zero(&w, 8);
	kw_put_be32(&w, 65535);
	kw_put_be32(&w, link);
	put(m.f, kw_written(&w));
	return m;
}

void made_frame(struct made *m, const struct kw_span *parts, size_t n)
{
	uint8_t buf[16];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	kw_put_be32(&w, 1700000000);
	kw_put_be32(&w, 5);
	kw_put_be32(&w, (uint32_t)len);
	kw_put_be32(&w, (uint32_t)len);
	put(m->f, kw_written(&w));
	for (size_t i = 0; i < n; i++)
		put(m->f, parts[i]);
}

void made_close(struct made *m)
{
	assert_int_equal(fclose(m->f), 0);
}

struct kw_span made_ipv4(uint8_t buf[20], size_t payload_len, uint16_t id, size_t offset, bool more)
{
	struct kw_writer w = kw_writer(buf, 20);

	kw_put_be16(&w, 0x4500);
	kw_put_be16(&w, (uint16_t)(20 + payload_len));
	kw_put_be16(&w, id);
	kw_put_be16(&w, (uint16_t)((more ? 0x2000 : 0) | offset / 8));
	kw_put_be16(&w, 64 << 8 | 17);
	kw_put_be16(&w, 0);
	kw_put_be32(&w, 0xc0000201);
	kw_put_be32(&w, 0xc0000202);
	return kw_written(&w);
}

struct kw_span made_ipv6(uint8_t buf[40], size_t payload_len, uint8_t next)
{
	struct kw_writer w = kw_writer(buf, 40);

	kw_put_be32(&w, 0x60000000);
	kw_put_be16(&w, (uint16_t)payload_len);
	kw_put_u8(&w, next);
	kw_put_u8(&w, 64);
	kw_put_be64(&w, 0x20010db800000000);
	kw_put_be64(&w, 1);
	kw_put_be64(&w, 0x20010db800000000);
	kw_put_be64(&w, 2);
	return kw_written(&w);
}

struct kw_span made_udp(uint8_t buf[8], uint16_t src, uint16_t dst, size_t payload_len)
{
	struct kw_writer w = kw_writer(buf, 8);

	kw_put_be16(&w, src);
	kw_put_be16(&w, dst);
	kw_put_be16(&w, (uint16_t)(8 + payload_len));
	kw_put_be16(&w, 0);
	return kw_written(&w);
}

void made_datagram(struct made *m, uint16_t src, uint16_t dst, struct kw_span payload)
{
	uint8_t ip[20], udp[8];
	const struct kw_span parts[] = { made_ipv4(ip, 8 + payload.len, 1, 0, false),
					 made_udp(udp, src, dst, payload.len), payload };

	made_frame(m, parts, 3);
}
