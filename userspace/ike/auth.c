// SPDX-License-Identifier: GPL-2.0
/*
 * Who may talk: which connection an identity belongs to, and the one verdict "authenticated".
 *
 * RFCs: 7296 §2.15, §3.5, §4; 7670 (raw keys).
 */
#include <stdio.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/narrow.h"
#include "ike/sa.h"

/* ---- which connection ---- */

enum { RANK_NONE, RANK_ANY, RANK_NAME, RANK_ADDRESS };

unsigned int auth_address_rank(const struct conn *c, const struct ip_addr *local,
			       const struct ip_addr *remote)
{
	const struct conf_conn *conf = c->conf;

	if (c->wanted == CONN_WANTED_DOWN)
		return RANK_NONE;
	if (ip_addr_is_set(&conf->local_addr) && !ip_addr_is_any(&conf->local_addr) &&
	    !ip_addr_equal(&conf->local_addr, local))
		return RANK_NONE;
	if (!conf->remote_host)
		return RANK_ANY;
	if (ip_addr_is_set(&c->remote))
		return ip_addr_equal(&c->remote, remote) ? RANK_ADDRESS : RANK_NONE;
	/* A name may have moved since we looked it up: its owner is known by identity, not by address. */
	return ip_addr_equal(&c->last_remote, remote) ? RANK_ADDRESS : RANK_NAME;
}

/* Of two connections with these ranks, is a the one to be asked first? Names decide between equal ones. */
static bool goes_first(const struct conn *a, unsigned int rank_a, const struct conn *b, unsigned int rank_b)
{
	return rank_a != rank_b ? rank_a > rank_b : strcmp(conn_name(a), conn_name(b)) < 0;
}

unsigned int auth_candidates(struct engine *e, const struct ike_version *version,
			     const struct ip_addr *local,
			     const struct ip_addr *remote, struct conn **out, unsigned int max)
{
	unsigned int n = 0;

	for (struct conn *c = conn_next_at(e, remote, NULL); c; c = conn_next_at(e, remote, c)) {
		unsigned int rank = auth_address_rank(c, local, remote), at = n;

		if (rank == RANK_NONE || conn_version(c) != version)
			continue;
		while (at > 0 && goes_first(c, rank, out[at - 1], auth_address_rank(out[at - 1], local, remote)))
			at--;
		if (at == max)
			continue;
		n += n < max;
		memmove(&out[at + 1], &out[at], (n - 1 - at) * sizeof(*out));
		out[at] = c;
	}
	return n;
}

int auth_local_id(const struct conn *c, const struct ip_addr *local, struct ident *out)
{
	const struct ident *id = &c->conf->local_id;

	if (id->type)
		return ident_copy(out, id->type, KW_SPAN(id->data, id->len));
	return ident_copy(out, local->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR,
			  KW_SPAN(local->b, ip_addr_len(local)));
}

bool auth_id_fits(const struct conn *c, uint8_t type, struct kw_span data)
{
	return !c->conf->remote_id.type || ident_equal(&c->conf->remote_id, type, data);
}

static bool wanted_id_fits(const struct conn *c, const struct auth_request *r)
{
	struct ident ours = { 0 };
	bool fits;

	if (!r->wanted_id)
		return true;
	if (auth_local_id(c, r->local, &ours))
		return false;
	fits = ident_equal(&ours, r->wanted_id->type, r->wanted_id->data);
	ident_drop(&ours);
	return fits;
}

static bool suite_fits(const struct conn *c, const struct suite *s)
{
	struct transform t[4 + ADDKE_MAX] = {
		{ .type = TRANSFORM_ENCR, .id = s->encr, .key_bits = s->encr_bits },
		{ .type = TRANSFORM_PRF, .id = s->prf },
		{ .type = TRANSFORM_KE, .id = s->ke },
		{ .type = TRANSFORM_INTEG, .id = s->integ },
	};
	struct proposal_list chosen = {
		.n = 1, .p = { { .protocol = PROTO_IKE, .n = s->integ ? 4 : 3, .t = t } },
	};
	struct proposal_choice choice;

	for (unsigned int i = 0; i < ADDKE_MAX; i++)
		if (s->addke[i])
			t[chosen.p[0].n++] = (struct transform){ .type = (uint8_t)(TRANSFORM_ADDKE1 + i),
								 .id = s->addke[i] };
	return proposal_choose(&c->conf->ike, &chosen, PROTO_IKE, 0, 0, &choice);
}

