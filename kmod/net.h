/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All state of one network namespace: the outer one, where ESP packets live.
 */
#ifndef KW_NET_H
#define KW_NET_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "sadb.h"
#include "spd.h"

struct kw_mib;
struct kw_watch;
struct net;

/**
 * struct kw_net - a network namespace
 * @net: the namespace; outlives this
 * @lock: every change of SAs, policies and the list of devices.  Taken inside RTNL and inside
 *	genl's lock, never around either; nothing else is taken inside it but spinlocks.
 * @sadb: the security associations
 * @policies: id -> policy
 * @policy_order: of the youngest policy
 * @spd: the policies without device, met at the hooks
 * @hook_users: how many of those there are
 * @guarded: keyway devices that live here; under RTNL, like @guard_on
 * @guard_on: the guard's hooks are registered
 * @devices: the link kind's devices that were created here, wherever they live now
 * @sockets: UDP sockets whose ESP is ours
 * @sockets_lock: @sockets; innermost
 * @streams: id -> TCP stream, under its own lock
 * @last_stream: the id given last, likewise
 * @mib: per-CPU drop counters
 * @watch: who wants to know what happens to packets; RCU, written under @lock
 * @reapable: SAs that stopped by themselves and wait for @reap, each with a reference
 * @reap: unlinks them, because the data path may not take @lock
 */
struct kw_net {
	struct net *net;
	struct mutex lock;		/* see above */
	struct kw_sadb sadb;
	struct idr policies;
	u64 policy_order;
	struct kw_spd spd;
	unsigned int hook_users;
	unsigned int guarded;
	bool guard_on;
	struct list_head devices;
	struct list_head sockets;
	spinlock_t sockets_lock;	/* of sockets */
	struct xarray streams;
	u32 last_stream;
	struct kw_mib __percpu *mib;
	struct kw_watch __rcu *watch;
	struct llist_head reapable;
	struct work_struct reap;
};

/* Borrowed; valid as long as @net. */
struct kw_net *kw_net(const struct net *net);

/* Frees what must outlive a grace period, and reaps. */
extern struct workqueue_struct *kw_wq;

#endif /* KW_NET_H */
