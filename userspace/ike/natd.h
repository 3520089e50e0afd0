/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAT detection, the float to port 4500, keepalives, and following a peer whose address a NAT changed.
 *
 * RFCs: 7296 §2.23, 3947 §3.2, 3948 §4.
 */
#ifndef KW_IKE_NATD_H
#define KW_IKE_NATD_H

#include "ike/sa.h"

#define NATD_HASH_LEN 20

/* SHA-1(SPIi | SPIr | address | port). */
void natd_hash(const uint8_t spi_i[IKE_SPI_LEN], const uint8_t spi_r[IKE_SPI_LEN],
	       const struct endpoint *at, uint8_t out[NATD_HASH_LEN]);
/* Initiator, a NAT was found: go on at port 4500 on both sides. */
void natd_float(struct ike_sa *sa);
/* An authenticated, fresh message came from here: follow it where the RFC says so. */
void natd_follow(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		 const struct endpoint *remote);
/* The kernel saw authenticated ESP from elsewhere. */
void natd_on_mapping(struct ike_sa *sa, const struct endpoint *remote);
/* An authenticated message told where the peer is, and whether NATs are in between. */
void natd_moved(struct ike_sa *sa, const struct endpoint *from);
/* Behind a NAT: one octet every 20 s. */
void natd_keepalive_start(struct ike_sa *sa);
/* Does ESP need UDP around it? */
bool natd_encap(const struct ike_sa *sa);

#endif
