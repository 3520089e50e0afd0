// SPDX-License-Identifier: GPL-2.0
/*
 * EAP-TLS (type 13): TLS 1.2 or 1.3 in pieces that fit a packet, each of them answered.
 *
 *   flags [| length of the whole, 4 octets] | a piece
 *   flags: 80 the length is there, 40 more pieces follow, 20 start
 *
 *   server: start      -->
 *                      <--  ClientHello
 *   flight             -->  (pieces; each but the last answered by an empty packet)
 *                      <--  flight
 *   last flight        -->  TLS 1.2: Finished; 1.3: one octet of application data
 *                      <--  empty
 *
 * RFCs: 5216, 9190.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tls.h"
#include "eap/method.h"
#include "wire/isakmp.h"

#define FLAG_LENGTH	0x80
#define FLAG_MORE	0x40
#define FLAG_START	0x20

#define PIECE_MAX	1024u	/* with all around it less than an IKE fragment of 1280 */

struct eap_tls {
	struct tls *tls;
	enum tls_state state;
	bool started;
	size_t sent;		/* of the session's output */
	uint8_t *in;		/* the other side's flight so far; TLS_OCTETS_MAX */
	size_t in_len;
};

static int begin(struct eap *e)
{
	struct eap_tls *t = calloc(1, sizeof(*t));
	const struct conf_conn *c = e->conf;
	const struct tls_side side = {
		.server = e->server, .cert = c->cert, .n_cert = c->n_cert, .key = c->key, .ca = c->ca,
		.unix_now = e->unix_now,
	};

	if (!t)
		return -ENOMEM;
	t->in = malloc(TLS_OCTETS_MAX);
	if (!t->in || tls_new(&t->tls, &side)) {
		free(t->in);
		free(t);
		return -ENOMEM;
	}
	e->state = t;
	return 0;
}

static void end(void *state)
{
	struct eap_tls *t = state;

	tls_free(t->tls);
	free(t->in);
	free(t);
}

/* ---- pieces ---- */

static size_t left(const struct eap_tls *t)
{
	return tls_output(t->tls).len - t->sent;
}

/* The next piece of our flight; an empty packet where nothing is left. */
static enum eap_verdict put_piece(struct eap_tls *t, struct kw_writer *out)
{
	const struct kw_span all = tls_output(t->tls);
	size_t n = left(t) < PIECE_MAX ? left(t) : PIECE_MAX;
	bool more = n < left(t);

	kw_put_u8(out, (more ? FLAG_MORE : 0) | (more && !t->sent ? FLAG_LENGTH : 0));
	if (more && !t->sent)
		kw_put_be32(out, (uint32_t)all.len);
	if (n)
		kw_put_span(out, KW_SPAN(all.p + t->sent, n));
	t->sent += n;
	return EAP_GO_ON;
}

/* 1: the flight is whole; 0: more of it follows; -EBADMSG. */
static int take_piece(struct eap_tls *t, struct kw_span in, bool *start)
{
	struct kw_reader r = kw_reader(in);
	uint8_t flags = kw_get_u8(&r);
	struct kw_span piece;

	*start = flags & FLAG_START;
	if (flags & FLAG_LENGTH && kw_get_be32(&r) > TLS_OCTETS_MAX)
		return -EBADMSG;
	piece = kw_get_rest(&r);
	if (r.bad || piece.len > TLS_OCTETS_MAX - t->in_len)
		return -EBADMSG;
	if (piece.len)
		memcpy(t->in + t->in_len, piece.p, piece.len);
	t->in_len += piece.len;
	if (!(flags & FLAG_MORE))
		return 1;
	return piece.len ? 0 : -EBADMSG;
}

static void run(struct eap *e, struct eap_tls *t)
{
	t->state = tls_run(t->tls, KW_SPAN(t->in, t->in_len));
	t->in_len = 0;
	t->sent = 0;
	if (!e->ask.n)
		tls_take_path(t->tls, &e->ask);
}

/* ---- whom the certificate names ---- */

