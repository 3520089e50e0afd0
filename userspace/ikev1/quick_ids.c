// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic selectors as quick mode's identities, and whose of the connection's they are.
 *
 * RFCs: 2407 §4.6.2, 2409 §5.5, 3947 §5.
 */
#include <stdio.h>
#include <string.h>

#include "ike/access.h"
#include "ike/child.h"
#include "ike/narrow.h"
#include "ike/natd.h"
#include "ikev1/packet.h"
#include "ikev1/quick_pieces.h"

/* false: IKEv1 cannot say it (a range of ports). */
static bool id_of_ts(const struct ts *ts, struct v1_id_payload *id, uint8_t buf[32])
{
	bool four = ts->range.first.family == AF_INET;
	size_t n = four ? 4 : 16;
	int bits = ip_range_prefix_len(&ts->range);
	uint8_t *second = buf + n;

	if (ts->port_first != ts->port_last && (ts->port_first || ts->port_last != UINT16_MAX))
		return false;
	memcpy(buf, ts->range.first.b, n);
	*id = (struct v1_id_payload){
		.protocol = ts->protocol,
		.port = ts->port_first == ts->port_last ? ts->port_first : 0,
		.data = KW_SPAN(buf, 2 * n),
	};
	if (bits == (int)n * 8) {
		id->type = four ? V1_ID_IPV4_ADDR : V1_ID_IPV6_ADDR;
		id->data.len = n;
	} else if (bits >= 0) {
		id->type = four ? V1_ID_IPV4_ADDR_SUBNET : V1_ID_IPV6_ADDR_SUBNET;
		memset(second, 0, n);
		for (int i = 0; i < bits; i++)
			second[i / 8] |= 0x80 >> i % 8;
	} else {
		id->type = four ? V1_ID_IPV4_ADDR_RANGE : V1_ID_IPV6_ADDR_RANGE;
		memcpy(second, ts->range.last.b, n);
	}
	return true;
}

static bool ts_of_id(const struct payload *p, struct ts_list *out)
{
	struct v1_id_payload id;
	struct ts *ts = &out->ts[0];
	char why[80];

	if (v1_id_parse(p->body, &id, why, sizeof(why)) || v1_id_range(&id, &ts->range))
		return false;
	out->n = 1;
	ts->protocol = id.protocol;
	ts->port_first = id.port;
	ts->port_last = id.port ? id.port : UINT16_MAX;
	return true;
}

static void ts_of_address(const struct ip_addr *a, struct ts_list *out)
{
	out->n = 1;
	out->ts[0] = (struct ts){ .port_last = UINT16_MAX, .range = { .first = *a, .last = *a } };
}

void v1_quick_put_id(struct ike_run *run, const struct ts_list *ts)
{
	struct v1_id_payload id;
	uint8_t buf[32];

	chain_open(&run->out.chain, V1_PAYLOAD_ID);
	if (id_of_ts(&ts->ts[0], &id, buf))
		v1_id_build(&run->out.w, &id);
	else
		run->out.w.bad = true;
}

void v1_quick_put_natoa(struct ike_run *run, const struct v1_xchg *x, const struct quick *q)
{
	const struct ike_sa *sa = run->sa;
	const struct ip_addr *addr[] = { x->ours ? &sa->local.addr : &sa->remote.addr,
					 x->ours ? &sa->remote.addr : &sa->local.addr };
	uint8_t type = v1_sa(sa)->natt == V1_NATT_RFC ? V1_PAYLOAD_NATOA : V1_PAYLOAD_NATOA_DRAFT;

	for (unsigned int i = 0; q->conf->transport && natd_encap(sa) && i < 2; i++) {
		chain_open(&run->out.chain, type);
		v1_natoa_build(&run->out.w, addr[i]);
	}
}

void v1_quick_selectors(const struct ike_sa *sa, const struct conf_child *conf, struct ts_list *local,
			struct ts_list *remote)
{
	child_selectors(conf, &sa->local.addr, &sa->remote.addr, local, remote);
	access_narrow(sa, conf, local, remote);
}

