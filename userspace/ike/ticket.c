// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets for resuming IKE SAs.
 *
 *   ticket = number of the key (4 octets) | IV | AES-256-GCM(key, wire/ticket.h's struct ticket_state) | tag
 *
 * A ticket counts once: its number has a bit beside its key, which is set when somebody has proved to know SK_d, and
 * when the IKE SA is deleted by word. A key that has given all of its numbers is replaced like one that is old.
 *
 * RFCs: 5723 §5, §6.1, §6.2 (lifetime), §9.
 */
#include "ike/ticket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "crypto/skcipher.h"
#include "ike/conn.h"
#include "ike/sa.h"
#include "wire/ticket.h"

#define KEY_BITS	256u
#define KEY_NAME_LEN	4u
#define NUMBERS_MAX	(1u << 20)	/* tickets of one key: 128 KiB of bits */
#define NEVER_REKEYED_S	86400u

/* ---- sessions ---- */

struct session *session_new(const struct ike_sa *sa, const struct kw_secret *sk_d)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->id = engine_new_id(sa->e);
	s->ike_id = sa->id;
	s->suite = sa->suite;
	s->proved_ms = ike_sa_proved_ms(sa);
	s->gateway = sa->remote.addr;
	memcpy(s->own_spi, ike_sa_local_spi(sa), IKE_SPI_LEN);
	memcpy(s->peer_spi, ike_sa_peer_spi(sa), IKE_SPI_LEN);
	if (!kw_secret_dup(&s->sk_d, sk_d) &&
	    !ident_copy(&s->own, sa->local_id.type, KW_SPAN(sa->local_id.data, sa->local_id.len)) &&
	    !ident_copy(&s->peer, sa->remote_id.type, KW_SPAN(sa->remote_id.data, sa->remote_id.len)))
		return s;
	session_free(s);
	return NULL;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	kw_secret_drop(&s->sk_d);
	kw_secret_drop(&s->ticket);
	ident_drop(&s->own);
	ident_drop(&s->peer);
	free(s);
}

static bool is_up(const struct conn *c)
{
	struct list *l;

	list_for_each(l, &c->sas)
		if (list_entry(l, struct ike_sa, conn_node)->state == IKE_ST_ESTABLISHED)
			return true;
	return false;
}

/*
 * Beside an IKE SA that is up another one is made to prove ourselves anew. A gateway that knows no such exchange says
 * nothing to it, so every other try in a row is made without.
 */
const struct session *session_find(const struct conn *c, const struct ip_addr *gateway)
{
	const struct session *s = c->session;
	bool again = c->tries && !(c->tries & 1);

	return s && !again && !is_up(c) && s->expires_ms > engine_now(c->e) && ip_addr_equal(&s->gateway, gateway)
		       ? s
		       : NULL;
}

struct session *session_take(struct conn *c, uint64_t id)
{
	struct session *s = c->session;

	if (!s || s->id != id)
		return NULL;
	c->session = NULL;
	return s;
}

void session_keep(struct conn *c, struct session *s)
{
	session_free(c->session);
	c->session = s;
}

/* ---- keys ---- */

struct ticket_key {
	uint32_t name;
	struct skcipher *seal, *open;
	uint64_t made_ms;
	uint64_t given;		/* numbers; the first is 1 */
	uint8_t *used;		/* a bit for each number */
	size_t used_len;
};

static void key_free(struct ticket_key *k)
{
	if (!k)
		return;
	skcipher_free(k->seal);
	skcipher_free(k->open);
	free(k->used);
	free(k);
}

static struct ticket_key *key_new(uint64_t now)
{
	const struct kw_secret none = { 0 };
	struct ticket_key *k = calloc(1, sizeof(*k));
	struct kw_secret key = { 0 };
	int ret;

	if (!k)
		return NULL;
	k->made_ms = now;
	rand_bytes(&k->name, sizeof(k->name));
	ret = kw_secret_new(&key, alg_encr_keymat(alg_find(TRANSFORM_ENCR, ENCR_AES_GCM_16), KEY_BITS));
	if (!ret) {
		rand_bytes(key.p, key.len);
		ret = skcipher_new(&k->seal, ENCR_AES_GCM_16, KEY_BITS, INTEG_NONE, &key, &none);
	}
	if (!ret)
		ret = skcipher_new(&k->open, ENCR_AES_GCM_16, KEY_BITS, INTEG_NONE, &key, &none);
	kw_secret_drop(&key);
	if (!ret)
		return k;
	key_free(k);
	return NULL;
}