static bool method_fits(const struct conn *c, uint8_t method)
{
	switch (c->conf->remote_auth) {
	case CONF_AUTH_PSK:
		return method == AUTH_PSK;
	case CONF_AUTH_EAP:
		return method == AUTH_NONE;
	default:
		return method != AUTH_PSK && method != AUTH_NONE;
	}
}

/* Of several connections to one peer, the one that its first child is for. */
static bool ts_fits(const struct conn *c, const struct auth_request *r)
{
	struct ts_list out;

	for (unsigned int i = 0; r->tsi && i < c->conf->n_child; i++)
		if (narrow(&c->conf->child[i].remote_ts, r->tsi, &out) &&
		    narrow(&c->conf->child[i].local_ts, r->tsr, &out))
			return true;
	return false;
}

/* Higher is better; 0 = not this one. */
static unsigned int select_rank(const struct conn *c, const struct auth_request *r)
{
	unsigned int rank = auth_address_rank(c, r->local, r->remote);

	if (!rank || conn_version(c) != r->version || !auth_id_fits(c, r->peer_id->type, r->peer_id->data) ||
	    !wanted_id_fits(c, r) || !suite_fits(c, r->suite))
		return 0;
	/* An identity asked for by name beats "any"; then the method, the selectors, the address. */
	return rank + (ts_fits(c, r) ? 4 : 0) + (method_fits(c, r->method) ? 8 : 0) +
	       (c->conf->remote_id.type ? 16 : 0);
}

static void explain_nobody(struct engine *e, const struct auth_request *r, struct failure *f)
{
	char id[IDENT_STRLEN], from[ADDR_STRLEN];
	size_t used = 0;
	struct list *l;

	ident_print(id, r->peer_id->type, r->peer_id->data);
	snprintf(f->theirs, sizeof(f->theirs), "%s", id);
	snprintf(f->differs, sizeof(f->differs), "identity");
	list_for_each(l, &e->conns) {
		const struct conn *c = list_entry(l, struct conn, node);
		const struct ident *want = &c->conf->remote_id;
		char text[IDENT_STRLEN];

		if (conn_version(c) != r->version ||
		    !auth_address_rank(c, r->local, r->remote) || used >= sizeof(f->ours))
			continue;
		used += snprintf(
			f->ours + used, sizeof(f->ours) - used, "%s%s (%s)", used ? ", " : "",
			want->type ? ident_print(text, want->type, KW_SPAN(want->data, want->len))
				   : "any",
			conn_name(c));
	}
	failure_set(
		f, FAILURE_IDENTITY,
		"identity differs: the peer at %s says it is \"%s\"%s; expected: %s. Change remote_id here or the "
		"identity there",
		ip_addr_print(from, r->remote), id,
		r->wanted_id ? " and asks for an identity of ours" : "", used ? f->ours : "nobody");
}

struct conn *auth_select(struct engine *e, const struct auth_request *r, struct failure *f)
{
	struct conn *best = NULL;
	unsigned int best_rank = 0;

	for (struct conn *c = conn_next_at(e, r->remote, NULL); c; c = conn_next_at(e, r->remote, c)) {
		unsigned int rank = select_rank(c, r);

		if (rank && (!best || goes_first(c, rank, best, best_rank))) {
			best = c;
			best_rank = rank;
		}
	}
	if (!best)
		explain_nobody(e, r, f);
	return best;
}

/* ---- the verdict ---- */

static bool psk_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (ev->method != AUTH_PSK) {
		failure_set(f, FAILURE_REFUSED,
			    "\"%s\" authenticates by signature, but this connection wants a "
			    "pre-shared key",
			    id);
		return false;
	}
	if (ev->psk_good)
		return true;
	failure_set(f, FAILURE_PSK,
		    "pre-shared keys differ: the AUTH payload of \"%s\" does not fit ours", id);
	return false;
}

static bool signature_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (ev->method == AUTH_PSK) {
		failure_set(f, FAILURE_REFUSED,
			    "\"%s\" authenticates by pre-shared key, but this connection wants a "
			    "signature",
			    id);
		return false;
	}
	if (ev->signature_good)
		return true;
	failure_set(f, FAILURE_KEY, "the signature of \"%s\" does not fit %s%s%s", id,
		    ev->conn->conf->remote_auth == CONF_AUTH_PUBKEY
			    ? "the public key configured for it"
			    : "its certificate",
		    ev->why[0] ? ": " : "", ev->why);
	return false;
}

