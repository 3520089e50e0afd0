// SPDX-License-Identifier: GPL-2.0
/*
 * A capture file as a row of UDP datagrams to or from the IKE ports.
 *
 * RFCs: 768, 791 (fragments: 815), 8200 §4; the link headers are those of pcap-linktype(7).
 */
#include "cli/capture.h"

#include "wire/isakmp.h"

#include <errno.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <stdlib.h>
#include <string.h>

#define VLAN_TAGS_MAX		4
#define IP6_HEADERS_MAX		8
#define IP_FRAGMENTS_MAX	64	/* waiting fragments, all datagrams together */
#define UDP_HEADER_LEN		8

/* One fragment that waits for its fellows. */
struct waiting {
	bool used, more;
	struct ip_addr src, dst;
	uint32_t id;
	size_t offset, len;
	uint8_t *p;
};

/* An IP packet's upper part, whatever family. */
struct packet {
	struct ip_addr src, dst;
	uint8_t protocol;
	struct kw_span data;
	size_t missing; /* octets of data the IP header announces beyond what was captured */
	uint32_t id;
	size_t offset;		/* in octets */
	bool more;
};

struct capture {
	pcap_t *pcap;
	int link;
	unsigned long frame;
	struct waiting waiting[IP_FRAGMENTS_MAX];
	unsigned int turn; /* the slot a new fragment takes: the oldest one gives way */
	uint8_t *joined;		/* the datagram that was put together last */
};

void capture_close(struct capture *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < IP_FRAGMENTS_MAX; i++)
		free(c->waiting[i].p);
	free(c->joined);
	pcap_close(c->pcap);
	free(c);
}

static bool is_known_link(int link)
{
	static const int known[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP,
				     DLT_RAW, DLT_IPV4, DLT_IPV6 };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == link)
			return true;
	return false;
}

int capture_open(struct capture **out, const char *path, char *err, size_t err_len)
{
	struct capture *c = calloc(1, sizeof(*c));
	char why[PCAP_ERRBUF_SIZE] = "";

	if (!c)
		return -ENOMEM;
	c->pcap = pcap_open_offline(path, why);
	if (!c->pcap) {
		snprintf(err, err_len, "%s", why);
		free(c);
		return -EIO;
	}
	c->link = pcap_datalink(c->pcap);
	if (!is_known_link(c->link)) {
		const char *name = pcap_datalink_val_to_name(c->link);

		snprintf(err, err_len, "%s: link type %d (%s) is not one that is read", path,
			 c->link, name ? name : "unknown");
		capture_close(c);
		return -EPROTONOSUPPORT;
	}
	*out = c;
	return 0;
}

/* Behind the link header: true and r at what is probably IP. */
static bool skip_link(int link, struct kw_reader *r)
{
	uint16_t type = 0;

	switch (link) {
	case DLT_EN10MB:
		kw_get_span(r, 2 * ETHER_ADDR_LEN);
		type = kw_get_be16(r);
		for (int i = 0;
		     i < VLAN_TAGS_MAX && (type == 0x8100 || type == 0x88a8 || type == 0x9100);
		     i++) {
			kw_get_be16(r);
			type = kw_get_be16(r);
		}
		break;
	case DLT_LINUX_SLL:
		kw_get_span(r, SLL_HDR_LEN - 2);
		type = kw_get_be16(r);
		break;
	case DLT_LINUX_SLL2:
		type = kw_get_be16(r);
		kw_get_span(r, SLL2_HDR_LEN - 2);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		kw_get_be32(
			r); /* a family in somebody's octet order; the IP version says the same */
		return !r->bad;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return true;
	default:
		return false;
	}
	return !r->bad && (type == ETHERTYPE_IP || type == ETHERTYPE_IPV6);
}

/* The first n octets, or what was captured of them. */
static void take_data(struct kw_reader *r, size_t n, struct packet *p)
{
	size_t left = kw_reader_left(r);

	p->data = kw_get_span(r, n < left ? n : left);
	p->missing = n - p->data.len;
}

