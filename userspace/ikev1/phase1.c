// SPDX-License-Identifier: GPL-2.0
/*
 * What main mode, aggressive mode and the base exchange have in common.
 *
 * RFCs: 2407 §4.6.2 (identities), §4.6.3.3 (INITIAL-CONTACT); 2408 §3.16 (vendor ids); 2409 §5; 3706 §5.2; 3947 §3.
 */
#include <string.h>

#include "crypto/hash_v1.h"
#include "crypto/rand.h"
#include "ike/access.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/key_export.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ikev1/group.h"
#include "ikev1/keys.h"
#include "ikev1/phase1.h"
#include "ikev1/quick.h"
#include "ikev1/transaction.h"
#include "wire/names_v1.h"
#include "wire/payload_v1.h"
#include "wire/vendor.h"

#define OLD_LINGERS_MS	3000u	/* a replaced ISAKMP SA: its peer has to move his children first */

/* ---- vendor ids ---- */

static void put_vendor(struct ike_run *run, enum vendor_id id, struct kw_span more)
{
	size_t n;
	const struct vendor *v = vendor_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (v[i].id != id)
			continue;
		chain_open(&run->out.chain, V1_PAYLOAD_VENDOR);
		kw_put_span(&run->out.w, v[i].value);
		kw_put_span(&run->out.w, more);
	}
}

void v1_put_vendors(struct ike_run *run)
{
	const struct v1_sa *v1 = v1_sa(run->sa);
	const struct conf_conn *conf = run->sa->conn->conf;
	bool first = run->sa->role == IKE_INITIATOR;
	/* The last octets are a version, and a bit for "main mode too". */
	static const uint8_t version_1_0[] = { 1, 0 }, fragments[] = { 0x80, 0, 0, 0 };
	const struct kw_span none = { 0 };

	if (first || v1->natt == V1_NATT_RFC)
		put_vendor(run, VENDOR_NATT_RFC, none);
	if (first)
		put_vendor(run, VENDOR_NATT_03, none);
	if (first || v1->natt == V1_NATT_DRAFT)
		put_vendor(run, VENDOR_NATT_02N, none);
	if (first || v1->dpd)
		put_vendor(run, VENDOR_DPD, KW_SPAN(version_1_0, sizeof(version_1_0)));
	/* Cisco's clients go on only with a gateway that says both. */
	if (conf->xauth)
		put_vendor(run, VENDOR_XAUTH, none);
	if (v1_config_due(run->sa) && (first || v1->unity))
		put_vendor(run, VENDOR_UNITY, KW_SPAN(version_1_0, sizeof(version_1_0)));
	if (conf->fragment_size && (first || v1->fragmentation))
		put_vendor(run, VENDOR_FRAGMENTATION, KW_SPAN(fragments, sizeof(fragments)));
}

void v1_read_vendors(struct ike_sa *sa, const struct ike_message *m, bool inside)
{
	struct v1_sa *v1 = v1_sa(sa);
	const struct payload *p = NULL;
	const struct vendor *v;
	struct kw_span more;

	while ((p = message_find(m, V1_PAYLOAD_VENDOR, inside, p))) {
		v = vendor_find(p->body, &more);
		if (!v)
			continue;
		log_debug(conn_name(sa->conn), "the peer is or speaks: %s", v->name);
		if (v->id == VENDOR_NATT_RFC)
			v1->natt = V1_NATT_RFC;
		else if ((v->id == VENDOR_NATT_03 || v->id == VENDOR_NATT_02 ||
			  v->id == VENDOR_NATT_02N) &&
			 v1->natt == V1_NATT_NONE)
			v1->natt = V1_NATT_DRAFT;
		else if (v->id == VENDOR_DPD)
			v1->dpd = true;
		else if (v->id == VENDOR_UNITY)
			v1->unity = true;
		else if (v->id == VENDOR_XAUTH)
			v1->xauth = true;
		else if (v->id == VENDOR_FRAGMENTATION)
			v1->fragmentation = sa->conn && sa->conn->conf->fragment_size;
	}
}

/* ---- NAT detection ---- */

/* HASH(CKY-I | CKY-R | IP | Port) by the negotiated hash. */
static struct kw_span natd(const struct ike_sa *sa, const struct endpoint *at, uint8_t out[HASH_MAX])
{
	const uint8_t port[] = { at->port >> 8, at->port & 0xff };
	const struct kw_span in[] = {
		KW_SPAN(sa->spi_i, IKE_SPI_LEN), KW_SPAN(sa->spi_r, IKE_SPI_LEN),
		KW_SPAN(at->addr.b, ip_addr_len(&at->addr)), KW_SPAN(port, sizeof(port)),
	};

