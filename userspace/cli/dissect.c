// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams to trees: what a datagram is, and the header both versions share.
 *
 * RFCs: 2408 §3.1, 3948 §2.2 (non-ESP marker), §2.3 (keepalive), 7296 §3.1.
 */
#include "cli/dissect_payload.h"

#include "wire/isakmp.h"
#include "wire/isakmp_v1.h"
#include "wire/names.h"
#include "wire/names_v1.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NON_ESP_MARKER_LEN	4
#define KEEPALIVE		0xff

struct flag_name {
	uint8_t flag;
	const char *name;
};

static const struct flag_name flags_v1[] = {
	{ V1_FLAG_ENCRYPTION, "encryption" },
	{ V1_FLAG_COMMIT, "commit" },
	{ V1_FLAG_AUTH_ONLY, "authentication-only" },
	{ 0 },
};

static const struct flag_name flags_v2[] = {
	{ IKE_FLAG_INITIATOR, "initiator" },
	{ IKE_FLAG_VERSION, "version" },
	{ IKE_FLAG_RESPONSE, "response" },
	{ 0 },
};

/* How a major version is read. */
static const struct version {
	uint8_t major;
	const char *kind;
	const char *(*exchange_name)(uint8_t type);
	const char *(*payload_name)(uint8_t type);
	const struct flag_name *flags;
	void (*payloads)(struct dissection *m, struct kw_span body, json_t *o);
} versions[] = {
	{ 1, "IKEv1", v1_exchange_name, v1_payload_name, flags_v1, dissect_v1 },
	{ 2, "IKEv2", exchange_name, payload_name, flags_v2, dissect_v2 },
};

static const struct version *version_of(const struct ike_header *h)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].major == h->version >> 4)
			return &versions[i];
	return NULL;
}

static void put_flags(json_t *o, const struct flag_name *names, uint8_t flags)
{
	json_t *array = json_array();
	char rest[8];

	for (; names->flag; names++) {
		if (flags & names->flag)
			json_array_append_new(array, json_string(names->name));
		flags &= (uint8_t)~names->flag;
	}
	if (flags) {
		snprintf(rest, sizeof(rest), "0x%02x", flags);
		json_array_append_new(array, json_string(rest));
	}
	json_object_set_new(o, "flags", array);
}

static void put_hex(json_t *o, const char *key, struct kw_span s)
{
	char hex[2 * IKE_SPI_LEN + 1];

	tree_string(o, key, kw_hex(hex, sizeof(hex), s));
}

static void put_header(json_t *o, const struct ike_header *h, const struct version *v)
{
	char text[16];

	snprintf(text, sizeof(text), "%d.%d", h->version >> 4, h->version & 15);
	tree_string(o, "version", text);
	tree_named(o, "exchange", h->exchange, v ? v->exchange_name(h->exchange) : "unknown");
	snprintf(text, sizeof(text), "%08x", h->message_id);
	tree_string(o, "message_id", text);
	put_hex(o, "initiator", KW_SPAN(h->spi_i, sizeof(h->spi_i)));
	put_hex(o, "responder", KW_SPAN(h->spi_r, sizeof(h->spi_r)));
	put_flags(o, v ? v->flags : &(const struct flag_name){ 0 }, h->flags);
	tree_number(o, "length", h->length);
	/* Encrypted IKEv1 messages say here, and nowhere else, what stands first inside. */
	tree_named(o, "first", h->next_payload, v ? v->payload_name(h->next_payload) : "unknown");
}

/*
 * What follows the header, and m->message: as far as the length field goes, or as there are octets.
 */
static struct kw_span take_body(struct dissection *m, struct kw_span octets, json_t *o)
{
	struct kw_span body;

	m->message = octets;
	if (header_parse(octets, &m->h, &body) == 0) {
		m->message.len = m->h.length;
		return body;
	}
	if (octets.len < IKE_HEADER_LEN)
		return (struct kw_span){ 0 };
	tree_complain(o, "the header's length field says %u octets, %zu are here", m->h.length,
		      octets.len);
	return KW_SPAN(octets.p + IKE_HEADER_LEN, octets.len - IKE_HEADER_LEN);
}

