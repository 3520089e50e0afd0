/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP in UDP on the daemon's own socket.
 *
 * RFCs: 3948
 */
#ifndef KW_UDP_H
#define KW_UDP_H

struct kw_net;
struct netlink_ext_ack;
struct nlattr;

/*
 * Takes ESP from the UDP socket that is file descriptor @fd of the caller.  Keeps no reference:
 * closing the socket ends it.  0, or -errno with @extack saying why about @attr.  May sleep.
 */
int kw_udp_adopt(struct kw_net *kn, int fd, const struct nlattr *attr,
		 struct netlink_ext_ack *extack);

/* Gives all sockets back.  After it returns none of them calls us.  May sleep. */
void kw_udp_release_all(struct kw_net *kn);

#endif /* KW_UDP_H */
