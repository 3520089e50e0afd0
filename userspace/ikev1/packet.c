// SPDX-License-Identifier: GPL-2.0
/*
 * ISAKMP messages on the wire.
 *
 *   phase 1     header | payloads; from message 5 of main mode on: header | encrypted (payloads | padding)
 *   phase 2     header | encrypted (HASH | payloads | padding)
 *   fragmented  header | FRAG payload with a piece of a whole message, n times
 *
 * IKEv1 has no request and response: an exchange has up to three messages, each side repeats its own. Seen by the
 * engine, a message in an exchange that we began is an answer. A message comes again when its octets are those of
 * the last one of its exchange; a message id of phase 2 whose exchange is over is never taken again.
 *
 * RFCs: 2408 §3.1 (header), §3.2 (chain), §4.3 (commit bit); 2409 §5, appendix B (IVs).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "ike/conn.h"
#include "ike/sa_table.h"
#include "ikev1/fragment.h"
#include "ikev1/keys.h"
#include "ikev1/packet.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"

#define PAYLOAD_HEAD 4u
#define NOISE_TRIES 3u		/* unanswered proofs after which noise is taken for another key's */
#define QUICK_MESSAGES 3u	/* that have a hash of their own each */
#define REFUSAL_LEN (IKE_HEADER_LEN + PAYLOAD_HEAD + 8u + 2u * IKE_SPI_LEN)	/* a notify without data */

/* ---- whose is it ---- */

static bool is_zero(const uint8_t cookie[IKE_SPI_LEN])
{
	static const uint8_t zero[IKE_SPI_LEN];

	return !memcmp(cookie, zero, IKE_SPI_LEN);
}

/* Either side's messages carry both cookies in the same places: only our own tells which of them is ours. */
struct ike_sa *v1_find(struct engine *e, const struct ike_version *version,
		       const struct ike_header *h, const struct endpoint *remote)
{
	struct ike_sa *sa = is_zero(h->spi_r) ? sa_table_find_peer(e, h->spi_i, remote)
					      : sa_table_find(e, h->spi_r);

	if (sa && sa->version == version && sa->role == IKE_RESPONDER &&
	    !memcmp(sa->spi_i, h->spi_i, IKE_SPI_LEN))
		return sa;
	sa = sa_table_find(e, h->spi_i);
	if (!sa || sa->version != version || sa->role != IKE_INITIATOR)
		return NULL;
	/* The responder's cookie comes with its first answer. */
	if (!is_zero(sa->spi_r) && memcmp(sa->spi_r, h->spi_r, IKE_SPI_LEN))
		return NULL;
	return sa;
}

struct v1_xchg *v1_xchg_of(const struct ike_run *run)
{
	uint32_t id = run->in->h.message_id;

	return id ? v1_xchg_find(run->sa, id) : &v1_sa(run->sa)->phase1;
}

/* ---- in ---- */

static int forget(struct ike_message **m, int ret)
{
	message_free(*m);
	*m = NULL;
	return ret;
}

static void digest_of(const struct ike_message *m, uint8_t out[HASH_MAX])
{
	memset(out, 0, HASH_MAX);
	hash_digest(HASH_SHA2_256, &m->raw, 1, out);
}

static bool came_before(const struct v1_xchg *x, const struct ike_message *m)
{
	uint8_t digest[HASH_MAX];

	digest_of(m, digest);
	return x->has_got && !memcmp(digest, x->got, sizeof(digest));
}

/*
 * Whoever answers, answers again until the exchange is over; whoever began leaves it to his own timer, except after
 * his last word. Else two sides that both repeat would never come to an end.
 */
static int repeated(struct v1_xchg *x, struct ike_message **m)
{
	const struct ike_message *in = *m;

	x->sa->e->totals.rx_replayed++;
	if (x->ours && x->last_word)
		v1_repeat(x);
	else if (!x->ours && !x->over)
		for (unsigned int i = 0; i < x->sent.n; i++)
			x->sa->e->env->net->send(x->sa->e->env->net_ctx, in->socket, &in->local,
						 &in->remote, x->sent.d[i]);
	return forget(m, -EALREADY);
}

/* The drafts' private numbers mean what RFC 3947's do. */
static uint8_t payload_type(uint8_t type)
{
	if (type == V1_PAYLOAD_NATD_DRAFT)
		return V1_PAYLOAD_NATD;
	return type == V1_PAYLOAD_NATOA_DRAFT ? V1_PAYLOAD_NATOA : type;
}