void tickets_forget(struct tickets *t)
{
	for (unsigned int i = 0; i < 2; i++) {
		key_free(t->key[i]);
		t->key[i] = NULL;
	}
}

/* The key to seal with; NULL: no memory. */
static struct ticket_key *current(struct tickets *t, uint64_t now)
{
	struct ticket_key *k = t->key[0];

	if (k && now - k->made_ms < TICKET_KEY_MS && k->given < NUMBERS_MAX)
		return k;
	k = key_new(now);
	if (!k)
		return NULL;
	key_free(t->key[1]);
	t->key[1] = t->key[0];
	t->key[0] = k;
	return k;
}

static struct ticket_key *find_key(const struct tickets *t, uint32_t name, uint64_t now)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ticket_key *k = t->key[i];

		if (k && k->name == name && now - k->made_ms < 2 * TICKET_KEY_MS)
			return k;
	}
	return NULL;
}

/* Room for the bit of one number more. 0 or -ENOMEM. */
static int make_room(struct ticket_key *k, uint64_t number)
{
	size_t len = k->used_len ? 2 * k->used_len : 64;
	uint8_t *used;

	if (number / 8 < k->used_len)
		return 0;
	used = realloc(k->used, len);
	if (!used)
		return -ENOMEM;
	memset(used + k->used_len, 0, len - k->used_len);
	k->used = used;
	k->used_len = len;
	return 0;
}

static bool is_used(const struct ticket_key *k, uint64_t number)
{
	return !number || number > k->given || k->used[number / 8] & 1u << (number % 8);
}

bool ticket_spend(struct engine *e, const struct ticket_name *name)
{
	struct ticket_key *k = find_key(&e->tickets, name->key, engine_now(e));

	if (!k || is_used(k, name->number))
		return false;
	k->used[name->number / 8] |= (uint8_t)(1u << (name->number % 8));
	return true;
}

/* ---- sealing ---- */

/* §6.2: no longer than the IKE SA would live, nor than until the two are to prove themselves anew. 0: not at all. */
static uint32_t lifetime_of(const struct engine *e, const struct session *s, const struct conf_conn *conf)
{
	uint64_t life = conf->ike_rekey ? conf->ike_rekey : NEVER_REKEYED_S;
	uint64_t age = (engine_now(e) - s->proved_ms) / 1000;

	if (life > TICKET_KEY_MS / 1000)
		life = TICKET_KEY_MS / 1000;
	if (conf->reauth && age >= conf->reauth)
		return 0;
	if (conf->reauth && life > conf->reauth - age)
		life = conf->reauth - age;
	return (uint32_t)life;
}

static struct ticket_state state_of(const struct session *s, const struct conn *c)
{
	struct ticket_state t = {
		.proved_ms = s->proved_ms,
		.digest = c->conf->digest,
		.conn = KW_SPAN(conn_name(c), strlen(conn_name(c))),
		.encr = s->suite.encr, .encr_bits = s->suite.encr_bits, .integ = s->suite.integ,
		.prf = s->suite.prf, .ke = s->suite.ke,
		.own_type = s->own.type, .peer_type = s->peer.type,
		.own = KW_SPAN(s->own.data, s->own.len), .peer = KW_SPAN(s->peer.data, s->peer.len),
		.sk_d = kw_secret_expose(&s->sk_d),
	};

	memcpy(t.addke, s->suite.addke, sizeof(t.addke));
	memcpy(t.own_spi, s->own_spi, IKE_SPI_LEN);
	memcpy(t.peer_spi, s->peer_spi, IKE_SPI_LEN);
	return t;
}