static bool parse_ipv4(struct kw_reader *r, struct packet *p)
{
	uint8_t first = kw_get_u8(r);
	size_t header_len = 4u * (first & 15), total;
	uint16_t fragment;
	struct kw_span src, dst;

	kw_get_u8(r);
	total = kw_get_be16(r);
	p->id = kw_get_be16(r);
	fragment = kw_get_be16(r);
	kw_get_u8(r);
	p->protocol = kw_get_u8(r);
	kw_get_be16(r);
	src = kw_get_span(r, 4);
	dst = kw_get_span(r, 4);
	if (r->bad || header_len < 20)
		return false;
	kw_get_span(r, header_len - 20);
	if (r->bad)
		return false;
	if (total < header_len)		/* 0 with segmentation offload: what is there */
		total = header_len + kw_reader_left(r);
	p->src = ip_addr_from_bytes(AF_INET, src.p);
	p->dst = ip_addr_from_bytes(AF_INET, dst.p);
	p->offset = (fragment & 0x1fffu) * 8;
	p->more = fragment & 0x2000;
	take_data(r, total - header_len, p);
	return true;
}

/* RFC 8200 §4: extension headers in front of UDP; their lengths count as part of the payload's. */
static bool skip_ip6_headers(struct kw_reader *r, struct packet *p)
{
	for (int i = 0; i < IP6_HEADERS_MAX; i++) {
		uint8_t next, len;
		uint16_t fragment;

		switch (p->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			next = kw_get_u8(r);
			len = kw_get_u8(r);
			kw_get_span(r, 6 + 8u * len);
			break;
		case IPPROTO_FRAGMENT:
			next = kw_get_u8(r);
			kw_get_u8(r);
			fragment = kw_get_be16(r);
			p->id = kw_get_be32(r);
			p->offset = fragment & 0xfff8u;
			p->more = fragment & 1;
			break;
		default:
			return !r->bad;
		}
		p->protocol = next;
		if (r->bad || p->offset) /* the rest of the headers is in the first fragment */
			return !r->bad;
	}
	return false;
}

static bool parse_ipv6(struct kw_reader *r, struct packet *p)
{
	struct kw_span src, dst;
	size_t length, before, headers;

	kw_get_be32(r);
	length = kw_get_be16(r);
	p->protocol = kw_get_u8(r);
	kw_get_u8(r);
	src = kw_get_span(r, 16);
	dst = kw_get_span(r, 16);
	if (r->bad)
		return false;
	before = kw_reader_left(r);
	if (!skip_ip6_headers(r, p))
		return false;
	headers = before - kw_reader_left(r);
	p->src = ip_addr_from_bytes(AF_INET6, src.p);
	p->dst = ip_addr_from_bytes(AF_INET6, dst.p);
	take_data(r, length > headers ? length - headers : kw_reader_left(r), p);
	return true;
}

static bool parse_ip(struct kw_span in, struct packet *p)
{
	struct kw_reader r = kw_reader(in);

	memset(p, 0, sizeof(*p));
	if (!in.len)
		return false;
	switch (in.p[0] >> 4) {
	case 4:
		return parse_ipv4(&r, p);
	case 6:
		return parse_ipv6(&r, p);
	default:
		return false;
	}
}

static bool same_datagram(const struct waiting *w, const struct packet *p)
{
	return w->used && w->id == p->id && ip_addr_equal(&w->src, &p->src) &&
	       ip_addr_equal(&w->dst, &p->dst);
}

static void keep(struct capture *c, const struct packet *p)
{
	struct waiting *w = &c->waiting[c->turn++ % IP_FRAGMENTS_MAX];

	free(w->p);
	*w = (struct waiting){
		.used = true, .more = p->more, .src = p->src, .dst = p->dst, .id = p->id,
		.offset = p->offset, .len = p->data.len,
	};
	w->p = malloc(p->data.len ? p->data.len : 1);
	if (!w->p)
		w->used = false;
	else if (p->data.len)
		memcpy(w->p, p->data.p, p->data.len);
}

