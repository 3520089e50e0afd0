// SPDX-License-Identifier: GPL-2.0
/*
 * A device's MTU follows what fits the paths of its SAs, until somebody sets it.
 *
 * RFCs: 4301 section 8.2
 *
 * The stack then makes packets of the right size by itself.  It is not what correctness rests on:
 * every packet is measured against its own SA's path when it is sent.
 */
#include "mtu.h"

#include <linux/idr.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/rtnetlink.h>
#include <net/dst.h>

#include "beet.h"
#include "device.h"
#include "esp.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"

/* Changes that come together are one. */
#define SETTLE	(HZ / 10)

/* The least of what is known of the device's paths; 0: nothing is. */
static unsigned int least(const struct kw_dev *kwdev)
{
	unsigned int mtu = 0, seen;
	struct kw_net *kn = kwdev->kn;
	struct kw_policy *p;
	struct kw_sa *sa;
	int id;

	mutex_lock(&kn->lock);
	idr_for_each_entry(&kn->policies, p, id) {
		if (p->dev != kwdev)
			continue;
		sa = rcu_dereference_protected(p->out, lockdep_is_held(&kn->lock));
		if (!sa)
			continue;
		seen = READ_ONCE(rcu_dereference_protected(sa->path,
							   lockdep_is_held(&kn->lock))->mtu);
		if (seen && (!mtu || seen < mtu))
			mtu = seen;
	}
	mutex_unlock(&kn->lock);
	return mtu;
}

static void follow(struct work_struct *work)
{
	struct kw_dev *kwdev = container_of(to_delayed_work(work), struct kw_dev, mtu.work);
	struct net_device *dev = kwdev->dev;
	unsigned int mtu;

	rtnl_lock();
	if (dev->reg_state == NETREG_REGISTERED && !kwdev->mtu.fixed) {
		mtu = least(kwdev);
		if (mtu) {
			/* With less, IPv6 would leave the device and take its addresses along. */
			mtu = clamp_t(unsigned int, mtu, IPV6_MIN_MTU, dev->max_mtu);
			kwdev->mtu.ours = true;
			dev_set_mtu(dev, mtu);
			kwdev->mtu.ours = false;
		}
	}
	rtnl_unlock();
	dev_put(dev);	/* got by kw_mtu_seen() */
}

void kw_mtu_init(struct kw_dev *kwdev, bool chosen)
{
	kwdev->mtu.fixed = chosen;
	INIT_DELAYED_WORK(&kwdev->mtu.work, follow);
}

int kw_mtu_change(struct net_device *dev, int mtu)
{
	struct kw_dev *kwdev = netdev_priv(dev);

	ASSERT_RTNL();
	if (!kwdev->mtu.ours)
		kwdev->mtu.fixed = true;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

void kw_mtu_seen(struct kw_dev *kwdev, struct kw_path *path, unsigned int mtu)
{
	if (likely(READ_ONCE(path->mtu) == mtu))
		return;
	WRITE_ONCE(path->mtu, mtu);
	if (!kwdev || READ_ONCE(kwdev->mtu.fixed))
		return;
	dev_hold(kwdev->dev);
	if (!queue_delayed_work(kw_wq, &kwdev->mtu.work, SETTLE))
		dev_put(kwdev->dev);
}

unsigned int kw_mtu_inner(const struct kw_sa *sa, const struct kw_path *path, unsigned int kept,
			  unsigned int mtu)
{
	unsigned int head = kw_outer_len(path) + kw_sa_ah_len(sa, path);

	/* In BEET mode the outer header is new, and none of the inner one is within. */
	if (kept && sa->mode == KEYWAY_MODE_TRANSPORT)
		head += kept - kw_ip_len(path);
	if (mtu <= head)
		return 0;
	mtu -= head;
	if (sa->proto == IPPROTO_ESP)
		mtu = kw_esp_payload_max(&sa->cipher, mtu);
	return kept + mtu;
}

/* What kw_mtu_inner() calls @kept, of a packet without options or extension headers. */
static unsigned int kept_of(const struct kw_sa *sa, const struct kw_path *path)
{
	switch ((enum keyway_mode)sa->mode) {
	case KEYWAY_MODE_TUNNEL:
		return 0;
	case KEYWAY_MODE_TRANSPORT:
		return kw_ip_len(path);
	case KEYWAY_MODE_BEET:
		return kw_beet_ip_len(sa->policy);
	}
	return 0;
}

unsigned int kw_mtu_of(struct kw_net *kn, struct kw_policy *policy)
{
	struct kw_sa *sa = rcu_dereference(policy->out);
	struct dst_entry *dst;
	struct kw_path *path;
	unsigned int mtu;

	if (!sa)
		return 0;
	path = rcu_dereference(sa->path);
	dst = kw_path_route(kn, path);
	if (!dst)
		return 0;
	mtu = kw_mtu_inner(sa, path, kept_of(sa, path), dst_mtu(dst));
	dst_release(dst);
	return mtu;
}
