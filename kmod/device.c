// SPDX-License-Identifier: GPL-2.0
/*
 * The attachment: link kind "keyway".  Packets routed into the device meet its policies;
 * decrypted packets come out of it.
 *
 * The other attachment is hook.c; both end in kw_send().
 */
#include "device.h"

#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "esp.h"
#include "flow.h"
#include "mib.h"
#include "net.h"
#include "outer.h"
#include "policy.h"
#include "receive.h"
#include "send.h"

/* Room for ESP over IPv6 and UDP within 1500 bytes, with some to spare for a path that has less. */
#define DEFAULT_MTU	1400

/* ESP header, IV and, behind, padding, trailer and ICV of any algorithm. */
#define ESP_HEADROOM	(KW_ESP_HEADER + 16)
#define ESP_TAILROOM	(16 + KW_ESP_TRAILER + 32)

#define FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GSO | \
			 NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA)

void kw_dev_count(struct kw_dev *kwdev, unsigned int dir, unsigned int packets, u64 bytes)
{
	struct kw_dev_cpu *cpu = this_cpu_ptr(kwdev->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_add(&cpu->packets[dir], packets);
	u64_stats_add(&cpu->bytes[dir], bytes);
	u64_stats_update_end(&cpu->sync);
}

static void refuse(struct kw_dev *kwdev, struct kw_policy *policy, struct sk_buff *skb,
		   unsigned int reason)
{
	if (!policy || !(policy->flags & KEYWAY_POLICY_F_NO_ICMP))
		kw_send_prohibited(skb);
	if (!policy)
		kw_dev_dropped(kwdev, reason, 1);
	kw_drop(kwdev->kn, policy, NULL, skb, reason, 0);
}

/* RFC 4301 5.1: every packet meets a policy or is dropped. */
static netdev_tx_t xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct kw_dev *kwdev = netdev_priv(dev);
	struct kw_policy *policy;
	struct kw_flow flow;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return NETDEV_TX_OK;
	skb_reset_network_header(skb);
	if (!kw_flow_parse(&flow, skb) ||
	    (!skb_is_gso(skb) && pskb_trim(skb, flow.len))) {
		kw_dev_dropped(kwdev, KEYWAY_A_STATS_OUT_MALFORMED, 1);
		kw_drop(kwdev->kn, NULL, NULL, skb, KEYWAY_A_STATS_OUT_MALFORMED, 0);
		return NETDEV_TX_OK;
	}
	/* A packet socket may have said otherwise. */
	skb->protocol = flow.src.family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	rcu_read_lock();
	policy = kw_policy_lookup(&kwdev->spd, &flow, skb);
	if (!policy)
		refuse(kwdev, NULL, skb, KEYWAY_A_STATS_OUT_NO_POLICY);
	else if (IS_ERR(policy))
		refuse(kwdev, NULL, skb, KEYWAY_A_STATS_OUT_FRAGMENT);
	else if (policy->action == KEYWAY_ACTION_DISCARD)
		refuse(kwdev, policy, skb, KEYWAY_A_STATS_OUT_DISCARD);
	else
		kw_send(kwdev->kn, policy, &flow, skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

void kw_dev_dropped(struct kw_dev *kwdev, unsigned int reason, unsigned int packets)
{
	atomic_long_add(packets, &kwdev->drops.count[reason - KW_REASON_FIRST]);
}

static u64 dropped(const struct kw_dev *kwdev, unsigned int reason)
{
	return atomic_long_read(&kwdev->drops.count[reason - KW_REASON_FIRST]);
}

/* The names ip -s -s link has for what went wrong, as far as they fit; the rest is "dropped". */
static void put_drops(const struct kw_dev *kwdev, struct rtnl_link_stats64 *stats)
{
	u64 in = 0, out = 0;
	unsigned int i;

	for (i = 0; i < KW_REASON_COUNT; i++)
		*(kw_reason_is_out(KW_REASON_FIRST + i) ? &out : &in) +=
			dropped(kwdev, KW_REASON_FIRST + i);
	stats->rx_crc_errors = dropped(kwdev, KEYWAY_A_STATS_IN_ICV);
	stats->rx_length_errors = dropped(kwdev, KEYWAY_A_STATS_IN_TRUNCATED);
	stats->rx_frame_errors = dropped(kwdev, KEYWAY_A_STATS_IN_MALFORMED) +
				 dropped(kwdev, KEYWAY_A_STATS_IN_PADDING) +
				 dropped(kwdev, KEYWAY_A_STATS_IN_NEXT_HEADER);
	stats->rx_fifo_errors = dropped(kwdev, KEYWAY_A_STATS_IN_QUEUE);
	stats->rx_errors = stats->rx_crc_errors + stats->rx_length_errors +
			   stats->rx_frame_errors + stats->rx_fifo_errors;
	stats->rx_dropped = in - stats->rx_errors;
	stats->tx_carrier_errors = dropped(kwdev, KEYWAY_A_STATS_OUT_NO_SA) +
				   dropped(kwdev, KEYWAY_A_STATS_OUT_EXPIRED) +
				   dropped(kwdev, KEYWAY_A_STATS_OUT_SEQUENCE) +
				   dropped(kwdev, KEYWAY_A_STATS_OUT_NO_ROUTE);
	stats->tx_errors = stats->tx_carrier_errors;
	stats->tx_dropped = out - stats->tx_errors;
}

static void get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct kw_dev *kwdev = netdev_priv(dev);
	u64 packets[2] = {}, bytes[2] = {};
	unsigned int dir, start;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kw_dev_cpu *c = per_cpu_ptr(kwdev->cpu, cpu);

		for (dir = 0; dir < 2; dir++) {
			u64 n, b;

			do {
				start = u64_stats_fetch_begin(&c->sync);
				n = u64_stats_read(&c->packets[dir]);
				b = u64_stats_read(&c->bytes[dir]);
			} while (u64_stats_fetch_retry(&c->sync, start));
			packets[dir] += n;
			bytes[dir] += b;
		}
	}
	stats->rx_packets = packets[KEYWAY_DIR_IN];
	stats->rx_bytes = bytes[KEYWAY_DIR_IN];
	stats->tx_packets = packets[KEYWAY_DIR_OUT];
	stats->tx_bytes = bytes[KEYWAY_DIR_OUT];
	put_drops(kwdev, stats);
}