static int add_chain(struct ike_message *m, struct kw_span body, bool inside)
{
	struct chain c = chain_start_v1(m->h.next_payload, body, inside);
	struct payload p;
	int ret;

	while ((ret = chain_next(&c, &p)) > 0) {
		p.type = payload_type(p.type);
		p.critical = false;	/* RFC 2408 §3.2: reserved */
		if (message_add(m, &p, inside))
			return -E2BIG;
	}
	return ret;
}

static struct kw_span body_of(const struct ike_message *m)
{
	return KW_SPAN(m->raw.p + IKE_HEADER_LEN, m->raw.len - IKE_HEADER_LEN);
}

/* In place of the encrypted body; 0 or -EBADMSG. What does not parse was another key's. */
static int decrypt(const struct ike_sa *sa, struct ike_message *m, const uint8_t iv[BLOCK_MAX])
{
	const struct v1_sa *v1 = v1_sa(sa);
	struct kw_span body = body_of(m);
	size_t block = v1_block_len(sa);

	if (!v1->key.len || !body.len || body.len % block)
		return -EBADMSG;
	m->plain = malloc(body.len);
	if (!m->plain)
		return -EBADMSG;
	m->plain_len = body.len;
	memcpy(m->plain, body.p, body.len);
	if (block_decrypt(sa->suite.encr, kw_secret_expose(&v1->key), KW_SPAN(iv, block), m->plain,
			  m->plain_len))
		return -EBADMSG;
	return add_chain(m, KW_SPAN(m->plain, m->plain_len), true) ? -EBADMSG : 0;
}

/* A peer with another pre-shared key has other keys: its message 5 decrypts to noise. */
static void explain_noise(struct ike_sa *sa)
{
	struct failure f = { 0 };
	uint32_t held;

	/* While message 6 is lost, what follows it decrypts to noise as well. */
	if (sa->role == IKE_INITIATOR && sa->retransmit.tries < NOISE_TRIES)
		return;
	if (!sa->conn || sa->conn->conf->local_auth != CONF_AUTH_PSK ||
	    !log_limit_ok(&sa->e->noise, engine_now(sa->e), 10, &held))
		return;
	failure_set(&f, FAILURE_PSK,
		    "pre-shared keys differ: a message of main mode decrypts to noise");
	if (sa->role == IKE_RESPONDER)
		conn_fail(sa->conn, &f);
	else
		*ike_sa_hint(sa) = f;
}

static int open_phase1(struct ike_sa *sa, struct ike_message *m)
{
	struct v1_xchg *x = &v1_sa(sa)->phase1;
	int ret;

	if (sa->role == IKE_INITIATOR)
		m->h.flags |= IKE_FLAG_RESPONSE;
	if (!(m->h.flags & V1_FLAG_ENCRYPTION))
		return add_chain(m, body_of(m), false) ? -EBADMSG : 0;
	ret = decrypt(sa, m, x->iv);
	if (ret && (sa->state == IKE_ST_KE_DONE || sa->state == IKE_ST_AUTH_SENT))
		explain_noise(sa);
	return ret;
}

/* In the clear there are only notifies, which nobody vouches for: hints at most, and only while we wait for one. */
static int open_unprotected(struct ike_sa *sa, struct ike_message *m)
{
	if (m->h.exchange != V1_EXCHANGE_INFORMATIONAL || sa->state >= IKE_ST_PROVED ||
	    sa->role != IKE_INITIATOR) {
		sa->e->totals.rx_unprotected++;
		return -EBADMSG;
	}
	return add_chain(m, body_of(m), false) ? -EBADMSG : 0;
}

/* What the commit bit adds to a quick mode (RFC 2408 §3.1) has the hash of a message by itself. */
static unsigned int hash_kind(const struct v1_xchg *x, uint8_t exchange)
{
	return exchange == V1_EXCHANGE_QUICK_MODE && x && x->msgs < QUICK_MESSAGES ? x->msgs + 1 : 1;
}

