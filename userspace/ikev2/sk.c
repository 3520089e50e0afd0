// SPDX-License-Identifier: GPL-2.0
/*
 * Messages on the wire.
 *
 *   IKE_SA_INIT, IKE_SESSION_RESUME   header | payloads
 *   others        header | SK header | IV | encrypted payloads | ICV
 *   fragmented    header | SKF header | number | total | IV | a piece of the payloads, encrypted | ICV, n times
 *
 * RFCs: 7296 §2.1-2.3 (message ids, window of one), §3.14 (SK); 7383 §2.5-2.6 (SKF).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/core.h"
#include "ike/conn.h"
#include "ike/reassemble.h"
#include "ike/sa_table.h"
#include "ike/stream.h"
#include "ikev2/crash.h"
#include "ikev2/intermediate.h"
#include "ikev2/sk.h"
#include "ikev2/v2_sa.h"
#include "ikev2/version.h"

#define PAYLOAD_HEAD	4u
#define FRAGMENT_HEAD	4u
#define UDP_IPV4	28u	/* IP and UDP headers: conf's fragment_size is the whole packet */
#define UDP_IPV6	48u
#define MARKER		4u	/* non-ESP marker on port 4500 */

/* ---- whose is it ---- */

static bool is_zero(const uint8_t spi[IKE_SPI_LEN])
{
	static const uint8_t zero[IKE_SPI_LEN];

	return !memcmp(spi, zero, IKE_SPI_LEN);
}

struct ike_sa *v2_find(struct engine *e, const struct ike_version *version,
		       const struct ike_header *h, const struct endpoint *remote)
{
	bool from_initiator = h->flags & IKE_FLAG_INITIATOR;
	struct ike_sa *sa;

	if (from_initiator && is_zero(h->spi_r))
		return sa_table_find_peer(e, h->spi_i, remote);
	sa = sa_table_find(e, from_initiator ? h->spi_r : h->spi_i);
	if (!sa || sa->version != version || (sa->role == IKE_RESPONDER) != from_initiator)
		return NULL;
	/* An initiator learns the responder's SPI from the first answer. */
	if (sa->state != IKE_ST_INIT_SENT &&
	    memcmp(ike_sa_peer_spi(sa), from_initiator ? h->spi_i : h->spi_r, IKE_SPI_LEN))
		return NULL;
	return sa;
}

/* ---- in ---- */

/* The encrypted payload of the message, which is its last; NULL: there is none. */
static const struct payload *sk_payload(const struct ike_message *m)
{
	const struct payload *last = m->n ? &m->payload[m->n - 1].p : NULL;

	return last && (last->type == PAYLOAD_SK || last->type == PAYLOAD_SKF) ? last : NULL;
}

static int forget(struct ike_message **m, int ret)
{
	message_free(*m);
	*m = NULL;
	return ret;
}

/* RFC 7383 §2.6.1: of a fragmented request that comes again, only the first fragment is answered. */
static bool deserves_repeat(const struct ike_message *m)
{
	const struct payload *sk = sk_payload(m);
	struct fragment_head f;

	if (!sk || sk->type != PAYLOAD_SKF)
		return true;
	return !fragment_parse(sk->body, &f) && f.number == 1;
}

static int repeated(struct ike_sa *sa, struct ike_message **m)
{
	const struct ike_message *in = *m;
	bool same =
		!v2_begins(in->h.exchange) || kw_span_equal(in->raw, v2_sa(sa)->init_i);

	sa->e->totals.rx_replayed++;
	if (same && deserves_repeat(in))
		retransmit_repeat(sa, in->socket, &in->local, &in->remote);
	return forget(m, -EALREADY);
}

/* 0: expected; 1: the last request again; -EBADMSG: neither. */
static int check_id(const struct ike_sa *sa, const struct ike_message *m)
{
	const struct v2_sa *v2 = v2_sa(sa);

	if (message_is_response(m))
		return retransmit_pending(sa) && m->h.message_id == v2->send_id &&
				       m->h.exchange == v2->sent_exchange
			       ? 0
			       : -EBADMSG;
	if (m->h.message_id == v2->recv_id)
		return 0;
	return v2->recv_id && m->h.message_id == v2->recv_id - 1 ? 1 : -EBADMSG;
}

static int decrypt(struct ike_sa *sa, struct ike_message *m, struct kw_span body, uint8_t **plain,
		   size_t *len)
{
	struct kw_span head = KW_SPAN(m->raw.p, body.p - m->raw.p);
	uint8_t *buf = malloc(body.len + 1);
	int ret;

	if (!buf)
		return -ENOMEM;
	ret = skcipher_open(v2_sa(sa)->open, head, body, buf, len);
	if (ret) {
		free(buf);
		return -EBADMSG;
	}
	*plain = buf;
	return 0;
}