bool v1_quick_same_ids(const struct ike_run *run, const struct quick *q)
{
	const struct payload *i = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	const struct payload *r = i ? message_find(run->in, V1_PAYLOAD_ID, true, i) : NULL;
	struct ts_list tsi, tsr;

	if (!i)
		return true;	/* some leave them out of their answer */
	return r && ts_of_id(i, &tsi) && ts_of_id(r, &tsr) && ts_list_equal(&tsi, &q->local_said) &&
	       ts_list_equal(&tsr, &q->remote_ts);
}

bool v1_quick_read_ids(struct ike_run *run, struct quick *q)
{
	const struct ike_sa *sa = run->sa;
	const struct payload *i = message_find(run->in, V1_PAYLOAD_ID, true, NULL);
	const struct payload *r = i ? message_find(run->in, V1_PAYLOAD_ID, true, i) : NULL;

	if (!i) {
		/* §5.5: without identities it is about the two hosts themselves. */
		ts_of_address(&sa->local.addr, &q->local_ts);
		ts_of_address(&sa->remote.addr, &q->remote_ts);
		return true;
	}
	return r && ts_of_id(i, &q->remote_ts) && ts_of_id(r, &q->local_ts);
}

static bool is_everywhere(const struct ts_list *list)
{
	const struct ip_range any = ip_range_any(AF_INET);

	return list->n == 1 && ip_range_equal(&list->ts[0].range, &any) && !list->ts[0].protocol;
}

/*
 * A client of Cisco's kind says "everywhere" and means what the gateway told it to send here: that is what its packets
 * are held to.
 */
static bool everywhere_is_ours(const struct ike_sa *sa, const struct ts_list *ours, struct ts_list *asked)
{
	if (!v1_quick_is_client(sa) || !is_everywhere(asked))
		return false;
	asked->n = 0;
	for (unsigned int i = 0; i < ours->n; i++)
		if (ours->ts[i].range.first.family == AF_INET)
			asked->ts[asked->n++] = ours->ts[i];
	return true;
}

/* In transport mode a host behind a NAT calls itself by an address that means nothing here. */
static void host_is_host(const struct ike_sa *sa, const struct ip_addr *host, struct ts_list *asked)
{
	struct ip_range *r = &asked->ts[0].range;

	if (natd_encap(sa) && ip_addr_equal(&r->first, &r->last))
		*r = (struct ip_range){ .first = *host, .last = *host };
}

const struct conf_child *v1_quick_child_for(const struct ike_sa *sa, struct quick *q)
{
	const struct conf_conn *conf = sa->conn->conf;

	for (unsigned int i = 0; i < conf->n_child; i++) {
		struct ts_list to_us = q->local_ts, to_them = q->remote_ts, local, remote;
		bool everywhere;

		v1_quick_selectors(sa, &conf->child[i], &local, &remote);
		everywhere = everywhere_is_ours(sa, &local, &to_us);
		if (conf->child[i].transport) {
			host_is_host(sa, &sa->local.addr, &to_us);
			host_is_host(sa, &sa->remote.addr, &to_them);
		}
		if (!to_us.n || !narrow_within(&local, &to_us) || !narrow_within(&remote, &to_them))
			continue;
		q->local_ts = to_us;
		q->remote_ts = to_them;
		v1_sa(sa)->everywhere |= everywhere;
		return &conf->child[i];
	}
	return NULL;
}

void v1_quick_explain_ts(struct ike_run *run, const struct quick *q)
{
	const struct conf_conn *conf = run->sa->conn->conf;
	struct failure *f = &run->failure;
	char a[200], b[200];

	for (unsigned int i = 0; i < conf->n_child; i++) {
		struct ts_list local, remote;
		size_t used = strlen(f->ours);

		v1_quick_selectors(run->sa, &conf->child[i], &local, &remote);
		snprintf(f->ours + used, sizeof(f->ours) - used, "%slocal %s, remote %s",
			 used ? "; " : "", ts_list_print(a, sizeof(a), &local),
			 ts_list_print(b, sizeof(b), &remote));
	}
	snprintf(f->theirs, sizeof(f->theirs), "local %s, remote %s",
		 ts_list_print(a, sizeof(a), &q->local_ts),
		 ts_list_print(b, sizeof(b), &q->remote_ts));
	snprintf(f->differs, sizeof(f->differs), "traffic selectors");
	failure_set(f, FAILURE_TS,
		    "traffic selectors do not meet: ours are %.400s; the peer asks for %.400s, and "
		    "IKEv1 cannot narrow them",
		    f->ours, f->theirs);
}