static bool names(const struct cert *cert, const struct ident *id, char *why, size_t n)
{
	return cert_has_identity(cert, id->type, KW_SPAN(id->data, id->len), why, n);
}

/* What the client called itself in EAP if the certificate says so too, or else the certificate's subject. */
static int take_name(struct eap *e, const struct cert *cert)
{
	struct kw_span subject = cert_subject_der(cert);
	char text[EAP_NAME_MAX + 1], why[256];

	memcpy(text, e->name, e->name_len);
	text[e->name_len] = '\0';
	if (e->name_len && strlen(text) == e->name_len && !ident_parse(&e->peer, text) && e->peer.type &&
	    names(cert, &e->peer, why, sizeof(why)))
		return 0;
	ident_drop(&e->peer);
	return ident_copy(&e->peer, ID_DER_ASN1_DN, subject);
}

/*
 * With remote-id the certificate must carry that name. Not where we are the client of a gateway that proved its name
 * in IKE already: the server behind it may be another one.
 */
static bool name_fits(struct eap *e, const struct cert *cert)
{
	const struct ident *want = &e->conf->remote_id;
	char id[IDENT_STRLEN], why[256];

	if (!want->type || (!e->server && e->conf->remote_auth != CONF_AUTH_EAP) ||
	    names(cert, want, why, sizeof(why)))
		return true;
	eap_fail(e, "the certificate in EAP-TLS does not speak for \"%s\": %s",
		 ident_print(id, want->type, KW_SPAN(want->data, want->len)), why);
	return false;
}

static bool settle(struct eap *e, struct eap_tls *t)
{
	const struct cert *cert = tls_peer(t->tls);

	kw_secret_drop(&e->msk);
	if (!name_fits(e, cert))
		return false;
	if ((e->server && take_name(e, cert)) || tls_msk(t->tls, &e->msk)) {
		eap_fail(e, "no key could be made of TLS");
		return false;
	}
	return true;
}

/* ---- both sides ---- */

static enum eap_verdict server(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	struct eap_tls *t = e->state;
	bool start;
	int whole;

	if (!t->started) {
		t->started = true;
		kw_put_u8(out, FLAG_START);
		return EAP_GO_ON;
	}
	whole = take_piece(t, in, &start);
	if (whole < 0 || (left(t) && (t->in_len || !whole)))
		return eap_fail(e, "the peer's EAP-TLS packet does not parse");
	if (left(t) || !whole)
		return put_piece(t, out);
	/* Our last flight, or an alert, was answered. */
	if (t->state == TLS_FAILED)
		return eap_fail(e, "EAP-TLS: %s", tls_why(t->tls));
	if (t->state == TLS_DONE && !t->in_len)
		return settle(e, t) ? EAP_DONE : EAP_FAILED;
	run(e, t);
	/* Said now: the other side may leave at our alert. */
	if (t->state == TLS_FAILED)
		eap_fail(e, "EAP-TLS: %s", tls_why(t->tls));
	if (t->state == TLS_FAILED && !left(t))
		return EAP_FAILED;
	return put_piece(t, out);
}

static enum eap_verdict client(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	struct eap_tls *t = e->state;
	bool start;
	int whole = take_piece(t, in, &start);

	if (whole < 0 || start != !t->started || (left(t) && (t->in_len || !whole)) || e->done)
		return eap_fail(e, "the peer's EAP-TLS packets are out of order");
	if (left(t) || !whole)
		return put_piece(t, out);
	t->started = true;
	if (t->state == TLS_FAILED)
		return eap_fail(e, "EAP-TLS: %s", tls_why(t->tls));
	run(e, t);
	if (t->state == TLS_FAILED)
		eap_fail(e, "EAP-TLS: %s", tls_why(t->tls));
	if (t->state == TLS_DONE && !settle(e, t))
		return EAP_FAILED;
	e->done = t->state == TLS_DONE;
	return put_piece(t, out);
}

const struct eap_method eap_tls = {
	.type = EAP_TYPE_TLS, .begin = begin, .end = end, .server = server, .client = client,
};
