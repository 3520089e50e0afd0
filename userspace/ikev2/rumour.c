// SPDX-License-Identifier: GPL-2.0
/*
 * What somebody says in the clear.
 *
 * RFC 7296 §1.5, §2.4: an unprotected notify "MUST NOT" change the state of anything; it may be a reason for a
 * liveness check, of which there is at most one in a while however many such messages come.
 */
#include "ike/child.h"
#include "ike/dpd.h"
#include "ikev2/rumour.h"

static bool knows_spi(const struct ike_sa *sa, uint32_t spi_out)
{
	struct list *l;

	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->spi_out == spi_out && c->state == CHILD_INSTALLED)
			return true;
	}
	return false;
}

static void ask(struct ike_sa *sa)
{
	uint64_t now = engine_now(sa->e);

	if (now < sa->rumour_ms + RUMOUR_MS && sa->rumour_ms)
		return;
	sa->rumour_ms = now;
	log_info(conn_name(sa->conn), "somebody says that the peer has lost its SAs: asking it");
	if (!sa->active && !dpd_answer_open(sa))
		task_add(sa, IKE_TASK_PROBE, 0);
}

void v2_hear_rumour(struct engine *e, struct ike_message *m)
{
	struct kw_span body = KW_SPAN(m->raw.p + IKE_HEADER_LEN, m->raw.len - IKE_HEADER_LEN);
	struct notify_payload n;
	struct kw_reader r;
	struct list *l;
	uint32_t spi, held;

	if (!log_limit_ok(&e->rumours, engine_now(e), 10, &held))
		return;
	if (message_is_response(m) || message_add_chain(m, m->h.next_payload, body, false) ||
	    !message_notify(m, false, N_INVALID_SPI, &n) || n.data.len != 4)
		return;
	r = kw_reader(n.data);
	spi = kw_get_be32(&r);
	list_for_each(l, &e->sas) {
		struct ike_sa *sa = list_entry(l, struct ike_sa, node);

		if (sa->state == IKE_ST_ESTABLISHED && ip_addr_equal(&sa->remote.addr, &m->remote.addr) &&
		    knows_spi(sa, spi)) {
			ask(sa);
			return;
		}
	}
}