static void dissect_message(struct dissection *m, struct kw_span octets, json_t *o)
{
	struct kw_span body = take_body(m, octets, o);
	const struct version *v;

	if (octets.len < IKE_HEADER_LEN) {
		tree_complain(o, "%zu octets, a header has %d", octets.len, IKE_HEADER_LEN);
		return;
	}
	v = version_of(&m->h);
	put_header(o, &m->h, v);
	if (octets.len > m->message.len)
		tree_number(o, "octets_behind", octets.len - m->message.len);
	if (v)
		v->payloads(m, body, o);
	else
		tree_complain(o, "major version %d is none that is known", m->h.version >> 4);
}

void dissect_inner_message(struct dissection *outer, struct kw_span message, json_t *o)
{
	struct dissection m = { .d = outer->d, .from = outer->from, .whole_of_fragments = true };

	dissect_message(&m, message, o);
}

static void put_message(struct dissector *d, const struct datagram *datagram, struct kw_span octets,
			json_t *o)
{
	struct dissection m = { .d = d, .from = &datagram->src };
	const struct version *v;
	json_t *message = json_object();

	tree_string(o, "kind", "ISAKMP");
	json_object_set_new(o, "message", message);
	dissect_message(&m, octets, message);
	v = octets.len >= IKE_HEADER_LEN ? version_of(&m.h) : NULL;
	if (v)
		tree_string(o, "kind", v->kind);
}

/* RFC 3948 §2.2: on port 4500 four zero octets stand before IKE, where ESP has its SPI. */
static void put_encapsulated(struct dissector *d, const struct datagram *datagram, json_t *o)
{
	struct kw_reader r = kw_reader(datagram->payload);
	json_t *about;
	uint32_t spi;

	if (datagram->payload.len == 1 && datagram->payload.p[0] == KEEPALIVE) {
		tree_string(o, "kind", "keepalive");
		return;
	}
	spi = kw_get_be32(&r);
	if (!r.bad && spi == 0) {
		put_message(d, datagram, kw_get_rest(&r), o);
		return;
	}
	about = json_object();
	tree_string(o, "kind", "ESP in UDP");
	json_object_set_new(o, "about", about);
	tree_octets(about, "spi", KW_SPAN(datagram->payload.p, r.bad ? 0 : 4));
	tree_number(about, "sequence", kw_get_be32(&r));
	tree_number(about, "length", datagram->payload.len);
	if (r.bad)
		tree_complain(o, "%zu octets are neither a keepalive nor a non-ESP marker nor ESP",
			      datagram->payload.len);
}

static void put_datagram(json_t *o, const struct datagram *datagram)
{
	char text[64], seconds[32];
	struct tm tm;

	tree_number(o, "frame", datagram->frame);
	if (!gmtime_r(&datagram->time.tv_sec, &tm) ||
	    !strftime(seconds, sizeof(seconds), "%FT%T", &tm))
		seconds[0] = '\0';
	snprintf(text, sizeof(text), "%s.%06ldZ", seconds, (long)datagram->time.tv_usec % 1000000);
	tree_string(o, "time", text);
	tree_string(o, "source", endpoint_print(text, &datagram->src));
	tree_string(o, "destination", endpoint_print(text, &datagram->dst));
}

json_t *dissect_datagram(struct dissector *d, const struct datagram *datagram)
{
	json_t *o = json_object();

	if (!o)
		return NULL;
	put_datagram(o, datagram);
	if (datagram->src.port == IKE_NATT_PORT || datagram->dst.port == IKE_NATT_PORT)
		put_encapsulated(d, datagram, o);
	else
		put_message(d, datagram, datagram->payload, o);
	if (datagram->fragment)
		tree_complain(o, "the first IP fragment only");
	else if (datagram->missing)
		tree_complain(o, "%zu octets of the datagram were not captured", datagram->missing);
	kw_wipe(d->plain, d->plain_len);
	d->plain_len = 0;
	return o;
}

struct dissector *dissector_new(const struct keys *keys)
{
	struct dissector *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->keys = keys;
	d->v1 = v1_sessions_new();
	d->pieces = pieces_new();
	if (!d->v1 || !d->pieces) {
		dissector_free(d);
		return NULL;
	}
	return d;
}

void dissector_free(struct dissector *d)
{
	if (!d)
		return;
	v1_sessions_free(d->v1);
	pieces_free(d->pieces);
	free(d);
}