static int parse_plain(struct ike_message *m, uint8_t *plain, size_t len, uint8_t first)
{
	m->plain = plain;
	m->plain_len = len;
	m->authentic = true;
	return message_add_chain(m, first, KW_SPAN(plain, len), true) ? -EBADMSG : 0;
}

static int open_sk(struct ike_sa *sa, struct ike_message *m, const struct payload *sk)
{
	uint8_t *plain;
	size_t len;
	int ret = decrypt(sa, m, sk->body, &plain, &len);

	return ret ? ret : parse_plain(m, plain, len, sk->next);
}

/* 0: the last one was there and *m is the whole message; -EAGAIN: it is not. */
static int open_skf(struct ike_sa *sa, struct ike_message **m, const struct payload *skf)
{
	struct reassembly *r = &sa->reassembly;
	bool response = message_is_response(*m);
	uint32_t id = (*m)->h.message_id;
	struct fragment_head f;
	uint8_t *plain, first;
	size_t len;
	int ret;

	if (!sa->fragments || fragment_parse(skf->body, &f) || f.total > FRAGMENTS_MAX)
		return -EBADMSG;
	if (reassemble_seen(r, response, id, f.number, f.total))
		return forget(m, -EAGAIN);
	ret = decrypt(sa, *m, f.body, &plain, &len);
	if (ret)
		return ret;
	ret = reassemble_add(r, response, id, f.number, f.total, skf->next, KW_SPAN(plain, len));
	kw_wipe(plain, len);
	free(plain);
	if (ret <= 0)
		return forget(m, -EAGAIN);
	len = r->octets;
	first = r->first_payload;
	plain = malloc(len + 1);
	if (!plain) {
		reassemble_drop(r);
		return forget(m, -EAGAIN);
	}
	reassemble_take(r, plain);
	return parse_plain(*m, plain, len, first);
}

int v2_open(struct ike_sa *sa, struct ike_message **m)
{
	struct ike_message *in = *m;
	struct kw_span body = KW_SPAN(in->raw.p + IKE_HEADER_LEN, in->raw.len - IKE_HEADER_LEN);
	const struct payload *sk;
	int known = check_id(sa, in);

	if (known < 0) {
		sa->e->totals.rx_replayed++;
		return -EBADMSG;
	}
	if (message_add_chain(in, in->h.next_payload, body, false))
		return -EBADMSG;
	if (known)
		return repeated(sa, m);
	if (v2_begins(in->h.exchange))
		return sa->state <= IKE_ST_INIT_SENT ? 0 : -EBADMSG;
	sk = sk_payload(in);
	if (!sk)
		v2_crash_heard(sa, in);
	if (!sk || !v2_sa(sa)->open)
		return -EBADMSG;
	return sk->type == PAYLOAD_SK ? open_sk(sa, in, sk) : open_skf(sa, m, sk);
}

/* What begins an IKE SA is message 0 however often it is tried (§2.2); its steps move the initiator on. */
void v2_commit(struct ike_sa *sa, const struct ike_message *m)
{
	if (!message_is_response(m))
		v2_sa(sa)->recv_id = m->h.message_id + 1;
	else if (!v2_begins(m->h.exchange))
		v2_sa(sa)->send_id++;
}

/* ---- out ---- */

static struct ike_header out_header(const struct ike_run *run, uint8_t next_payload, size_t length)
{
	const struct ike_sa *sa = run->sa;
	const struct ike_out *out = &run->out;
	struct ike_header h = {
		.next_payload = next_payload,
		.version = IKE_VERSION_2,
		.exchange = out->exchange,
		.flags = (sa->role == IKE_INITIATOR ? IKE_FLAG_INITIATOR : 0) |
			 (out->response ? IKE_FLAG_RESPONSE : 0),
		.message_id = out->response ? run->in->h.message_id : v2_sa(sa)->send_id,
		.length = length,
	};

	memcpy(h.spi_i, sa->spi_i, sizeof(h.spi_i));
	/* §2.6: a refused IKE_SA_INIT has no responder SPI. */
	if (!(v2_begins(out->exchange) && run->notify.type))
		memcpy(h.spi_r, sa->spi_r, sizeof(h.spi_r));
	return h;
}

static int seal_clear(struct ike_run *run, struct sealed *out)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct kw_span payloads = kw_written(&run->out.w);
	size_t len = IKE_HEADER_LEN + payloads.len;
	struct ike_header h = out_header(run, chain_first(&run->out.chain), len);
	struct kw_writer w;

	if (sealed_room(out, 1, len))
		return -ENOMEM;
	w = kw_writer(out->mem, len);
	header_build(&w, &h);
	kw_put_span(&w, payloads);
	out->d[out->n++] = kw_written(&w);
	/* AUTH signs what was really sent (§2.15). */
	return v2_keep(run->out.response ? &v2->init_r : &v2->init_i, out->d[0]);
}