static int seal_with(struct ticket_key *k, struct kw_span plain, uint8_t out[TICKET_LEN_MAX], size_t *len)
{
	struct kw_writer w = kw_writer(out, TICKET_LEN_MAX);
	size_t sealed = skcipher_sealed_len(k->seal, plain.len);
	uint8_t *to;

	kw_put_be32(&w, k->name);
	to = kw_put_room(&w, sealed);
	if (!to)
		return -EMSGSIZE;
	*len = w.len;
	return skcipher_seal(k->seal, KW_SPAN(out, KEY_NAME_LEN), plain, to);
}

int ticket_seal(struct engine *e, const struct session *s, const struct conn *c, uint8_t out[TICKET_LEN_MAX],
		size_t *len, uint32_t *lifetime, struct ticket_name *name)
{
	struct ticket_state t = state_of(s, c);
	struct kw_secret text = { 0 };
	struct ticket_key *k;
	struct kw_writer w;
	int ret;

	*lifetime = lifetime_of(e, s, c->conf);
	if (!*lifetime)
		return -EKEYEXPIRED;
	k = current(&e->tickets, engine_now(e));
	if (!k || make_room(k, k->given + 1) || kw_secret_new(&text, TICKET_LEN_MAX))
		return -ENOMEM;
	t.number = ++k->given;
	t.expires_ms = engine_now(e) + *lifetime * 1000ull;
	w = kw_writer(text.p, text.len);
	ticket_state_build(&w, &t);
	ret = w.bad ? -EMSGSIZE : seal_with(k, kw_written(&w), out, len);
	kw_secret_drop(&text);
	*name = (struct ticket_name){ .key = k->name, .number = t.number };
	return ret;
}

/* ---- opening ---- */

static struct conn *conn_of(const struct engine *e, const struct ticket_state *t)
{
	char name[CONF_NAME_MAX];
	struct conn *c;

	if (!t->conn.len || t->conn.len >= sizeof(name))
		return NULL;
	memcpy(name, t->conn.p, t->conn.len);
	name[t->conn.len] = '\0';
	c = engine_find_conn(e, name);
	return c && c->conf->resume && c->conf->digest == t->digest ? c : NULL;
}

static struct session *session_of(struct engine *e, const struct ticket_state *t, uint32_t key)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->id = engine_new_id(e);
	s->suite = (struct suite){ .encr = t->encr, .encr_bits = t->encr_bits, .integ = t->integ, .prf = t->prf,
				   .ke = t->ke };
	memcpy(s->suite.addke, t->addke, sizeof(s->suite.addke));
	s->proved_ms = t->proved_ms;
	s->expires_ms = t->expires_ms;
	s->name = (struct ticket_name){ .key = key, .number = t->number };
	memcpy(s->own_spi, t->own_spi, IKE_SPI_LEN);
	memcpy(s->peer_spi, t->peer_spi, IKE_SPI_LEN);
	if (!kw_secret_copy(&s->sk_d, t->sk_d) && !ident_copy(&s->own, t->own_type, t->own) &&
	    !ident_copy(&s->peer, t->peer_type, t->peer))
		return s;
	session_free(s);
	return NULL;
}

static struct session *open_text(struct engine *e, const struct ticket_key *k, struct kw_span text,
				 struct conn **conn)
{
	struct ticket_state t;

	if (ticket_state_parse(text, &t) || is_used(k, t.number) || t.expires_ms <= engine_now(e))
		return NULL;
	*conn = conn_of(e, &t);
	return *conn ? session_of(e, &t, k->name) : NULL;
}

struct session *ticket_open(struct engine *e, struct kw_span ticket, struct conn **conn)
{
	struct kw_reader r = kw_reader(ticket);
	struct ticket_key *k = find_key(&e->tickets, kw_get_be32(&r), engine_now(e));
	struct kw_span sealed = kw_get_rest(&r);
	struct kw_secret text = { 0 };
	struct session *s = NULL;
	size_t len;

	if (!k || r.bad || !sealed.len || ticket.len > TICKET_LEN_MAX || kw_secret_new(&text, sealed.len))
		return NULL;
	if (!skcipher_open(k->open, KW_SPAN(ticket.p, KEY_NAME_LEN), sealed, text.p, &len))
		s = open_text(e, k, KW_SPAN(text.p, len), conn);
	kw_secret_drop(&text);
	return s;
}
