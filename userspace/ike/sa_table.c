// SPDX-License-Identifier: GPL-2.0
/*
 * Finding IKE SAs: by our SPI, and half-open ones by the peer's SPI and address.
 *
 * RFCs: 7296 §2.1 (repeated IKE_SA_INIT), §2.6 (SPIs).
 */
#include <string.h>

#include "crypto/rand.h"
#include "ike/core.h"
#include "ike/sa_table.h"

struct peer_key {
	uint8_t spi[IKE_SPI_LEN];
	uint8_t addr[16];
	uint8_t family;
	uint8_t pad;
	uint16_t port;
};

static struct peer_key peer_key(const uint8_t spi[IKE_SPI_LEN], const struct endpoint *remote)
{
	struct peer_key k = { .family = remote->addr.family, .port = remote->port };

	memcpy(k.spi, spi, sizeof(k.spi));
	memcpy(k.addr, remote->addr.b, sizeof(k.addr));
	return k;
}

void sa_table_new_spi(struct engine *e, uint8_t spi[IKE_SPI_LEN])
{
	static const uint8_t zero[IKE_SPI_LEN];

	do
		rand_bytes(spi, IKE_SPI_LEN);
	while (!memcmp(spi, zero, IKE_SPI_LEN) || sa_table_find(e, spi));
}

void sa_table_add(struct ike_sa *sa)
{
	map_add(&sa->e->sa_by_spi, &sa->by_spi, KW_SPAN(ike_sa_local_spi(sa), IKE_SPI_LEN));
	sa->in_spi_map = true;
}

static struct kw_span prefix_of(const struct ip_addr *a)
{
	return KW_SPAN(a->b, a->family == AF_INET ? 4 : 8);
}

static bool same_prefix(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && kw_span_equal(prefix_of(a), prefix_of(b));
}

void sa_table_add_peer(struct ike_sa *sa)
{
	struct peer_key k = peer_key(sa->spi_i, &sa->remote);

	map_add(&sa->e->sa_by_peer, &sa->by_peer, KW_SPAN(&k, sizeof(k)));
	map_add(&sa->e->sa_by_prefix, &sa->by_prefix, prefix_of(&sa->remote.addr));
	sa->in_peer_map = true;
}

void sa_table_del_peer(struct ike_sa *sa)
{
	if (sa->in_peer_map) {
		map_del(&sa->e->sa_by_peer, &sa->by_peer);
		map_del(&sa->e->sa_by_prefix, &sa->by_prefix);
	}
	sa->in_peer_map = false;
}

void sa_table_del(struct ike_sa *sa)
{
	if (sa->in_spi_map)
		map_del(&sa->e->sa_by_spi, &sa->by_spi);
	sa->in_spi_map = false;
	sa_table_del_peer(sa);
}

unsigned int sa_table_half_open_from(const struct engine *e, const struct ip_addr *remote)
{
	unsigned int count = 0;

	for (struct map_node *n = map_first(&e->sa_by_prefix, prefix_of(remote)); n; n = map_next(n))
		if (same_prefix(&container_of(n, struct ike_sa, by_prefix)->remote.addr, remote))
			count++;
	return count;
}

struct ike_sa *sa_table_find(const struct engine *e, const uint8_t spi[IKE_SPI_LEN])
{
	for (struct map_node *n = map_first(&e->sa_by_spi, KW_SPAN(spi, IKE_SPI_LEN)); n;
	     n = map_next(n)) {
		struct ike_sa *sa = container_of(n, struct ike_sa, by_spi);

		if (!memcmp(ike_sa_local_spi(sa), spi, IKE_SPI_LEN))
			return sa;
	}
	return NULL;
}

struct ike_sa *sa_table_find_peer(const struct engine *e, const uint8_t spi_i[IKE_SPI_LEN],
				  const struct endpoint *remote)
{
	struct peer_key k = peer_key(spi_i, remote);

	for (struct map_node *n = map_first(&e->sa_by_peer, KW_SPAN(&k, sizeof(k))); n;
	     n = map_next(n)) {
		struct ike_sa *sa = container_of(n, struct ike_sa, by_peer);

		if (!memcmp(sa->spi_i, spi_i, IKE_SPI_LEN) && endpoint_equal(&sa->remote, remote))
			return sa;
	}
	return NULL;
}
