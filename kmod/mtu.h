/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's MTU follows what fits the paths of its SAs, until somebody sets it.
 *
 * RFCs: 4301 section 8.2
 */
#ifndef KW_MTU_H
#define KW_MTU_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct kw_dev;
struct kw_net;
struct kw_path;
struct kw_policy;
struct kw_sa;
struct net_device;

/**
 * struct kw_mtu - whether and how a device's MTU follows
 * @fixed: somebody chose it; RTNL
 * @ours: the change under way is ours; RTNL
 * @work: sets the MTU, because RTNL may not be taken where it is noticed.  Pending or running, it
 *	holds a reference to the device.
 */
struct kw_mtu {
	bool fixed;
	bool ours;
	struct delayed_work work;
};

/* Once, when the device is made; @chosen: with an MTU by its maker. */
void kw_mtu_init(struct kw_dev *kwdev, bool chosen);

/* ndo_change_mtu */
int kw_mtu_change(struct net_device *dev, int mtu);

/*
 * Data path: an inner packet of at most @mtu bytes fits @path now, which serves a policy of
 * @kwdev, or of no device if that is NULL.  Any context, RCU held.
 */
void kw_mtu_seen(struct kw_dev *kwdev, struct kw_path *path, unsigned int mtu);

/*
 * The largest inner packet whose ESP or AH packet of @sa is at most @mtu bytes, IP header included.
 * @kept: the bytes of its own headers that ESP or AH does not carry: in transport mode they stay in
 * front, in BEET mode both sides know them, in tunnel mode there are none.
 */
unsigned int kw_mtu_inner(const struct kw_sa *sa, const struct kw_path *path, unsigned int kept,
			  unsigned int mtu);

/*
 * The largest inner packet that @policy's SA sends whole now; 0: it has none or no route.  BHs off,
 * RCU held.
 */
unsigned int kw_mtu_of(struct kw_net *kn, struct kw_policy *policy);

#endif /* KW_MTU_H */