/* Ends the device's policies and their SAs, and lets no new ones come. */
static void end_policies(struct kw_dev *kwdev)
{
	struct kw_policy *p, *tmp;

	mutex_lock(&kwdev->kn->lock);
	list_del_init(&kwdev->node);
	list_for_each_entry_safe(p, tmp, &kwdev->spd.policies, node)
		kw_policy_remove(kwdev->kn, p);
	mutex_unlock(&kwdev->kn->lock);
}

static int init(struct net_device *dev)
{
	struct kw_dev *kwdev = netdev_priv(dev);
	int cpu;

	kwdev->cpu = alloc_percpu(struct kw_dev_cpu);
	if (!kwdev->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(kwdev->cpu, cpu)->sync);
	return 0;
}

/* The device is down and nobody transmits; received packets may still wait. */
static void uninit(struct net_device *dev)
{
	struct kw_dev *kwdev = netdev_priv(dev);

	end_policies(kwdev);
	synchronize_net();
	kw_receive_flush(NULL, dev);
}

/* RTNL held.  What the stack would send by itself matches no policy, and would only be counted. */
static int open(struct net_device *dev)
{
	struct in_device *in4 = __in_dev_get_rtnl(dev);
#if IS_ENABLED(CONFIG_IPV6)
	struct inet6_dev *in6 = __in6_dev_get(dev);

	if (in6)
		in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
#endif
	/* One tunnel's host may talk to another's: there is no better way to tell it. */
	if (in4)
		IN_DEV_CONF_SET(in4, SEND_REDIRECTS, false);
	return 0;
}

