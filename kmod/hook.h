/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other attachment: policies without device, met by every packet of a namespace at netfilter
 * hooks, and the drop of plaintext where only protected packets may come.
 *
 * RFCs: 4301 sections 5.1 and 5.2
 */
#ifndef KW_HOOK_H
#define KW_HOOK_H

#include <linux/types.h>

struct kw_net;
struct kw_policy;
struct sk_buff;

/*
 * Under the kw_net lock: one more, or one less, policy without device.  The hooks are there while
 * there is one.  0 or -ENOMEM.
 */
int kw_hook_get(struct kw_net *kn);
void kw_hook_put(struct kw_net *kn);

/* Marks a packet that came out of an SA of a policy without device.  RCU held, BHs off. */
void kw_hook_mark_opened(struct sk_buff *skb);

int kw_hook_init(void);
void kw_hook_exit(void);

#endif /* KW_HOOK_H */
