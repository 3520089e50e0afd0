// SPDX-License-Identifier: GPL-2.0
/*
 * The UDP sockets of IKE: 500 and 4500, IPv4 and IPv6, bound to no address.
 *
 * RFCs: 7296 §2.23, 3948 §2.2 and §2.3.
 */
#include "net/udp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/log.h"

/* The most datagrams read before timers and other sockets get their turn. */
#define AT_ONCE		100
/* Room for a burst of requests: the default holds about a hundred small datagrams. */
#define RECEIVE_BUFFER	(1 << 20)

struct udp {
	struct {
		int fd;
		enum udp_kind kind;
		uint8_t family;
		uint16_t port;
	} s[UDP_SOCKETS];
	char link[IFNAMSIZ];	/* "" = any */
	uint8_t buf[65536];	/* larger than any datagram */
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* The destination address of what arrives is wanted, and IKE messages may be fragmented on their way:
 * RFC 7296 §2 relies on it before RFC 7383 fragments are agreed on.
 */
static int set_options(int fd, uint8_t family)
{
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	if (family == AF_INET)
		return set(fd, IPPROTO_IP, IP_PKTINFO, 1) ||
		       set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) || set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) ||
	       set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

/* A VRF's name does for all the interfaces in it, and for its routing table. */
static int bind_link(int fd, const char *link)
{
	return link[0] ? setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)) : 0;
}

/* A bound socket, -EAFNOSUPPORT when the machine has no such family, or -errno. */
static int open_bound(uint8_t family, uint16_t port, const char *link)
{
	const struct endpoint any = { .addr = { .family = family }, .port = port };
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&any, &ss);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int err;

	if (fd < 0)
		return -errno;
	/* No SO_REUSEADDR: two IKE daemons would each get half of the messages. */
	if (set_options(fd, family) || bind_link(fd, link) || bind(fd, (struct sockaddr *)&ss, len)) {
		err = -errno;
		close(fd);
		return err == -EADDRNOTAVAIL && family == AF_INET6 ? -EAFNOSUPPORT : err;
	}
	return fd;
}

static void say_why(char why[UDP_WHY], uint16_t port, const char *link, int err)
{
	if (err == -EADDRINUSE)
		snprintf(why, UDP_WHY, "UDP port %u is in use: is another IKE daemon running? (ss -ulpn shows it)",
			 port);
	else if (err == -EACCES)
		snprintf(why, UDP_WHY, "UDP port %u: keywayd must start as root or with CAP_NET_BIND_SERVICE", port);
	else if (err == -ENODEV)
		snprintf(why, UDP_WHY, "link %s: there is no such interface or VRF", link);
	else
		snprintf(why, UDP_WHY, "UDP port %u: %s", port, strerror(-err));
}

int udp_open(struct udp **out, uint16_t ike_port, uint16_t natt_port, const char *link, char why[UDP_WHY])
{
	struct udp *udp = calloc(1, sizeof(*udp));
	unsigned int i;

	*out = NULL;
	if (!udp) {
		snprintf(why, UDP_WHY, "no memory");
		return -ENOMEM;
	}
	snprintf(udp->link, sizeof(udp->link), "%s", link);
	for (i = 0; i < UDP_SOCKETS; i++)
		udp->s[i].fd = -1;
	for (i = 0; i < UDP_SOCKETS; i++) {
		int fd;

		udp->s[i].kind = i & 1 ? UDP_NATT : UDP_IKE;
		udp->s[i].family = i & 2 ? AF_INET6 : AF_INET;
		udp->s[i].port = i & 1 ? natt_port : ike_port;
		fd = open_bound(udp->s[i].family, udp->s[i].port, udp->link);
		if (fd == -EAFNOSUPPORT && udp->s[i].family == AF_INET6)
			continue;
		if (fd < 0) {
			say_why(why, udp->s[i].port, udp->link, fd);
			udp_close(udp);
			return fd;
		}
		udp->s[i].fd = fd;
	}
	*out = udp;
	return 0;
}

void udp_close(struct udp *udp)
{
	unsigned int i;

	if (!udp)
		return;
	for (i = 0; i < UDP_SOCKETS; i++)
		if (udp->s[i].fd >= 0)
			close(udp->s[i].fd);
	free(udp);
}

int udp_fd(const struct udp *udp, unsigned int i)
{
	return udp->s[i].fd;
}

enum udp_kind udp_kind(const struct udp *udp, unsigned int i)
{
	return udp->s[i].kind;
}

/* Receiving ---------------------------------------------------------------------------------- */

enum udp_content udp_natt_content(struct kw_span datagram, struct kw_span *ike)
{
	static const uint8_t marker[4];

	*ike = KW_SPAN(NULL, 0);
	if (datagram.len == 1 && datagram.p[0] == 0xff)
		return UDP_CONTENT_KEEPALIVE;
	if (datagram.len < sizeof(marker) || memcmp(datagram.p, marker, sizeof(marker)) != 0)
		return UDP_CONTENT_ESP;
	*ike = KW_SPAN(datagram.p + sizeof(marker), datagram.len - sizeof(marker));
	return UDP_CONTENT_IKE;
}

