// SPDX-License-Identifier: GPL-2.0
/*
 * NAT detection notifies: what addresses each side put on a packet, against what arrived.
 *
 * RFCs: 7296 §2.23; 4555 §3.5.
 */
#include "crypto/rand.h"
#include "ike/conn.h"
#include "ike/natd.h"
#include "ikev2/natd_payload.h"
#include "ikev2/sk.h"

void v2_put_natd(struct ike_run *run)
{
	const struct ike_sa *sa = run->sa;
	uint8_t hash[NATD_HASH_LEN];

	natd_hash(sa->spi_i, sa->spi_r, &sa->local, hash);
	/* A source that cannot match makes both sides see a NAT, and put ESP in UDP. */
	if (sa->conn && sa->conn->conf->force_encap)
		rand_bytes(hash, sizeof(hash));
	v2_put_notify(run, N_NAT_DETECTION_SOURCE_IP, KW_SPAN(hash, sizeof(hash)));
	natd_hash(sa->spi_i, sa->spi_r, &sa->remote, hash);
	v2_put_notify(run, N_NAT_DETECTION_DESTINATION_IP, KW_SPAN(hash, sizeof(hash)));
}

/* Is there a notify of the type, and does none of them hold the hash? */
static bool natd_differs(const struct ike_message *m, bool in_sk, uint16_t type,
			 const uint8_t hash[NATD_HASH_LEN])
{
	const struct payload *p = NULL;
	struct notify_payload n;
	bool any = false;

	while ((p = message_find(m, PAYLOAD_NOTIFY, in_sk, p))) {
		if (notify_parse(p->body, &n) || n.type != type)
			continue;
		any = true;
		if (kw_span_equal(n.data, KW_SPAN(hash, NATD_HASH_LEN)))
			return false;
	}
	return any;
}

/* §2.23: the peer says what addresses it put on the packet; here is what arrived. */
void v2_read_natd(struct ike_sa *sa, const struct ike_message *m, bool in_sk)
{
	uint8_t hash[NATD_HASH_LEN];

	natd_hash(m->h.spi_i, m->h.spi_r, &m->remote, hash);
	sa->nat_remote = natd_differs(m, in_sk, N_NAT_DETECTION_SOURCE_IP, hash);
	natd_hash(m->h.spi_i, m->h.spi_r, &m->local, hash);
	sa->nat_local = natd_differs(m, in_sk, N_NAT_DETECTION_DESTINATION_IP, hash);
	/* Our own pretence makes the peer see a NAT at our side: so there is one for both. */
	if (sa->conn && sa->conn->conf->force_encap)
		sa->nat_local = true;
	if (sa->nat_local || sa->nat_remote)
		log_info(conn_name(sa->conn), "NAT detected: %s%s%s",
			 sa->nat_local ? "in front of us" : "",
			 sa->nat_local && sa->nat_remote ? " and " : "",
			 sa->nat_remote ? "in front of the peer" : "");
}