static void free_device(struct net_device *dev)
{
	struct kw_dev *kwdev = netdev_priv(dev);

	kw_spd_exit(&kwdev->spd);
	free_percpu(kwdev->cpu);
}

static const struct net_device_ops ops = {
	.ndo_init = init,
	.ndo_uninit = uninit,
	.ndo_open = open,
	.ndo_start_xmit = xmit,
	.ndo_get_stats64 = get_stats64,
	.ndo_change_mtu = kw_mtu_change,
};

bool kw_dev_is(const struct net_device *dev)
{
	return dev->netdev_ops == &ops;
}

const struct net_device *kw_dev_arrived(const struct nf_hook_state *state,
					const struct sk_buff *skb)
{
	const struct net_device *dev;

	if (!state->in || !netif_is_l3_master(state->in))
		return state->in;
	dev = dev_get_by_index_rcu(state->net, state->pf == NFPROTO_IPV4 ? IPCB(skb)->iif :
									  IP6CB(skb)->iif);
	return dev ?: state->in;
}

static const struct device_type type = { .name = "keyway" };

static void setup(struct net_device *dev)
{
	struct kw_dev *kwdev = netdev_priv(dev);

	dev->netdev_ops = &ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = LL_MAX_HEADER + KW_OUTER_MAX + ESP_HEADROOM;
	dev->needed_tailroom = ESP_TAILROOM;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->features |= FEATURES;
	dev->hw_features |= FEATURES;
	dev->hw_enc_features |= FEATURES;
	dev->mtu = DEFAULT_MTU;
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU;
	dev->needs_free_netdev = true;
	dev->priv_destructor = free_device;
	kw_compat_set_lltx(dev);
	/* ICMP errors about inner packets want their route. */
	netif_keep_dst(dev);
	SET_NETDEV_DEVTYPE(dev, &type);

	kwdev->dev = dev;
	kw_spd_init(&kwdev->spd);
	INIT_LIST_HEAD(&kwdev->node);
}

static int newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
		   struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct kw_dev *kwdev = netdev_priv(dev);
	int ret;

	kwdev->kn = kw_net(src_net);
	kw_mtu_init(kwdev, tb[IFLA_MTU]);
	ret = register_netdevice(dev);
	if (ret)
		return ret;
	mutex_lock(&kwdev->kn->lock);
	list_add_tail(&kwdev->node, &kwdev->kn->devices);
	mutex_unlock(&kwdev->kn->lock);
	return 0;
}

static void dellink(struct net_device *dev, struct list_head *head)
{
	/* Before the core waits for readers, so that they are gone when uninit() runs. */
	end_policies(netdev_priv(dev));
	unregister_netdevice_queue(dev, head);
}

static struct net *get_link_net(const struct net_device *dev)
{
	const struct kw_dev *kwdev = netdev_priv(dev);

	return kwdev->kn->net;
}

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind = KEYWAY_LINK_KIND,
	.priv_size = sizeof(struct kw_dev),
	.setup = setup,
	.newlink = newlink,
	.dellink = dellink,
	.get_link_net = get_link_net,
};

struct kw_dev *kw_dev_find(struct kw_net *kn, u32 ifindex)
{
	struct kw_dev *kwdev, *moved = NULL;

	lockdep_assert_held(&kn->lock);
	/* One that was moved away may have the number of one that was not. */
	list_for_each_entry(kwdev, &kn->devices, node) {
		if (kwdev->dev->ifindex != ifindex)
			continue;
		if (net_eq(dev_net(kwdev->dev), kn->net))
			return kwdev;
		moved = kwdev;
	}
	return moved;
}

void kw_device_exit_net(struct kw_net *kn, struct list_head *kill)
{
	struct kw_dev *kwdev, *tmp;

	ASSERT_RTNL();
	list_for_each_entry_safe(kwdev, tmp, &kn->devices, node)
		dellink(kwdev->dev, kill);
}

int kw_device_init(void)
{
	return rtnl_link_register(&link_ops);
}

void kw_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
}

MODULE_ALIAS_RTNL_LINK(KEYWAY_LINK_KIND);