static bool raw_key_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (ev->method != AUTH_PSK && !ev->key_is_configured) {
		failure_set(f, FAILURE_KEY, "public key differs: \"%s\" presents %s", id,
			    ev->why[0] ? ev->why : "another key than the configured one");
		return false;
	}
	return signature_proved(ev, id, f);
}

static bool certificate_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (ev->method != AUTH_PSK && (!ev->chain_checked || ev->chain != CERT_TRUSTED)) {
		failure_set(f, FAILURE_CERT, "%s",
			    ev->why[0] ? ev->why : "the peer sent no usable certificate");
		return false;
	}
	if (!signature_proved(ev, id, f))
		return false;
	if (ev->cert_names_peer)
		return true;
	failure_set(f, FAILURE_CERT, "the certificate does not speak for \"%s\": %s", id, ev->why);
	return false;
}

static bool eap_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (!ev->eap_begun) {
		failure_set(f, FAILURE_REFUSED,
			    "\"%s\" authenticates by %s, but this connection wants EAP", id,
			    ev->method == AUTH_PSK ? "pre-shared key" : "signature");
		return false;
	}
	if (!ev->eap_good) {
		failure_set(f, FAILURE_EAP, "%s", ev->why[0] ? ev->why : "EAP did not come to its end");
		return false;
	}
	if (!ev->eap_mac_good)
		failure_set(f, FAILURE_EAP,
			    "the AUTH payload of \"%s\" does not fit the key that EAP made: EAP was not done with the one at the other end of this IKE SA",
			    id);
	return ev->eap_mac_good;
}

/* IKEv1's hybrid authentication: it has our keys, and who it is its user has to say before anything else is done. */
static bool user_may_follow(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (ev->psk_good && ev->conn->conf->xauth == CONF_XAUTH_SERVER)
		return true;
	failure_set(f, FAILURE_REFUSED, "\"%s\" does not have the keys that were agreed on", id);
	return false;
}

static bool identity_fits(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	const struct ident *expected = &ev->conn->conf->remote_id;
	char want[IDENT_STRLEN];

	if (auth_id_fits(ev->conn, ev->peer_id->type, ev->peer_id->data))
		return true;
	ident_print(want, expected->type, KW_SPAN(expected->data, expected->len));
	failure_set(f, FAILURE_IDENTITY,
		    "identity differs: expected \"%s\", the peer says it is \"%s\"", want, id);
	snprintf(f->ours, sizeof(f->ours), "%s", want);
	snprintf(f->theirs, sizeof(f->theirs), "%s", id);
	snprintf(f->differs, sizeof(f->differs), "identity");
	return false;
}

static bool resumption_proved(const struct auth_evidence *ev, const char *id, struct failure *f)
{
	if (!ev->resumed_good)
		failure_set(f, FAILURE_REFUSED, "\"%s\" does not have the keys of the IKE SA that it goes on from", id);
	return ev->resumed_good;
}

bool auth_check(const struct auth_evidence *ev, struct failure *f)
{
	char id[IDENT_STRLEN];

	ident_print(id, ev->peer_id->type, ev->peer_id->data);
	if (!identity_fits(ev, id, f))
		return false;
	if (ev->resumed)
		return resumption_proved(ev, id, f);
	switch (ev->conn->conf->remote_auth) {
	case CONF_AUTH_PSK:
		return psk_proved(ev, id, f);
	case CONF_AUTH_PUBKEY:
		return raw_key_proved(ev, id, f);
	case CONF_AUTH_CERT:
		return certificate_proved(ev, id, f);
	case CONF_AUTH_EAP:
		return eap_proved(ev, id, f);
	case CONF_AUTH_XAUTH:
		return user_may_follow(ev, id, f);
	}
	return false;
}

bool auth_decide(struct ike_sa *sa, const struct auth_evidence *ev, struct failure *f)
{
	char id[IDENT_STRLEN];

	sa->peer_proved = false;
	if (!auth_check(ev, f))
		return false;
	/*
	 * Where we prove ourselves by EAP, the peer must show that EAP was done with it and nobody else. Where EAP goes
	 * behind another proof (RFC 4739), both count.
	 */
	if (!ev->resumed && (conf_eap_client(ev->conn->conf) || conf_eap_server(ev->conn->conf)) &&
	    !eap_proved(ev, ident_print(id, ev->peer_id->type, ev->peer_id->data), f))
		return false;
	sa->peer_proved = true;
	return true;
}
