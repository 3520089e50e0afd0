/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel 6.1 and 6.12.  The only file that may ask which kernel this is.
 */
#ifndef KW_COMPAT_H
#define KW_COMPAT_H

#include <linux/netdevice.h>
#include <linux/version.h>
#include <net/genetlink.h>

/* 6.5 moved skb_gso_segment() and friends here. */
#if KERNEL_VERSION(6, 5, 0) <= LINUX_VERSION_CODE
#include <net/gso.h>
#endif

/* 6.12 moved get_unaligned() and friends here. */
#if KERNEL_VERSION(6, 12, 0) <= LINUX_VERSION_CODE
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.12 made "lockless transmission" a bit of its own. */
static inline void kw_compat_set_lltx(struct net_device *dev)
{
#if KERNEL_VERSION(6, 12, 0) <= LINUX_VERSION_CODE
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* 6.2 gave pre_doit() and post_doit() another description of the operation. */
#if KERNEL_VERSION(6, 2, 0) <= LINUX_VERSION_CODE
#define kw_compat_genl_ops genl_split_ops
#else
#define kw_compat_genl_ops genl_ops
#endif

/* The attributes of the request that started a dump. */
static inline struct nlattr **kw_compat_dump_attrs(struct netlink_callback *cb)
{
#if KERNEL_VERSION(6, 7, 0) <= LINUX_VERSION_CODE
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* KW_COMPAT_H */