	memset(out, 0, HASH_MAX);
	hash_v1_digest(v1_sa(sa)->hash, in, 4, out);
	return KW_SPAN(out, hash_v1_len(v1_sa(sa)->hash));
}

void v1_put_natd(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;
	uint8_t type = v1_sa(sa)->natt == V1_NATT_RFC ? V1_PAYLOAD_NATD : V1_PAYLOAD_NATD_DRAFT;
	uint8_t hash[HASH_MAX];
	struct kw_span own;

	if (v1_sa(sa)->natt == V1_NATT_NONE)
		return;
	/* §3.2: the other end's address first, then ours. */
	chain_put(&run->out.chain, type, natd(sa, &sa->remote, hash));
	own = natd(sa, &sa->local, hash);
	/* A source that cannot match makes both sides see a NAT, and put ESP in UDP. */
	if (sa->conn && sa->conn->conf->force_encap)
		rand_bytes(hash, own.len);
	chain_put(&run->out.chain, type, own);
}

void v1_read_natd(struct ike_sa *sa, const struct ike_message *m, bool inside)
{
	const struct payload *p = message_find(m, V1_PAYLOAD_NATD, inside, NULL);
	uint8_t mine[HASH_MAX], theirs[HASH_MAX];
	struct kw_span local = natd(sa, &m->local, mine), remote = natd(sa, &m->remote, theirs);

	if (!p || v1_sa(sa)->natt == V1_NATT_NONE)
		return;
	sa->nat_local = !kw_span_equal(p->body, local);
	sa->nat_remote = true;
	while ((p = message_find(m, V1_PAYLOAD_NATD, inside, p)))
		if (kw_span_equal(p->body, remote))
			sa->nat_remote = false;
	if (sa->conn && sa->conn->conf->force_encap)
		sa->nat_local = true;
	if (sa->nat_local || sa->nat_remote)
		log_info(conn_name(sa->conn), "NAT detected: %s%s%s",
			 sa->nat_local ? "in front of us" : "",
			 sa->nat_local && sa->nat_remote ? " and " : "",
			 sa->nat_remote ? "in front of the peer" : "");
}

/* ---- key exchange ---- */

int v1_keep_own_sa(struct ike_run *run)
{
	struct kw_span all = kw_written(&run->out.w);
	size_t at = run->out.chain.start + 4;

	if (run->out.w.bad || at > all.len)
		return -1;
	return v1_keep(&v1_sa(run->sa)->sai_body, KW_SPAN(all.p + at, all.len - at));
}

static size_t public_len(const struct ike_sa *sa)
{
	return sa->suite.ke == KE_PRIVATE ? sa->conn->conf->private_group.p.len : dh_public_len(sa->suite.ke);
}

enum ike_verdict v1_dh_start(struct ike_run *run, struct dh *dh, struct kw_span peer, ike_step_fn resume)
{
	const struct ike_sa *sa = run->sa;

	if (sa->suite.ke == KE_PRIVATE)
		return dh_job_start_of(run, &sa->conn->conf->private_group, dh, peer, resume);
	return dh_job_start(run, sa->suite.ke, dh, peer, resume);
}

int v1_keep_peer_ke(struct ike_sa *sa, struct kw_span ke)
{
	struct v1_sa *v1 = v1_sa(sa);

	if (ke.len != public_len(sa))
		return -1;
	return v1_keep(sa->role == IKE_INITIATOR ? &v1->g_xr : &v1->g_xi, ke);
}

int v1_read_ke(struct ike_sa *sa, const struct ike_message *m, struct kw_span *ke)
{
	struct v1_sa *v1 = v1_sa(sa);
	const struct payload *p = message_find(m, V1_PAYLOAD_KE, false, NULL);
	bool initiator = sa->role == IKE_INITIATOR;

	if (!p || v1_nonce_read(initiator ? &v1->nr : &v1->ni, m, false) ||
	    v1_keep_peer_ke(sa, p->body))
		return -1;
	*ke = p->body;
	return 0;
}

void v1_put_ke(struct ike_run *run)
{
	const struct v1_sa *v1 = v1_sa(run->sa);
	bool initiator = run->sa->role == IKE_INITIATOR;

	chain_put(&run->out.chain, V1_PAYLOAD_KE, initiator ? v1->g_xi : v1->g_xr);
	chain_put(&run->out.chain, V1_PAYLOAD_NONCE,
		  v1_nonce_span(initiator ? &v1->ni : &v1->nr));
}

