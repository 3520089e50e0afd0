// SPDX-License-Identifier: GPL-2.0
/*
 * Bring-up in order, unwinding in reverse, and the state of a network namespace.
 */
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <uapi/linux/keyway.h>

#include "ah.h"
#include "crypto.h"
#include "device.h"
#include "guard.h"
#include "hook.h"
#include "mib.h"
#include "net.h"
#include "netlink.h"
#include "policy.h"
#include "receive.h"
#include "sa.h"
#include "tcp.h"
#include "udp.h"
#include "watch.h"

static unsigned int net_id;
struct workqueue_struct *kw_wq;

struct kw_net *kw_net(const struct net *net)
{
	return net_generic(net, net_id);
}

static int __net_init init_net_state(struct net *net)
{
	struct kw_net *kn = kw_net(net);
	int ret;

	kn->net = net;
	mutex_init(&kn->lock);
	spin_lock_init(&kn->sockets_lock);
	INIT_LIST_HEAD(&kn->devices);
	INIT_LIST_HEAD(&kn->sockets);
	xa_init_flags(&kn->streams, XA_FLAGS_ALLOC1);
	init_llist_head(&kn->reapable);
	INIT_WORK(&kn->reap, kw_sa_reap);
	idr_init(&kn->policies);
	kw_spd_init(&kn->spd);
	kn->mib = alloc_percpu(struct kw_mib);
	if (!kn->mib)
		return -ENOMEM;
	ret = kw_sadb_init(&kn->sadb);
	if (ret)
		free_percpu(kn->mib);
	return ret;
}

/* All devices of the namespace, and those that were created in it, are gone. */
static void __net_exit exit_net_state(struct net *net)
{
	struct kw_net *kn = kw_net(net);
	struct kw_policy *policy;
	int id;

	mutex_lock(&kn->lock);
	idr_for_each_entry(&kn->policies, policy, id)
		kw_policy_remove(kn, policy);
	/* What is left has no policy: SPIs that were allocated and not used. */
	kw_sa_flush(kn, NULL);
	mutex_unlock(&kn->lock);
	kw_watch_end(kn, 0);
	kw_udp_release_all(kn);
	kw_stream_release_all(kn);
	/* Readers may have found an SA before, and may queue its packet or stop it ... */
	synchronize_net();
	kw_receive_flush(kn, NULL);
	/* ... and the reaper drops the references they took. */
	flush_work(&kn->reap);
	kw_sadb_exit(&kn->sadb);
	kw_spd_exit(&kn->spd);
	idr_destroy(&kn->policies);
	xa_destroy(&kn->streams);
	free_percpu(kn->mib);
}

static struct pernet_operations state_ops = {
	.init = init_net_state,
	.exit = exit_net_state,
	.id = &net_id,
	.size = sizeof(struct kw_net),
};

static void __net_exit exit_devices(struct list_head *nets)
{
	struct net *net;
	LIST_HEAD(kill);

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		kw_device_exit_net(kw_net(net), &kill);
	unregister_netdevice_many(&kill);
	rtnl_unlock();
}

/* Exits of devices run before those of subsystems: no packet comes once the state goes. */
static struct pernet_operations device_ops = {
	.exit_batch = exit_devices,
};

static int __init keyway_init(void)
{
	int ret;

	ret = -ENOMEM;
	kw_wq = alloc_workqueue("keyway", WQ_MEM_RECLAIM, 0);
	if (!kw_wq)
		return ret;
	ret = kw_crypto_init();
	if (ret)
		goto out_wq;
	ret = kw_ah_init();
	if (ret)
		goto out_crypto;
	ret = kw_spd_cache_init();
	if (ret)
		goto out_ah;
	ret = kw_hook_init();
	if (ret)
		goto out_cache;
	ret = kw_receive_init();
	if (ret)
		goto out_hook;
	ret = kw_stream_init();
	if (ret)
		goto out_receive;
	ret = register_pernet_subsys(&state_ops);
	if (ret)
		goto out_stream;
	ret = register_pernet_device(&device_ops);
	if (ret)
		goto out_state;
	ret = kw_guard_init();
	if (ret)
		goto out_devices;
	ret = kw_device_init();
	if (ret)
		goto out_guard;
	ret = kw_receive_start();
	if (ret)
		goto out_device;
	ret = kw_watch_init();
	if (ret)
		goto out_start;
	ret = kw_stream_start();
	if (ret)
		goto out_watch;
	ret = kw_netlink_init();
	if (ret)
		goto out_notice;
	return 0;

out_notice:
	kw_stream_stop();
out_watch:
	kw_watch_exit();
out_start:
	kw_receive_stop();
out_device:
	kw_device_exit();
out_guard:
	kw_guard_exit();
out_devices:
	unregister_pernet_device(&device_ops);
out_state:
	unregister_pernet_subsys(&state_ops);
out_stream:
	kw_stream_exit();
out_receive:
	kw_receive_exit();
out_hook:
	kw_hook_exit();
out_cache:
	kw_spd_cache_exit();
out_ah:
	kw_ah_exit();
out_crypto:
	kw_crypto_exit();
out_wq:
	destroy_workqueue(kw_wq);
	return ret;
}

static void __exit keyway_exit(void)
{
	kw_netlink_exit();
	kw_stream_stop();
	kw_watch_exit();
	kw_receive_stop();
	kw_device_exit();
	unregister_pernet_device(&device_ops);
	kw_guard_exit();
	unregister_pernet_subsys(&state_ops);
	kw_stream_exit();
	kw_receive_exit();
	/*
	 * SAs are freed by work after a grace period, and put the AH SAs around them, which put
	 * their policies; each of these is freed so too.
	 */
	rcu_barrier();
	flush_workqueue(kw_wq);
	rcu_barrier();
	flush_workqueue(kw_wq);
	rcu_barrier();
	destroy_workqueue(kw_wq);
	kw_hook_exit();
	kw_spd_cache_exit();
	kw_ah_exit();
	kw_crypto_exit();
}

module_init(keyway_init);
module_exit(keyway_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IPsec data path: ESP tunnels as network devices");
MODULE_ALIAS_GENL_FAMILY(KEYWAY_FAMILY_NAME);
MODULE_VERSION("0.1");
