/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP in TCP, on a connection that the daemon hands over.
 *
 * RFCs: 9329
 */
#ifndef KW_TCP_H
#define KW_TCP_H

#include <linux/types.h>

struct kw_net;
struct kw_stream;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

/* Bytes that a packet grows by on a stream, with TCP's header and its time stamps. */
#define KW_STREAM_OVERHEAD	(20u + 12u + 2u)

/**
 * struct kw_stream_config - what the daemon asks for
 * @fd: its file descriptor of the connection
 * @portid: the netlink socket that IKE messages go to, and with which the stream ends
 * @read: bytes it has read already, from the beginning of a frame on
 * @n_read: how many
 */
struct kw_stream_config {
	int fd;
	u32 portid;
	const void *read;
	unsigned int n_read;
};

/*
 * From now on ESP on the connection is ours, and we hold its file.  0 and its *@id, or -errno with
 * @extack saying why about @attr.  May sleep.
 */
int kw_stream_adopt(struct kw_net *kn, const struct kw_stream_config *config, u32 *id,
		    const struct nlattr *attr, struct netlink_ext_ack *extack);

/* With a reference; NULL: none of this id.  Process context. */
struct kw_stream *kw_stream_get(struct kw_net *kn, u32 id);
void kw_stream_put(struct kw_stream *s);

u32 kw_stream_id(const struct kw_stream *s);
u32 kw_stream_port(const struct kw_stream *s);
struct kw_net *kw_stream_net(const struct kw_stream *s);

/*
 * Ends it, soon: the connection is closed, what waits is dropped.  Any context but hard
 * interrupts.
 */
void kw_stream_end(struct kw_stream *s, int err);

/*
 * Sends the ESP packet @skb, behind which nothing is, and takes it.  False, and not taken: the
 * stream ended, or cannot keep up.  Any context but hard interrupts.
 */
bool kw_stream_send(struct kw_stream *s, struct sk_buff *skb);

/* The same for @len bytes of an IKE message.  0 or -errno.  May sleep. */
int kw_stream_send_ike(struct kw_stream *s, const void *ike, unsigned int len);

/* Ends all streams.  After it returns none of them calls us.  May sleep. */
void kw_stream_release_all(struct kw_net *kn);

/* What the works run on; outlives every namespace's state. */
int kw_stream_init(void);
void kw_stream_exit(void);

/* Netlink sockets that close are noticed; no longer.  Only while every namespace has its state. */
int kw_stream_start(void);
void kw_stream_stop(void);

#endif /* KW_TCP_H */