int v1_take_dh(struct ike_run *run, struct dh_job *j)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	bool initiator = sa->role == IKE_INITIATOR;
	struct v1_nonce *nonce = initiator ? &v1->ni : &v1->nr;

	if (j->error) {
		failure_set(&run->failure, FAILURE_PROTOCOL, "key exchange in group %u: %s",
			    j->group, strerror(-j->error));
		return j->error;
	}
	if (!nonce->len)
		v1_nonce_make(nonce);
	dh_free(v1->dh);
	v1->dh = dh_job_take(j);
	return v1_keep(initiator ? &v1->g_xi : &v1->g_xr, dh_public(v1->dh));
}

int v1_make_keys(struct ike_run *run, struct dh_job *j)
{
	struct ike_sa *sa = run->sa;
	struct v1_sa *v1 = v1_sa(sa);
	int ret = j->error;

	if (!ret) {
		kw_secret_move(&v1->g_xy, &j->g_ir);
		ret = v1_keys_phase1(sa, v1->auth == V1_AUTH_PSK ? &sa->conn->conf->psk : NULL);
	}
	if (ret)
		failure_set(&run->failure, FAILURE_PROTOCOL,
			    "the peer's key exchange value is not usable: %s", strerror(-ret));
	return ret;
}

/* ---- identities ---- */

int v1_id_body(const struct ike_sa *sa, struct kw_writer *w)
{
	const struct v1_id_payload id = {
		.type = sa->local_id.type,
		.data = KW_SPAN(sa->local_id.data, sa->local_id.len),
	};

	v1_id_build(w, &id);
	return w->bad ? -1 : 0;
}

void v1_put_id(struct ike_run *run)
{
	chain_open(&run->out.chain, V1_PAYLOAD_ID);
	v1_id_body(run->sa, &run->out.w);
}

/* Up to the data both versions mean the same; a port other than IKE's own is nobody's identity (RFC 2407 §4.6.2). */
int v1_read_id(const struct payload *p, struct id_payload *out)
{
	struct v1_id_payload id;
	char why[80];

	if (!p || v1_id_parse(p->body, &id, why, sizeof(why)))
		return -1;
	if (id.protocol && id.protocol != IPPROTO_UDP)
		return -1;
	if (id.port && id.port != IKE_PORT && id.port != IKE_NATT_PORT)
		return -1;
	*out = (struct id_payload){ .type = id.type, .data = id.data };
	return 0;
}

void v1_put_initial_contact(struct ike_run *run)
{
	if (!connect_is_first_contact(run->sa))
		return;
	chain_open(&run->out.chain, V1_PAYLOAD_NOTIFICATION);
	v1_build_notify(&run->out.w, run->sa, V1_N_INITIAL_CONTACT, KW_SPAN(NULL, 0));
}

/* The other connection has to have led to the same keys. */
static bool same_secrets(const struct conn *a, const struct conn *b)
{
	return a->conf->local_auth == b->conf->local_auth &&
	       modp_equal(&a->conf->private_group, &b->conf->private_group) &&
	       kw_secret_equal(&a->conf->psk, kw_secret_expose(&b->conf->psk));
}

bool v1_settle_conn(struct ike_run *run, const struct id_payload *id)
{
	struct ike_sa *sa = run->sa;
	const struct auth_request r = {
		.version = sa->version, .local = &run->in->local.addr,
		.remote = &run->in->remote.addr, .peer_id = id,
		.method = v1_sa(sa)->auth == V1_AUTH_PSK ? AUTH_PSK : AUTH_RSA,
		.suite = &sa->suite,
	};
	struct conn *c;

	if (auth_id_fits(sa->conn, id->type, id->data) || sa->role == IKE_INITIATOR)
		return true;
	c = auth_select(sa->e, &r, &run->failure);
	if (!c || !same_secrets(c, sa->conn))
		return false;
	ike_sa_set_conn(sa, c);
	return true;
}

/* ---- the end of phase 1 ---- */

static struct ike_sa *predecessor(const struct ike_sa *sa)
{
	struct list *l;

	list_for_each(l, &sa->conn->sas) {
		struct ike_sa *old = list_entry(l, struct ike_sa, conn_node);

		if (old->id == v1_sa(sa)->replaces && old->state == IKE_ST_ESTABLISHED)
			return old;
	}
	return NULL;
}

