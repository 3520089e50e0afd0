// SPDX-License-Identifier: GPL-2.0
/*
 * ESP in UDP on the daemon's own socket.
 *
 * RFCs: 3948
 *
 * The socket stays the daemon's: we hold no reference, or a daemon that exits would leave its
 * port in use.  Two things end the adoption: the socket closes and calls on_destroy(), or the
 * namespace or the module goes and kw_udp_release_all() detaches it.  kw_net.sockets_lock
 * decides which of the two comes first.
 *
 * The fields are set by hand, as net/l2tp does, because setup_udp_tunnel_sock() is in a module
 * that a plain insmod would not bring.
 */
#include "udp.h"

#include <linux/file.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6_stubs.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "net.h"
#include "receive.h"

struct kw_socket {
	struct kw_net *kn;
	struct sock *sk;
	struct list_head node;
	struct rcu_head rcu;
};

/* RFC 3948 2.3: one byte 0xFF keeps a NAT's mapping alive, and means nothing else. */
static bool is_keepalive(const struct sk_buff *skb)
{
	return skb->len == sizeof(struct udphdr) + 1 && skb->data[sizeof(struct udphdr)] == 0xff;
}

/* Called with the UDP header at skb->data, BHs off, RCU held.  1: the daemon's; 0: taken. */
static int on_receive(struct sock *sk, struct sk_buff *skb)
{
	struct kw_socket *socket = rcu_dereference_sk_user_data(sk);
	const __be32 *marker;
	u16 sport;

	if (!socket)
		return 1;
	if (!pskb_may_pull(skb, min_t(unsigned int, skb->len, sizeof(struct udphdr) + 8)))
		goto out_drop;
	if (is_keepalive(skb))
		goto out_drop;
	/* RFC 3948 2.2: an SPI is not zero, so zero says IKE.  So does being too short for ESP. */
	if (skb->len < sizeof(struct udphdr) + 8)
		return 1;
	marker = (const __be32 *)(skb->data + sizeof(struct udphdr));
	if (!*marker)
		return 1;
	sport = ntohs(udp_hdr(skb)->source);
	__skb_pull(skb, sizeof(struct udphdr));
	kw_receive_udp(socket->kn, skb, sport);
	return 0;

out_drop:
	kfree_skb(skb);
	return 0;
}

/* The socket closes. */
static void on_destroy(struct sock *sk)
{
	struct kw_socket *socket;
	struct kw_net *kn;

	rcu_read_lock();
	socket = rcu_dereference_sk_user_data(sk);
	if (socket) {
		kn = socket->kn;
		spin_lock_bh(&kn->sockets_lock);
		if (!list_empty(&socket->node)) {
			list_del_init(&socket->node);
			rcu_assign_sk_user_data(sk, NULL);
			kfree_rcu(socket, rcu);
		}
		spin_unlock_bh(&kn->sockets_lock);
	}
	rcu_read_unlock();
}

static int check(struct kw_net *kn, struct sock *sk, const struct nlattr *attr,
		 struct netlink_ext_ack *extack)
{
	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The file descriptor is not a UDP socket.");
		return -EPROTOTYPE;
	}
	if (!net_eq(sock_net(sk), kn->net)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The UDP socket belongs to another network namespace.");
		return -EXDEV;
	}
	if (!inet_sk(sk)->inet_num) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The UDP socket is not bound to a port.");
		return -EINVAL;
	}
	if (sk->sk_user_data || udp_sk(sk)->encap_type) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The UDP socket already serves an encapsulation.");
		return -EBUSY;
	}
	return 0;
}

static void attach(struct kw_socket *socket)
{
	struct sock *sk = socket->sk;

	/* As soon as the type is set packets may come: what they need goes first. */
	rcu_assign_sk_user_data(sk, socket);
	WRITE_ONCE(udp_sk(sk)->encap_destroy, on_destroy);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, on_receive);
	smp_wmb();	/* pairs with the data dependency on encap_type in the UDP layer */
	WRITE_ONCE(udp_sk(sk)->encap_type, UDP_ENCAP_ESPINUDP);
	udp_tunnel_encap_enable(sk);
	spin_lock_bh(&socket->kn->sockets_lock);
	list_add(&socket->node, &socket->kn->sockets);
	spin_unlock_bh(&socket->kn->sockets_lock);
}

int kw_udp_adopt(struct kw_net *kn, int fd, const struct nlattr *attr,
		 struct netlink_ext_ack *extack)
{
	struct kw_socket *state;
	struct socket *sock;
	int ret;

	sock = sockfd_lookup(fd, &ret);
	if (!sock) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The number is not a socket's file descriptor in the caller.");
		return ret;
	}
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state) {
		ret = -ENOMEM;
		goto out_put;
	}
	state->kn = kn;
	state->sk = sock->sk;
	lock_sock(sock->sk);
	ret = check(kn, sock->sk, attr, extack);
	if (!ret)
		attach(state);
	release_sock(sock->sk);
	if (ret)
		kfree(state);

out_put:
	sockfd_put(sock);
	return ret;
}

/* Takes the reference to @sk. */
static void detach(struct sock *sk)
{
	lock_sock(sk);
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_destroy, NULL);
	rcu_assign_sk_user_data(sk, NULL);
	release_sock(sk);
	sock_put(sk);
}

void kw_udp_release_all(struct kw_net *kn)
{
	struct kw_socket *socket;
	bool any = false;
	struct sock *sk;

	for (;;) {
		sk = NULL;
		spin_lock_bh(&kn->sockets_lock);
		socket = list_first_entry_or_null(&kn->sockets, struct kw_socket, node);
		if (socket) {
			/* In the list, so on_destroy() has not run and the socket lives. */
			sk = socket->sk;
			sock_hold(sk);
			list_del_init(&socket->node);
		}
		spin_unlock_bh(&kn->sockets_lock);
		if (!sk)
			break;
		detach(sk);
		kfree_rcu(socket, rcu);
		any = true;
	}
	if (!any)
		return;
	/* No packet is in on_receive() any more ... */
	synchronize_net();
	/* ... and no task that closes a socket is between fetching on_destroy and its end. */
	synchronize_rcu_tasks();
}
