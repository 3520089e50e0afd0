/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The UDP sockets of IKE: 500 and 4500, IPv4 and IPv6, bound to no address.
 *
 * RFCs: 7296 §2.23 (port 4500), 3948 §2.2 (non-ESP marker), §2.3 (keepalive), 7296 §2 (fragments are
 * allowed: DF stays off).
 */
#ifndef KW_NET_UDP_H
#define KW_NET_UDP_H

#include "lib/addr.h"
#include "lib/buf.h"

enum udp_kind { UDP_IKE /* 500 */, UDP_NATT /* 4500 */ };

#define UDP_SOCKETS	4	/* both kinds in both families */
#define UDP_WHY		256

struct udp;

/*
 * Opens and binds all sockets in the current network namespace, non-blocking. A machine without IPv6 gets
 * those for IPv4. link: an interface or VRF by which alone datagrams come and go; "" = any. 0 or -errno with a
 * sentence that names the port or the link.
 */
int udp_open(struct udp **udp, uint16_t ike_port, uint16_t natt_port, const char *link, char why[UDP_WHY]);
void udp_close(struct udp *udp);			/* NULL is fine */

/* The i-th socket, i < UDP_SOCKETS, to be polled for reading; -1 when there is none. */
int udp_fd(const struct udp *udp, unsigned int i);
enum udp_kind udp_kind(const struct udp *udp, unsigned int i);

/*
 * Reads what has arrived at the i-th socket, at most a hundred datagrams, and hands on those that carry
 * IKE, without the marker; local.addr is where each was sent to. bytes are borrowed for the call.
 */
void udp_read(struct udp *udp, unsigned int i,
	      void (*input)(void *ctx, enum udp_kind kind, const struct endpoint *local,
			    const struct endpoint *remote, struct kw_span bytes),
	      void *ctx);

/* Sends an IKE datagram, on UDP_NATT with the marker in front. local.addr unset: the kernel chooses.
 * 0 or -errno; it is never waited.
 */
int udp_send(struct udp *udp, enum udp_kind kind, const struct endpoint *local, const struct endpoint *remote,
	     struct kw_span datagram);
void udp_keepalive(struct udp *udp, const struct endpoint *local, const struct endpoint *remote);

/* The source address the routing table, of its link, would choose towards remote. 0 or -errno. */
int udp_source(const struct udp *udp, const struct ip_addr *remote, struct ip_addr *local);

/* What a datagram of the 4500 socket is: RFC 3948 §2. *ike is what follows the marker. */
enum udp_content { UDP_CONTENT_IKE, UDP_CONTENT_KEEPALIVE, UDP_CONTENT_ESP };
enum udp_content udp_natt_content(struct kw_span datagram, struct kw_span *ike);

#endif
