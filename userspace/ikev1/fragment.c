// SPDX-License-Identifier: GPL-2.0
/*
 * IKEv1 fragmentation: a vendor's extension without an RFC, as Cisco, Microsoft, strongSwan and racoon speak it.
 *
 *   header (next payload FRAG, message's own exchange and id, no flags) | FRAG (id, number 1.., last) piece
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conn.h"
#include "ikev1/fragment.h"
#include "wire/payload_v1.h"

#define PIECES_MAX	64u
#define WHOLE_MAX	65535u
#define UDP_IPV4	28u
#define UDP_IPV6	48u
#define MARKER		4u
#define HEAD		(IKE_HEADER_LEN + 8u)	/* in front of each piece */

static void drop_pieces(struct v1_sa *v1)
{
	for (unsigned int i = 0; i < PIECES_MAX; i++)
		v1_forget(&v1->fragments.piece[i]);
	v1->fragments.total = 0;
	v1->fragments.octets = 0;
}

static bool complete(const struct v1_sa *v1)
{
	for (unsigned int i = 0; i < v1->fragments.total; i++)
		if (!v1->fragments.piece[i].p)
			return false;
	return v1->fragments.total;
}

static int add_piece(struct v1_sa *v1, const struct v1_fragment *f)
{
	struct kw_span *piece = &v1->fragments.piece[f->number - 1];

	if (f->id != v1->fragments.id) {
		drop_pieces(v1);
		v1->fragments.id = f->id;
	}
	if (piece->p || (v1->fragments.total && f->number > v1->fragments.total))
		return 0;
	if (v1->fragments.octets + f->data.len > WHOLE_MAX) {
		drop_pieces(v1);
		return -E2BIG;
	}
	if (f->last)
		v1->fragments.total = f->number;
	v1->fragments.octets += f->data.len;
	return v1_keep(piece, f->data);
}

/* In place of the last piece: the message that all of them make. */
static int join(struct v1_sa *v1, struct ike_message **m)
{
	uint8_t *whole = malloc(v1->fragments.octets + 1);
	struct kw_writer w = kw_writer(whole, v1->fragments.octets);
	struct ike_message *joined;
	int ret;

	if (!whole)
		return -ENOMEM;
	for (unsigned int i = 0; i < v1->fragments.total; i++)
		kw_put_span(&w, v1->fragments.piece[i]);
	ret = message_new(&joined, (*m)->socket, &(*m)->local, &(*m)->remote, kw_written(&w));
	free(whole);
	drop_pieces(v1);
	if (ret)
		return ret;
	/* A piece within a piece would go round for ever. */
	if (joined->h.next_payload == V1_PAYLOAD_FRAGMENT ||
	    memcmp(joined->h.spi_i, (*m)->h.spi_i, IKE_SPI_LEN) ||
	    memcmp(joined->h.spi_r, (*m)->h.spi_r, IKE_SPI_LEN)) {
		message_free(joined);
		return -EBADMSG;
	}
	message_free(*m);
	*m = joined;
	return 0;
}

int v1_fragment_in(struct ike_sa *sa, struct ike_message **m)
{
	struct v1_sa *v1 = v1_sa(sa);
	struct kw_span body = KW_SPAN((*m)->raw.p + IKE_HEADER_LEN, (*m)->raw.len - IKE_HEADER_LEN);
	struct chain c = chain_start_v1(V1_PAYLOAD_FRAGMENT, body, false);
	struct v1_fragment f;
	struct payload p;
	char why[80];

	/* Who announced it takes them, before he knows whether the other can too. */
	if (!sa->conn || !sa->conn->conf->fragment_size || chain_next(&c, &p) <= 0 ||
	    v1_fragment_parse(p.body, &f, why, sizeof(why)) || f.number > PIECES_MAX ||
	    add_piece(v1, &f))
		return -EBADMSG;
	if (complete(v1))
		return join(v1, m) ? -EBADMSG : 0;
	message_free(*m);
	*m = NULL;
	return -EAGAIN;
}

static size_t limit(const struct ike_sa *sa)
{
	size_t size = sa->conn ? sa->conn->conf->fragment_size : 0, head;

	head = (sa->remote.addr.family == AF_INET ? UDP_IPV4 : UDP_IPV6) +
	       (sa->socket == NET_SOCKET_NATT ? MARKER : 0);
	return v1_sa(sa)->fragmentation && size > head + 2 * HEAD ? size - head : SIZE_MAX;
}

static void build_piece(struct kw_writer *w, const struct ike_header *of, const struct v1_fragment *f)
{
	struct ike_header h = *of;

	h.next_payload = V1_PAYLOAD_FRAGMENT;
	h.flags = 0;
	h.length = HEAD + f->data.len;
	header_build(w, &h);
	kw_put_u8(w, V1_PAYLOAD_NONE);
	kw_put_u8(w, 0);
	kw_put_be16(w, 8 + f->data.len);
	v1_fragment_build(w, f);
}

int v1_fragment_out(struct ike_sa *sa, struct sealed *s)
{
	struct kw_span whole = s->d[0], body;
	size_t max = limit(sa), piece = max - HEAD, n, at = 0;
	struct v1_fragment f = { 0 };
	struct sealed cut = { 0 };
	struct ike_header h;

	if (whole.len <= max)
		return 0;
	n = (whole.len + piece - 1) / piece;
	if (n > SEALED_MAX || header_parse(whole, &h, &body))
		return -EMSGSIZE;
	if (sealed_room(&cut, n, whole.len + n * HEAD))
		return -ENOMEM;
	f.id = ++v1_sa(sa)->fragment_id;
	for (size_t i = 0; i < n; i++) {
		size_t take = whole.len - i * piece < piece ? whole.len - i * piece : piece;
		struct kw_writer w = kw_writer(cut.mem + at, take + HEAD);

		f.number = i + 1;
		f.last = i + 1 == n;
		f.data = KW_SPAN(whole.p + i * piece, take);
		build_piece(&w, &h, &f);
		cut.d[cut.n++] = kw_written(&w);
		at += w.len;
	}
	sealed_drop(s);
	*s = cut;
	return 0;
}
