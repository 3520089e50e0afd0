/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the family "keyway": one netlink message into a struct kernel_event. */
#ifndef KW_KERNEL_GENL_EVENT_H
#define KW_KERNEL_GENL_EVENT_H

#include "kernel/kernel.h"

struct nlmsghdr;

/*
 * nlh is a whole message of this family with its length checked (nlmsg_ok()). 0; -ENOMSG when it is
 * nothing the engine asks about; -EBADMSG when what the command needs is missing or malformed.
 */
int genl_event_parse(struct nlmsghdr *nlh, struct kernel_event *event);

#endif
