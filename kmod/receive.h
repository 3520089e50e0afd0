/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inbound: from an ESP packet to an inner packet of our device.
 */
#ifndef KW_RECEIVE_H
#define KW_RECEIVE_H

#include <linux/types.h>

struct kw_net;
struct net_device;
struct sk_buff;

/*
 * An ESP packet that came in UDP from port @sport: @skb->data is the ESP header, the outer IP
 * header the network header.  Takes @skb.  BHs off, RCU held.
 */
void kw_receive_udp(struct kw_net *kn, struct sk_buff *skb, u16 sport);

/* The same for one that came in TCP, under an IP header made for it. */
void kw_receive_tcp(struct kw_net *kn, struct sk_buff *skb);

/*
 * Drops what waits for @kn or @dev, either of which may be NULL.  Nobody adds more: its SAs are
 * gone for a grace period.
 */
void kw_receive_flush(const struct kw_net *kn, const struct net_device *dev);

/* Queues and their NAPI; outlive every namespace's state. */
int kw_receive_init(void);
void kw_receive_exit(void);

/* Plain ESP comes to us; no longer.  Only while every namespace has its state. */
int kw_receive_start(void);
void kw_receive_stop(void);

#endif /* KW_RECEIVE_H */
