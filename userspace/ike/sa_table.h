/* SPDX-License-Identifier: GPL-2.0 */
/* Finding IKE SAs: by our SPI, and half-open ones by the peer's SPI and address. */
#ifndef KW_IKE_SA_TABLE_H
#define KW_IKE_SA_TABLE_H

#include "ike/sa.h"

/* An SPI of ours that no other SA has, never zero. */
void sa_table_new_spi(struct engine *e, uint8_t spi[IKE_SPI_LEN]);
void sa_table_add(struct ike_sa *sa);				/* by our SPI */
/* A responder's first message: its repeat must find the same SA (RFC 7296 §2.1). */
void sa_table_add_peer(struct ike_sa *sa);
void sa_table_del_peer(struct ike_sa *sa);
void sa_table_del(struct ike_sa *sa);				/* from both */
/* Half-open ones that come from where remote does: one IPv4 address, or one IPv6 /64, what one customer has. */
unsigned int sa_table_half_open_from(const struct engine *e, const struct ip_addr *remote);
struct ike_sa *sa_table_find(const struct engine *e, const uint8_t spi[IKE_SPI_LEN]);
struct ike_sa *sa_table_find_peer(const struct engine *e, const uint8_t spi_i[IKE_SPI_LEN],
				  const struct endpoint *remote);

#endif
