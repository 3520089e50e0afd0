// SPDX-License-Identifier: GPL-2.0
/*
 * Datagram to IKE SA: the only place that looks at the version number, and the fence against floods.
 *
 * RFCs: 7296 §2.5 (version), §2.6 (half-open), §3.1.
 */
#include <string.h>

#include "ike/demux.h"
#include "ike/exchange.h"
#include "ike/sa_table.h"

bool demux_wants_cookie(const struct engine *e, const struct ip_addr *remote)
{
	return e->half_open >= e->settings.cookie_threshold ||
	       sa_table_half_open_from(e, remote) >= (e->settings.half_open_per_peer + 3) / 4;
}

bool demux_admit(struct engine *e, const struct ip_addr *remote)
{
	if (e->half_open < e->settings.half_open_max &&
	    sa_table_half_open_from(e, remote) < e->settings.half_open_per_peer)
		return true;
	e->totals.rx_over_limit++;
	return false;
}

static const struct ike_version *find_version(const struct engine *e, uint8_t version)
{
	for (unsigned int i = 0; i < e->n_version; i++)
		if (e->version[i]->major == version >> 4)
			return e->version[i];
	return NULL;
}

/*
 * RFC 7296 §2.5: a higher major version is answered by INVALID_MAJOR_VERSION, without protection. The
 * answer is never longer than what it answers.
 */
static void refuse_version(struct engine *e, const struct ike_message *m)
{
	const struct ike_version *best = e->version[0];
	struct ike_header h = {
		.next_payload = PAYLOAD_NOTIFY,
		.version = best->major << 4,
		.exchange = m->h.exchange,
		.flags = IKE_FLAG_RESPONSE,
		.message_id = m->h.message_id,
		.length = IKE_HEADER_LEN + 8,
	};
	uint8_t buf[IKE_HEADER_LEN + 8];
	struct kw_writer w = kw_writer(buf, sizeof(buf));
	struct chain_builder c;

	e->totals.rx_bad_version++;
	if (m->h.version >> 4 <= best->major || message_is_response(m) || m->raw.len < sizeof(buf))
		return;
	memcpy(h.spi_i, m->h.spi_i, sizeof(h.spi_i));
	memcpy(h.spi_r, m->h.spi_r, sizeof(h.spi_r));
	header_build(&w, &h);
	c = chain_builder(&w, HEADER_NEXT_PAYLOAD_OFFSET);
	chain_open(&c, PAYLOAD_NOTIFY);
	notify_build(&w, PROTO_NONE, KW_SPAN(NULL, 0), N_INVALID_MAJOR_VERSION, KW_SPAN(NULL, 0));
	chain_close(&c);
	e->env->net->send(e->env->net_ctx, m->socket, &m->local, &m->remote, kw_written(&w));
}

static void dispatch(struct engine *e, struct ike_message *m)
{
	const struct ike_version *version = find_version(e, m->h.version);
	struct ike_sa *sa;

	/* RFC 9329 is IKEv2's. */
	if (version && version->major != 2 && m->socket == NET_SOCKET_TCP) {
		message_free(m);
		return;
	}
	if (!version) {
		refuse_version(e, m);
		message_free(m);
		return;
	}
	sa = version->find(e, version, &m->h, &m->remote);
	if (sa)
		exchange_receive(sa, m);
	else
		version->accept(e, version, m);
}

void engine_input(struct engine *e, enum net_socket socket, const struct endpoint *local,
		  const struct endpoint *remote, struct kw_span bytes)
{
	struct ike_message *m;

	e->totals.rx_datagrams++;
	if (message_new(&m, socket, local, remote, bytes)) {
		e->totals.rx_bad_header++;
		return;
	}
	engine_enter(e);
	dispatch(e, m);
	engine_leave(e);
}