/* The kept fragment that begins at offset at. */
static struct waiting *fragment_at(struct capture *c, const struct packet *p, size_t at)
{
	for (unsigned int i = 0; i < IP_FRAGMENTS_MAX; i++)
		if (same_datagram(&c->waiting[i], p) && c->waiting[i].offset == at)
			return &c->waiting[i];
	return NULL;
}

/* 0 while a piece is missing; fragments that overlap never meet end to end and are left out. */
static size_t joined_len(struct capture *c, const struct packet *p)
{
	size_t at = 0;

	for (unsigned int i = 0; i < IP_FRAGMENTS_MAX; i++) {
		struct waiting *w = fragment_at(c, p, at);

		if (!w || (w->more && !w->len))
			return 0;
		at += w->len;
		if (!w->more)
			return at;
	}
	return 0;
}

/* A fragment came: true when it was the last one that was missing; *p is then the whole. */
static bool join_fragment(struct capture *c, struct packet *p)
{
	struct kw_writer w;
	size_t len;

	keep(c, p);
	len = joined_len(c, p);
	if (!len)
		return false;
	free(c->joined);
	c->joined = malloc(len);
	if (!c->joined)
		return false;
	w = kw_writer(c->joined, len);
	while (w.len < len) {
		struct waiting *f = fragment_at(c, p, w.len);

		kw_put_span(&w, KW_SPAN(f->p, f->len));
		f->used = false;
	}
	p->data = kw_written(&w);
	p->offset = 0;
	p->more = false;
	return true;
}

static bool is_ike_port(uint16_t port)
{
	return port == IKE_PORT || port == IKE_NATT_PORT;
}

static bool parse_udp(const struct packet *p, struct datagram *d)
{
	struct kw_reader r = kw_reader(p->data);
	size_t length, left;

	d->src = (struct endpoint){ .addr = p->src, .port = kw_get_be16(&r) };
	d->dst = (struct endpoint){ .addr = p->dst, .port = kw_get_be16(&r) };
	length = kw_get_be16(&r);
	kw_get_be16(&r);
	if (r.bad || !(is_ike_port(d->src.port) || is_ike_port(d->dst.port)))
		return false;
	left = kw_reader_left(&r);
	length = length >= UDP_HEADER_LEN ? length - UDP_HEADER_LEN : left + p->missing;
	d->payload = kw_get_span(&r, length < left ? length : left);
	d->missing = length - d->payload.len;
	d->fragment = p->more;
	return true;
}

/*
 * A fragmented datagram is given out whole with its last fragment, and its first fragment before
 * that on its own: the others may never come.
 */
static bool frame_to_datagram(struct capture *c, struct kw_span frame, struct datagram *d)
{
	struct kw_reader r = kw_reader(frame);
	struct packet p;

	if (!skip_link(c->link, &r) || !parse_ip(kw_get_rest(&r), &p) || p.protocol != IPPROTO_UDP)
		return false;
	if ((p.offset || p.more) && !join_fragment(c, &p) && p.offset)
		return false;
	return parse_udp(&p, d);
}

int capture_next(struct capture *c, struct datagram *d, char *err, size_t err_len)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int ret;

	while ((ret = pcap_next_ex(c->pcap, &head, &data)) == 1) {
		c->frame++;
		memset(d, 0, sizeof(*d));
		d->frame = c->frame;
		d->time = head->ts;
		if (frame_to_datagram(c, KW_SPAN(data, head->caplen), d))
			return 1;
	}
	if (ret == PCAP_ERROR_BREAK)
		return 0;
	snprintf(err, err_len, "%s", pcap_geterr(c->pcap));
	return -EIO;
}
