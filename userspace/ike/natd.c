// SPDX-License-Identifier: GPL-2.0
/*
 * NAT detection, the float to port 4500, keepalives, and following a peer whose address a NAT changed.
 *
 * RFCs: 7296 §2.23, 3948 §4.
 */
#include <string.h>

#include "crypto/hash.h"
#include "ike/child.h"
#include "ike/conn.h"
#include "ike/natd.h"
#include "ike/stream.h"

void natd_hash(const uint8_t spi_i[IKE_SPI_LEN], const uint8_t spi_r[IKE_SPI_LEN],
	       const struct endpoint *at, uint8_t out[NATD_HASH_LEN])
{
	uint8_t port[2] = { at->port >> 8, at->port & 0xff };
	uint8_t digest[HASH_MAX] = { 0 };
	const struct kw_span in[] = {
		KW_SPAN(spi_i, IKE_SPI_LEN), KW_SPAN(spi_r, IKE_SPI_LEN),
		KW_SPAN(at->addr.b, ip_addr_len(&at->addr)), KW_SPAN(port, sizeof(port)),
	};

	hash_digest(HASH_SHA1, in, 4, digest);
	memcpy(out, digest, NATD_HASH_LEN);
}

void natd_float(struct ike_sa *sa)
{
	/* RFC 9329 §6.5: in TCP a NAT changes nothing. */
	if (stream_used(sa))
		return;
	sa->socket = NET_SOCKET_NATT;
	sa->local.port = sa->e->settings.natt_port;
	if (sa->remote.port == IKE_PORT)
		sa->remote.port = IKE_NATT_PORT;
}

bool natd_encap(const struct ike_sa *sa)
{
	return (sa->nat_local || sa->nat_remote) && !stream_used(sa);
}

void natd_moved(struct ike_sa *sa, const struct endpoint *from)
{
	char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];

	if (sa->state != IKE_ST_ESTABLISHED)
		return;
	endpoint_print(a, from);
	endpoint_print(b, &sa->remote);
	if (!endpoint_equal(from, &sa->remote)) {
		log_info(conn_name(sa->conn), "peer moved from %s to %s", a, b);
		engine_event(sa->e, EVENT_MOVED, sa->conn, sa->id, 0, 0, "peer moved from %s to %s",
			     a, b);
	}
	child_update_endpoints(sa);
}

void natd_follow(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		 const struct endpoint *remote)
{
	struct endpoint from = sa->remote;

	if (endpoint_equal(&from, remote) && endpoint_equal(&sa->local, local) &&
	    sa->socket == socket && !stream_used(sa))
		return;
	if (stream_follow(sa, socket, local, remote))
		return;
	/*
	 * RFC 7296 §2.23: the initiator floats, the responder goes along with the first authenticated message.
	 * Later only a peer behind a NAT is followed, and only by the side that isn't behind one.
	 */
	if (!ike_sa_half_open(sa) && (!sa->nat_remote || sa->nat_local))
		return;
	sa->socket = socket;
	sa->local = *local;
	sa->remote = *remote;
	if (!endpoint_equal(&from, remote))
		natd_moved(sa, &from);
}

void natd_on_mapping(struct ike_sa *sa, const struct endpoint *remote)
{
	struct endpoint from = sa->remote;

	if (!sa->nat_remote || sa->nat_local || stream_used(sa) || endpoint_equal(&from, remote))
		return;
	sa->remote = *remote;
	natd_moved(sa, &from);
}

static void keepalive(void *arg)
{
	struct ike_sa *sa = arg;
	const struct env *env = sa->e->env;

	env->net->keepalive(env->net_ctx, &sa->local, &sa->remote);
	natd_keepalive_start(sa);
}

void natd_keepalive_start(struct ike_sa *sa)
{
	const uint32_t seconds = sa->conn->conf->keepalive;

	if (seconds && sa->nat_local && sa->socket == NET_SOCKET_NATT)
		engine_timer(sa->e, &sa->keepalive, seconds * 1000ull, keepalive, sa);
}
