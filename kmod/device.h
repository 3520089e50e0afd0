/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The attachment: link kind "keyway".  Packets routed into the device meet its policies;
 * decrypted packets come out of it.
 */
#ifndef KW_DEVICE_H
#define KW_DEVICE_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>

#include "mib.h"
#include "mtu.h"
#include "spd.h"

struct kw_net;
struct nf_hook_state;

struct kw_dev_cpu {
	struct u64_stats_sync sync;
	u64_stats_t packets[2];		/* by enum keyway_dir */
	u64_stats_t bytes[2];
};

/**
 * struct kw_dev - a keyway device
 * @dev: the network device this is the private part of
 * @kn: where it was created and its ESP packets live; not where it may have been moved to
 * @spd: its policies
 * @node: in kw_net.devices, while policies may be added
 * @cpu: per-CPU counters of inner packets
 * @drops: packets lost, by reason
 * @mtu: what follows the paths
 */
struct kw_dev {
	struct net_device *dev;
	struct kw_net *kn;
	struct kw_spd spd;
	struct list_head node;
	struct kw_dev_cpu __percpu *cpu;
	struct kw_drops drops;
	struct kw_mtu mtu;
};

/* Whether @dev is one of ours. */
bool kw_dev_is(const struct net_device *dev);

/*
 * The device by which a packet came that a netfilter hook sees, NULL if by none.  If that is in a
 * VRF, the stack and @state say the VRF.  Under RCU.
 */
const struct net_device *kw_dev_arrived(const struct nf_hook_state *state,
					const struct sk_buff *skb);

/* Counts packets lost; for those of a policy kw_drop() does. */
void kw_dev_dropped(struct kw_dev *kwdev, unsigned int reason, unsigned int packets);

/* Counts inner packets in one direction.  BHs off. */
void kw_dev_count(struct kw_dev *kwdev, unsigned int dir, unsigned int packets, u64 bytes);

/* Under the kw_net lock: the device of that index among @kn's.  NULL: none. */
struct kw_dev *kw_dev_find(struct kw_net *kn, u32 ifindex);

int kw_device_init(void);
void kw_device_exit(void);

/* The namespaces die: so do the devices created in them, wherever they are. */
void kw_device_exit_net(struct kw_net *kn, struct list_head *kill);

#endif /* KW_DEVICE_H */