/* The HASH payload comes first and covers all that follows it (RFC 2409 §5.5). */
static bool hash_good(const struct ike_sa *sa, const struct v1_xchg *x, const struct ike_message *m)
{
	const struct payload *hash = m->n ? &m->payload[0].p : NULL;
	const struct payload *last = m->n ? &m->payload[m->n - 1].p : NULL;
	unsigned int kind = hash_kind(x, m->h.exchange);
	uint8_t want[HASH_MAX];
	struct kw_span rest;

	if (!hash || hash->type != V1_PAYLOAD_HASH || hash->body.len != v1_hash_size(sa))
		return false;
	rest = KW_SPAN(hash->whole.p + hash->whole.len,
		       last->whole.p + last->whole.len - (hash->whole.p + hash->whole.len));
	if (v1_hash_phase2(sa, x, m->h.message_id, kind, rest, want))
		return false;
	return kw_equal_ct(want, hash->body.p, hash->body.len);
}

static bool may_begin(const struct ike_sa *sa, const struct ike_message *m)
{
	/* While phase 1 runs its end may be lost, or the peer may say why it gives up. */
	if (sa->state < IKE_ST_ESTABLISHED && m->h.exchange != V1_EXCHANGE_INFORMATIONAL &&
	    !(sa->state == IKE_ST_PROVED && m->h.exchange == V1_EXCHANGE_TRANSACTION))
		return false;
	return v1_sa(sa)->key.len && !v1_seen(sa, m->h.message_id);
}

static bool has_error(const struct ike_message *m)
{
	const struct payload *p = NULL;
	struct v1_notify_payload n;

	while (v1_next_notify(m, true, &p, &n))
		if (n.type < V1_N_STATUS_FIRST)
			return true;
	return false;
}

/* An informational exchange is the only way to refuse a quick mode, or to say that one lives; a group has another too. */
static bool answers_task(const struct ike_sa *sa, const struct ike_message *m)
{
	const struct ike_task *t = sa->active;
	struct v1_notify_payload n;

	if (!t || m->h.exchange != V1_EXCHANGE_INFORMATIONAL)
		return false;
	if (t->type == IKE_TASK_PROBE)
		return v1_notify(m, true, V1_N_R_U_THERE_ACK, &n);
	return (t->type == IKE_TASK_CHILD_NEW || t->type == IKE_TASK_CHILD_REKEY ||
		t->type == IKE_TASK_GROUP) &&
	       has_error(m);
}

/* The peer made it, in exchange x (NULL: a new one): from here on nobody can say it again. */
static int taken(struct ike_sa *sa, const struct v1_xchg *x, struct ike_message *m)
{
	m->authentic = true;
	if ((x && x->ours && !x->last_word) || answers_task(sa, m))
		m->h.flags |= IKE_FLAG_RESPONSE;
	if (x || !v1_note_seen(sa, m->h.message_id))
		return 0;
	task_add(sa, IKE_TASK_IKE_REKEY, 0);
	return -EBADMSG;
}

/*
 * The authentication-only bit, for emergencies (RFC 2408 §3.1): an informational exchange whose notify everybody can
 * read, and nobody change. Whatever else is in it is not for it.
 */
static bool is_authenticated_notify(const struct ike_sa *sa, const struct ike_message *m)
{
	return m->h.exchange == V1_EXCHANGE_INFORMATIONAL && m->h.message_id && may_begin(sa, m) &&
	       m->inside == (P(V1_PAYLOAD_HASH) | P(V1_PAYLOAD_NOTIFICATION)) && hash_good(sa, NULL, m);
}

static int open_authenticated(struct ike_sa *sa, struct ike_message *m)
{
	if (!add_chain(m, body_of(m), true) && is_authenticated_notify(sa, m))
		return taken(sa, NULL, m);
	sa->e->totals.rx_unprotected++;
	return -EBADMSG;
}