/* Our own new ISAKMP SA takes over from the old one: children, what is to be done, how it was connected. */
static void take_over(struct ike_sa *old, struct ike_sa *sa)
{
	struct list *l, *tmp;

	sa->redundant = false;
	sa->announced = old->announced;
	sa->contact = old->contact;
	ike_sa_begin_life(sa);
	list_for_each_safe(l, tmp, &old->children) {
		struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->state != CHILD_LARVAL)
			child_move(c, sa);
	}
	old->replaced_by = sa->id;
	ike_sa_set_state(old, IKE_ST_REKEYED);
	rekey_limit_replaced(old);
	log_info(conn_name(sa->conn), "ISAKMP SA #%llu replaces #%llu", (unsigned long long)sa->id,
		 (unsigned long long)old->id);
	engine_event(sa->e, EVENT_IKE_REKEYED, sa->conn, sa->id, 0, old->id, "ISAKMP SA rekeyed");
	task_move(old, sa);
	task_add_later(old, IKE_TASK_IKE_DELETE, 0, OLD_LINGERS_MS);
}

enum ike_verdict v1_phase1_done(struct ike_run *run, const struct id_payload *id)
{
	struct ike_sa *sa = run->sa;

	ident_drop(&sa->remote_id);
	if (ident_copy(&sa->remote_id, id->type, id->data))
		return IKE_FAIL;
	run->in->authentic = true;
	ike_sa_forget_hint(sa);
	exchange_follow(run);
	if (run->task)
		run->task_done = true;
	run->to = IKE_ST_SAME;
	if (predecessor(sa) || !v1_config_begin(sa))
		v1_established(sa);
	return IKE_OK;
}

void v1_established(struct ike_sa *sa)
{
	struct ike_sa *old = predecessor(sa);
	uint32_t missing;

	v1_adopt_life(sa);
	ike_sa_set_state(sa, IKE_ST_ESTABLISHED);
	key_export_v1(sa, kw_secret_expose(&v1_sa(sa)->key));
	/* Before the children that are to use it. */
	v1_group_begin(sa);
	if (old && !sa->access)
		sa->access = access_get(old->access);
	if (old)
		take_over(old, sa);
	else
		ike_sa_established(sa, v1_sa(sa)->contacted);
	missing = sa->role == IKE_INITIATOR && !old ? conn_missing(sa->conn) : 0;
	for (unsigned int i = 0; missing >> i; i++)
		if (missing & 1u << i)
			task_add(sa, IKE_TASK_CHILD_NEW, i);
	if (!missing)
		v1_children_missing(sa->conn);
}

/* ---- what is said in the clear ---- */

enum ike_verdict v1_hint(struct ike_run *run)
{
	struct ike_sa *sa = run->sa;
	const struct payload *p = message_find(run->in, V1_PAYLOAD_NOTIFICATION, false, NULL);
	struct failure *f;
	struct v1_notify_payload n;
	char why[80];

	if (!p || v1_notify_parse(p->body, &n, why, sizeof(why)) || n.type >= V1_N_STATUS_FIRST)
		return IKE_DROP;
	f = ike_sa_hint(sa);
	if (n.type == V1_N_NO_PROPOSAL_CHOSEN) {
		proposal_list_print(f->ours, sizeof(f->ours), &sa->conn->conf->ike);
		failure_set(f, FAILURE_PROPOSAL,
			    "the peer accepts none of our ISAKMP policies (NO-PROPOSAL-CHOSEN), or "
			    "knows no connection for our address; ours: %.400s",
			    f->ours);
	} else if (sa->state == IKE_ST_AUTH_SENT && v1_sa(sa)->auth == V1_AUTH_PSK) {
		failure_set(f, FAILURE_PSK,
			    "the peer cannot read our proof (%s): the pre-shared keys differ most "
			    "likely",
			    v1_notify_name(n.type));
	} else {
		failure_set(f, FAILURE_PEER, "the peer refused phase 1: %s",
			    v1_notify_name(n.type));
	}
	return IKE_DROP;
}

/* Others than keyway say nothing to a proof that they cannot read. */
void v1_unanswered(struct ike_sa *sa, unsigned int tries)
{
	v1_group_unanswered(sa, tries);
	if (sa->state != IKE_ST_AUTH_SENT || v1_sa(sa)->auth != V1_AUTH_PSK || sa->hint ||
	    tries < sa->e->settings.retransmit_tries)
		return;
	failure_set(ike_sa_hint(sa), FAILURE_PSK,
		    "the peer has answered all but our proof: the pre-shared keys differ most likely%s",
		    sa->nat_local || sa->nat_remote ? ", or UDP port 4500 is blocked on the way" : "");
}