static size_t datagram_limit(const struct ike_sa *sa)
{
	size_t size = sa->conn ? sa->conn->conf->fragment_size : 0, head;

	head = (sa->remote.addr.family == AF_INET ? UDP_IPV4 : UDP_IPV6) +
	       (sa->socket == NET_SOCKET_NATT ? MARKER : 0);
	/* RFC 9329 §7.5: a stream has no datagrams that could be too large. */
	if (stream_used(sa))
		return SIZE_MAX;
	return sa->fragments && size > head + 200 ? size - head : SIZE_MAX;
}

static size_t datagram_len(const struct v2_sa *v2, size_t plain, size_t fragment_head)
{
	return IKE_HEADER_LEN + PAYLOAD_HEAD + fragment_head + skcipher_sealed_len(v2->seal, plain);
}

/* number 0: not fragmented. Appends one datagram at *at. */
static int seal_one(struct ike_run *run, struct sealed *out, size_t *at, struct kw_span plain,
		    uint16_t number, uint16_t total)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	size_t len = datagram_len(v2, plain.len, number ? FRAGMENT_HEAD : 0);
	struct ike_header h = out_header(run, number ? PAYLOAD_SKF : PAYLOAD_SK, len);
	struct kw_writer w = kw_writer(out->mem + *at, len);
	uint8_t *sealed;
	size_t sealed_len;

	header_build(&w, &h);
	/* RFC 7383 §2.5: only the first fragment names the first payload. */
	kw_put_u8(&w, number <= 1 ? chain_first(&run->out.chain) : PAYLOAD_NONE);
	kw_put_u8(&w, 0);
	kw_put_be16(&w, len - IKE_HEADER_LEN);
	if (number)
		fragment_build(&w, number, total);
	sealed_len = len - w.len;
	sealed = kw_put_room(&w, sealed_len);
	if (!sealed || w.bad)
		return -EMSGSIZE;
	out->d[out->n++] = KW_SPAN(w.buf, len);
	*at += len;
	return skcipher_seal(v2->seal, KW_SPAN(w.buf, len - sealed_len), plain, sealed);
}

static int seal_fragments(struct ike_run *run, struct sealed *out, struct kw_span plain,
			  size_t limit)
{
	const struct v2_sa *v2 = v2_sa(run->sa);
	size_t piece = limit - datagram_len(v2, 0, FRAGMENT_HEAD), at = 0;
	unsigned int total;

	while (piece > 1 && datagram_len(v2, piece, FRAGMENT_HEAD) > limit)
		piece--;
	total = (plain.len + piece - 1) / piece;
	if (total > SEALED_MAX || total > FRAGMENTS_MAX)
		return -EMSGSIZE;
	if (sealed_room(out, total, total * datagram_len(v2, piece, FRAGMENT_HEAD)))
		return -ENOMEM;
	for (unsigned int i = 1; i <= total; i++) {
		struct kw_span part = KW_SPAN(plain.p, plain.len < piece ? plain.len : piece);
		int ret = seal_one(run, out, &at, part, i, total);

		if (ret)
			return ret;
		plain.p += part.len;
		plain.len -= part.len;
	}
	return 0;
}

static int seal_encrypted(struct ike_run *run, struct sealed *out)
{
	struct v2_sa *v2 = v2_sa(run->sa);
	struct kw_span plain = kw_written(&run->out.w);
	size_t limit = datagram_limit(run->sa), at = 0, len;

	if (!v2->seal)
		return -EINVAL;
	len = datagram_len(v2, plain.len, 0);
	if (len > limit)
		return seal_fragments(run, out, plain, limit);
	if (len - IKE_HEADER_LEN > UINT16_MAX)
		return -EMSGSIZE;
	return sealed_room(out, 1, len) ? -ENOMEM : seal_one(run, out, &at, plain, 0, 0);
}

int v2_seal(struct ike_run *run, struct sealed *out)
{
	int ret;

	if (!run->out.response)
		v2_sa(run->sa)->sent_exchange = run->out.exchange;
	ret = v2_begins(run->out.exchange) ? seal_clear(run, out) : seal_encrypted(run, out);
	if (!ret && run->out.exchange == EXCHANGE_IKE_INTERMEDIATE)
		ret = v2_intermediate_sealed(run, out->d[0], kw_written(&run->out.w));
	if (ret)
		sealed_drop(out);
	return ret;
}

void v2_put_notify(struct ike_run *run, uint16_t type, struct kw_span data)
{
	chain_open(&run->out.chain, PAYLOAD_NOTIFY);
	notify_build(&run->out.w, PROTO_NONE, KW_SPAN(NULL, 0), type, data);
}

void v2_refuse(struct ike_run *run)
{
	if (exchange_begin(run, run->in->h.exchange))
		return;
	v2_put_notify(run, run->notify.type, KW_SPAN(run->notify.data, run->notify.data_len));
}