static int open_phase2(struct ike_sa *sa, struct ike_message *m)
{
	struct v1_xchg *x = v1_xchg_find(sa, m->h.message_id);
	uint8_t iv[BLOCK_MAX];

	if (!x && !may_begin(sa, m)) {
		/* Message 3 of aggressive mode was lost: the answer to message 2 is asked for again. */
		if (sa->state == IKE_ST_INIT_DONE && v1_sa(sa)->phase1.type == V1_EXCHANGE_AGGRESSIVE)
			v1_repeat(&v1_sa(sa)->phase1);
		sa->e->totals.rx_replayed++;
		return -EBADMSG;
	}
	if (x && (x->over || x->type != m->h.exchange))
		return -EBADMSG;
	if (!x && v1_first_iv(sa, m->h.message_id, iv))
		return -EBADMSG;
	if (decrypt(sa, m, x ? x->iv : iv) || !hash_good(sa, x, m)) {
		/* Said with keys that are not ours: the usual end of two different pre-shared keys. */
		if (sa->state == IKE_ST_AUTH_SENT)
			explain_noise(sa);
		return -EBADMSG;
	}
	if (taken(sa, x, m))
		return -EBADMSG;
	if (!x && m->h.exchange != V1_EXCHANGE_INFORMATIONAL) {
		x = v1_xchg_new(sa, m->h.exchange, m->h.message_id, false);
		if (!x)
			return -EBADMSG;
		memcpy(x->iv, iv, sizeof(x->iv));
	}
	return 0;
}

int v1_open(struct ike_sa *sa, struct ike_message **mp)
{
	struct ike_message *m = *mp;
	struct v1_xchg *x;
	int ret;

	m->h.flags &= V1_FLAG_ENCRYPTION | V1_FLAG_COMMIT | V1_FLAG_AUTH_ONLY;
	if (m->h.next_payload == V1_PAYLOAD_FRAGMENT) {
		ret = v1_fragment_in(sa, mp);
		if (ret)
			return ret;
		m = *mp;
		m->h.flags &= V1_FLAG_ENCRYPTION | V1_FLAG_COMMIT | V1_FLAG_AUTH_ONLY;
	}
	x = m->h.message_id ? v1_xchg_find(sa, m->h.message_id) : &v1_sa(sa)->phase1;
	if (x && came_before(x, m))
		return repeated(x, mp);
	if (!(m->h.flags & V1_FLAG_ENCRYPTION) &&
	    (m->h.message_id || m->h.exchange == V1_EXCHANGE_INFORMATIONAL))
		return m->h.flags & V1_FLAG_AUTH_ONLY ? open_authenticated(sa, m) : open_unprotected(sa, m);
	/* RFC 2408 §3.1: an exchange type does not change in the middle. */
	if (!m->h.message_id && v1_sa(sa)->phase1.type &&
	    m->h.exchange != v1_sa(sa)->phase1.type)
		return -EBADMSG;
	return m->h.message_id ? open_phase2(sa, m) : open_phase1(sa, m);
}

void v1_commit(struct ike_sa *sa, const struct ike_message *m)
{
	struct v1_xchg *x = m->h.message_id ? v1_xchg_find(sa, m->h.message_id)
					    : &v1_sa(sa)->phase1;
	size_t block = v1_block_len(sa);

	if (!x || m->h.exchange == V1_EXCHANGE_INFORMATIONAL)
		return;
	x->msgs++;
	digest_of(m, x->got);
	x->has_got = true;
	if (m->h.flags & V1_FLAG_ENCRYPTION && block)
		memcpy(x->iv, m->raw.p + m->raw.len - block, block);
}

/* ---- out ---- */

int v1_begin(struct ike_run *run, struct v1_xchg *x)
{
	uint8_t room[HASH_MAX] = { 0 };

	if (exchange_begin(run, x->type))
		return -ENOMEM;
	v1_sa(run->sa)->current = x;
	if (x->id && x->encrypt)
		chain_put(&run->out.chain, V1_PAYLOAD_HASH, KW_SPAN(room, v1_hash_size(run->sa)));
	return 0;
}

int v1_begin_last_word(struct ike_run *run, struct v1_xchg *x)
{
	int ret = v1_begin(run, x);

	x->last_word = true;
	/* As an answer it is sent once and not waited upon. */
	run->out.response = true;
	return ret;
}

struct v1_xchg *v1_xchg_begin(struct ike_run *run, uint8_t type)
{
	struct v1_xchg *x = v1_xchg_new(run->sa, type, v1_new_message_id(run->sa), true);

	if (x && !v1_first_iv(run->sa, x->id, x->iv))
		return x;
	failure_set(&run->failure, FAILURE_LOCAL, "no room for another exchange");
	return NULL;
}

