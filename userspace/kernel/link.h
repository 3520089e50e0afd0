/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices of connections: links of kind "keyway" with their addresses and routes.
 *
 * What was found is not ours and stays: a link the operator made is used and left, only the addresses
 * and routes added to it are taken away again. A link of ours carries the alias "keywayd", so that a
 * daemon that was killed recognises its own.
 */
#ifndef KW_KERNEL_LINK_H
#define KW_KERNEL_LINK_H

#include "lib/addr.h"
#include "wire/ts.h"

struct link_table;

/* 0 or -errno with a sentence in why. */
int link_table_new(struct link_table **t, char *why, size_t why_len);
void link_table_free(struct link_table *t);	/* links stay as they are; NULL is fine */

/*
 * Makes the link when it is missing, puts it into the VRF unless that is "", gives it exactly these addresses and routes of ours, a guard for each
 * route (kernel/link_net.h), and brings it up. mtu 0 leaves the kernel's choice. A default route needs the
 * address of the tunnel's peer, whose own packets must not follow it; with peer NULL or unset, and in a VRF, it is left out.
 * Again with other values: only the difference is touched.
 * *found is set when the link was there and this table sees it for the first time: it may have policies
 * of a daemon that was killed. 0 or -errno with a sentence.
 */
int link_ensure(struct link_table *t, const char *name, const char *vrf, uint32_t mtu, const struct ip_addr *addr,
		const uint8_t *bits, unsigned int n_addr, const struct ts_list *routes,
		const struct ip_addr *peer, bool *found, char *why, size_t why_len);
/* 0, or -errno when something that should go is still there. Unknown names: 0. Its guards stay. */
int link_remove(struct link_table *t, const char *name);
/* Any link went up or down: one of ours gets back the addresses and routes that it lost by going down. */
void link_changed(struct link_table *t, int ifindex, bool up);
/* Those of links that were removed and not asked for again. */
void link_lift_guards(struct link_table *t);
/* Those that a daemon left which was killed, and no link has asked for since the table was made. */
void link_lift_left(struct link_table *t);

#endif