/* Where a datagram was sent to; unset when the kernel did not say. */
static struct ip_addr destination(struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return ip_addr_from_bytes(AF_INET, (const uint8_t *)&info.ipi_addr);
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			return ip_addr_from_bytes(AF_INET6, (const uint8_t *)&info.ipi6_addr);
		}
	}
	return (struct ip_addr){ 0 };
}

/* One datagram: its length or -errno. */
static ssize_t receive(struct udp *udp, unsigned int i, struct endpoint *local, struct endpoint *remote)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_storage from;
	struct iovec iov = { .iov_base = udp->buf, .iov_len = sizeof(udp->buf) };
	struct msghdr m = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(udp->s[i].fd, &m, 0);

	if (n < 0)
		return -errno;
	local->addr = destination(&m);
	local->port = udp->s[i].port;
	if (endpoint_from_sockaddr(remote, (struct sockaddr *)&from))
		return -EINTR;
	return n;
}

void udp_read(struct udp *udp, unsigned int i,
	      void (*input)(void *ctx, enum udp_kind kind, const struct endpoint *local,
			    const struct endpoint *remote, struct kw_span bytes),
	      void *ctx)
{
	struct endpoint local, remote;
	struct kw_span bytes;
	unsigned int done;
	ssize_t n;

	for (done = 0; done < AT_ONCE; done++) {
		n = receive(udp, i, &local, &remote);
		if (n == -EAGAIN)
			return;
		if (n < 0)
			continue;	/* an ICMP error for an earlier one, or a signal */
		bytes = KW_SPAN(udp->buf, (size_t)n);
		/* ESP gets here only while the module has not taken the socket. */
		if (udp->s[i].kind == UDP_NATT && udp_natt_content(bytes, &bytes) != UDP_CONTENT_IKE)
			continue;
		input(ctx, udp->s[i].kind, &local, &remote, bytes);
	}
}

/* Sending ------------------------------------------------------------------------------------ */

static int fd_for(const struct udp *udp, enum udp_kind kind, uint8_t family)
{
	unsigned int i;

	for (i = 0; i < UDP_SOCKETS; i++)
		if (udp->s[i].kind == kind && udp->s[i].family == family)
			return udp->s[i].fd;
	return -1;
}

/* Asks for a source address (RFC 3542 §6.1, ip(7)). Returns the length of the control data. */
static size_t put_source(struct cmsghdr *c, const struct ip_addr *local)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { 0 };

	if (local->family == AF_INET) {
		memcpy(&v4.ipi_spec_dst, local->b, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(v4));
		memcpy(CMSG_DATA(c), &v4, sizeof(v4));
		return CMSG_SPACE(sizeof(v4));
	}
	memcpy(&v6.ipi6_addr, local->b, 16);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(v6));
	memcpy(CMSG_DATA(c), &v6, sizeof(v6));
	return CMSG_SPACE(sizeof(v6));
}

static int send_parts(const struct udp *udp, enum udp_kind kind, const struct ip_addr *local,
		      const struct endpoint *remote, struct iovec *iov, size_t n_iov)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct sockaddr_storage to;
	struct msghdr m = { .msg_name = &to, .msg_iov = iov, .msg_iovlen = n_iov };
	int fd = fd_for(udp, kind, remote->addr.family);
	ssize_t n;

	if (fd < 0)
		return -EAFNOSUPPORT;
	m.msg_namelen = endpoint_to_sockaddr(remote, &to);
	if (ip_addr_is_set(local) && !ip_addr_is_any(local)) {
		if (local->family != remote->addr.family)
			return -EAFNOSUPPORT;
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		m.msg_controllen = put_source(&control.align, local);
	}
	do
		n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* iovec wants a pointer to what may be written, sendmsg() only reads. */
static struct iovec part(const void *p, size_t len)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = len };
}

int udp_send(struct udp *udp, enum udp_kind kind, const struct endpoint *local, const struct endpoint *remote,
	     struct kw_span datagram)
{
	static const uint8_t marker[4];
	struct iovec iov[2] = { part(marker, sizeof(marker)), part(datagram.p, datagram.len) };

	if (kind == UDP_NATT)
		return send_parts(udp, kind, &local->addr, remote, iov, 2);
	return send_parts(udp, kind, &local->addr, remote, iov + 1, 1);
}

void udp_keepalive(struct udp *udp, const struct endpoint *local, const struct endpoint *remote)
{
	static const uint8_t ff = 0xff;
	struct iovec iov = part(&ff, 1);
	int err = send_parts(udp, UDP_NATT, &local->addr, remote, &iov, 1);

	if (err)
		log_debug(NULL, "keepalive: %s", strerror(-err));
}

int udp_source(const struct udp *udp, const struct ip_addr *remote, struct ip_addr *local)
{
	/* Connecting a UDP socket sends nothing; it asks the routing table. */
	const struct endpoint to = { .addr = *remote, .port = 500 };
	struct endpoint from = { 0 };
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&to, &ss);
	int fd = socket(remote->family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (bind_link(fd, udp->link) || connect(fd, (struct sockaddr *)&ss, len))
		err = -errno;
	len = sizeof(ss);
	if (!err && getsockname(fd, (struct sockaddr *)&ss, &len))
		err = -errno;
	if (!err)
		err = endpoint_from_sockaddr(&from, (struct sockaddr *)&ss);
	close(fd);
	if (!err)
		*local = from.addr;
	return err;
}