static int fill_hash(struct ike_run *run, const struct v1_xchg *x)
{
	size_t head = PAYLOAD_HEAD + v1_hash_size(run->sa);
	struct kw_span all = kw_written(&run->out.w);
	unsigned int kind = hash_kind(x, x->type);
	uint8_t hash[HASH_MAX];
	int ret = v1_hash_phase2(run->sa, x, x->id, kind, KW_SPAN(all.p + head, all.len - head),
				 hash);

	if (!ret)
		memcpy(run->out.buf + PAYLOAD_HEAD, hash, v1_hash_size(run->sa));
	return ret;
}

static int encrypt(const struct ike_sa *sa, struct v1_xchg *x, uint8_t *text, size_t len)
{
	size_t block = v1_block_len(sa);
	int ret = block_encrypt(sa->suite.encr, kw_secret_expose(&v1_sa(sa)->key),
				KW_SPAN(x->iv, block), text, len);

	if (!ret)
		memcpy(x->iv, text + len - block, block);
	return ret;
}

static int keep_sent(struct v1_xchg *x, const struct sealed *s)
{
	size_t len = 0;
	uint8_t *to;

	sealed_drop(&x->sent);
	for (unsigned int i = 0; i < s->n; i++)
		len += s->d[i].len;
	if (sealed_room(&x->sent, s->n, len))
		return -ENOMEM;
	to = x->sent.mem;
	for (unsigned int i = 0; i < s->n; i++) {
		memcpy(to, s->d[i].p, s->d[i].len);
		x->sent.d[x->sent.n++] = KW_SPAN(to, s->d[i].len);
		to += s->d[i].len;
	}
	return 0;
}

static int seal_whole(struct ike_run *run, struct v1_xchg *x, struct sealed *out)
{
	const struct ike_sa *sa = run->sa;
	struct kw_span plain = kw_written(&run->out.w);
	size_t block = x->encrypt ? v1_block_len(sa) : 1;
	size_t len = block ? (plain.len + block - 1) / block * block : 0;
	struct ike_header h = {
		.next_payload = chain_first(&run->out.chain),
		.version = ISAKMP_VERSION_1,
		.exchange = x->type,
		.flags = (x->encrypt ? V1_FLAG_ENCRYPTION : 0) | (x->commit ? V1_FLAG_COMMIT : 0),
		.message_id = x->id,
		.length = IKE_HEADER_LEN + len,
	};
	struct kw_writer w;

	if (!block)
		return -EINVAL;
	memcpy(h.spi_i, sa->spi_i, sizeof(h.spi_i));
	memcpy(h.spi_r, sa->spi_r, sizeof(h.spi_r));
	if (sealed_room(out, 1, IKE_HEADER_LEN + len))
		return -ENOMEM;
	w = kw_writer(out->mem, IKE_HEADER_LEN + len);
	header_build(&w, &h);
	kw_put_span(&w, plain);
	kw_put_zero(&w, len - plain.len);
	out->d[out->n++] = kw_written(&w);
	return x->encrypt ? encrypt(sa, x, out->mem + IKE_HEADER_LEN, len) : 0;
}

int v1_seal(struct ike_run *run, struct sealed *out)
{
	struct v1_xchg *x = v1_sa(run->sa)->current;
	int ret = x ? 0 : -EINVAL;

	if (!ret && x->id && x->encrypt)
		ret = fill_hash(run, x);
	if (!ret)
		ret = seal_whole(run, x, out);
	if (!ret)
		ret = v1_fragment_out(run->sa, out);
	if (!ret)
		ret = keep_sent(x, out);
	/* It may be a password. */
	kw_wipe(run->out.buf, run->out.w.len);
	if (ret)
		sealed_drop(out);
	else
		x->msgs++;
	return ret;
}

void v1_repeat(struct v1_xchg *x)
{
	const struct ike_sa *sa = x->sa;

	for (unsigned int i = 0; i < x->sent.n; i++) {
		sa->e->totals.tx_datagrams++;
		sa->e->env->net->send(sa->e->env->net_ctx, sa->socket, &sa->local, &sa->remote,
				      x->sent.d[i]);
	}
}

/* ---- exchanges of one message ---- */

/* Protected when there are keys and the peer surely has them too. */
static int begin_once(struct ike_run *run)
{
	struct v1_sa *v1 = v1_sa(run->sa);
	struct v1_xchg *x = &v1->once;

	x->type = V1_EXCHANGE_INFORMATIONAL;
	x->id = v1_new_message_id(run->sa);
	/* The base exchange ends in the clear. */
	x->encrypt = v1->key.len && (v1->phase1.encrypt || run->sa->state >= IKE_ST_PROVED);
	x->ours = true;
	x->msgs = 0;
	if (x->encrypt && v1_first_iv(run->sa, x->id, x->iv))
		return -EIO;
	return v1_begin(run, x);
}

void v1_inform(struct ike_sa *sa, uint8_t payload, struct kw_span body)
{
	struct v1_xchg *was = v1_sa(sa)->current;
	struct ike_run run = { .sa = sa };
	struct sealed s = { 0 };

	if (!begin_once(&run)) {
		chain_put(&run.out.chain, payload, body);
		chain_close(&run.out.chain);
		if (!run.out.w.bad && !v1_seal(&run, &s))
			v1_repeat(&v1_sa(sa)->once);
	}
	v1_sa(sa)->current = was;
	sealed_drop(&s);
	free(run.out.buf);
}

void v1_build_notify(struct kw_writer *w, const struct ike_sa *sa, uint16_t type,
		     struct kw_span data)
{
	uint8_t cookies[2 * IKE_SPI_LEN];
	const struct v1_notify_payload n = {
		.doi = DOI_IPSEC,
		.protocol = V1_PROTO_ISAKMP,
		.type = type,
		.spi = KW_SPAN(cookies, sizeof(cookies)),
		.data = data,
	};

	memcpy(cookies, sa->spi_i, IKE_SPI_LEN);
	memcpy(cookies + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
	v1_notify_build(w, &n);
}

bool v1_next_notify(const struct ike_message *m, bool inside, const struct payload **at,
		    struct v1_notify_payload *out)
{
	char why[80];

	while ((*at = message_find(m, V1_PAYLOAD_NOTIFICATION, inside, *at)))
		if (!v1_notify_parse((*at)->body, out, why, sizeof(why)))
			return true;
	return false;
}

bool v1_notify(const struct ike_message *m, bool inside, uint16_t type,
	       struct v1_notify_payload *out)
{
	const struct payload *p = NULL;

	while (v1_next_notify(m, inside, &p, out))
		if (out->type == type)
			return true;
	return false;
}

/* The engine's word for a message that does not parse is IKEv2's. */
static uint16_t refusal(uint16_t type)
{
	return type == N_INVALID_SYNTAX ? V1_N_PAYLOAD_MALFORMED : type;
}

/* RFC 2408 §5: the answer to what cannot be accepted is an informational exchange. */
void v1_refuse(struct ike_run *run)
{
	uint8_t body[64];
	struct kw_writer w = kw_writer(body, sizeof(body));
	static const uint8_t none[IKE_SPI_LEN];
	bool stranger = run->sa->state == IKE_ST_NEW;
	uint8_t own[IKE_SPI_LEN];

	/* Nobody makes us send more than he does, to whoever he says he is. */
	if ((stranger && run->in->raw.len < REFUSAL_LEN) || begin_once(run))
		return;
	run->out.response = true;
	/* Nothing is kept for a stranger, so there is no cookie of ours to tell. */
	memcpy(own, run->sa->spi_r, sizeof(own));
	if (stranger)
		memcpy(run->sa->spi_r, none, sizeof(none));
	v1_build_notify(&w, run->sa, refusal(run->notify.type), KW_SPAN(NULL, 0));
	memcpy(run->sa->spi_r, own, sizeof(own));
	chain_put(&run->out.chain, V1_PAYLOAD_NOTIFICATION, kw_written(&w));
}

/* ---- for people ---- */

static void print_payload(char *buf, size_t cap, const struct payload *p)
{
	size_t used = strlen(buf);
	struct v1_notify_payload n;
	char why[80];

	if (p->type == V1_PAYLOAD_NOTIFICATION &&
	    !v1_notify_parse(p->body, &n, why, sizeof(why)))
		snprintf(buf + used, cap - used, " N(%s)", v1_notify_name(n.type));
	else
		snprintf(buf + used, cap - used, " %s", v1_payload_name(p->type));
}

char *v1_print(char *buf, size_t cap, const struct ike_message *m)
{
	snprintf(buf, cap, "%s %08x {", v1_exchange_name(m->h.exchange), m->h.message_id);
	for (unsigned int i = 0; i < m->n; i++)
		print_payload(buf, cap, &m->payload[i].p);
	snprintf(buf + strlen(buf), cap - strlen(buf), " }");
	return buf;
}
