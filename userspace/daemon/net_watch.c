// SPDX-License-Identifier: GPL-2.0
/*
 * Tells the engine when addresses or routes of this host change, and the devices when links go up or down.
 *
 * What rtnetlink says of the former is not looked at: the engine asks for the source address of each peer
 * anyway. Changes come in bursts, so it is told once, a little after the first.
 */
#include "daemon/net_watch.h"

#include "daemon/daemon.h"
#include "lib/log.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SETTLE_MS 200

static void on_settled(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	if (d->engine && !d->stopping)
		engine_network_changed(d->engine);
}

static void look_for_links(struct daemon *d, const uint8_t *buf, ssize_t len)
{
	const struct nlmsghdr *nlh = (const void *)buf;
	const struct ifinfomsg *link;

	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_type != RTM_NEWLINK || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
			continue;
		link = NLMSG_DATA(nlh);
		/* All flags of a new link have changed. */
		if (link->ifi_change & IFF_UP && link->ifi_change != UINT32_MAX && !d->stopping)
			kernel_genl_link_changed(d->kernel, link->ifi_index, link->ifi_flags & IFF_UP);
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;
	uint8_t buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;

	(void)status;
	(void)events;
	do {
		errno = 0;
		len = recv(d->net_fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len > 0)
			look_for_links(d, buf, len);
	} while (len > 0 || errno == ENOBUFS);
	if (!uv_is_active((uv_handle_t *)&d->net_settle))
		uv_timer_start(&d->net_settle, on_settled, SETTLE_MS, 0);
}

void net_watch_start(struct daemon *d)
{
	struct sockaddr_nl here = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};

	d->net_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (d->net_fd < 0 || bind(d->net_fd, (struct sockaddr *)&here, sizeof(here))) {
		log_warn(NULL, "changes of addresses and routes cannot be watched: %s", strerror(errno));
		if (d->net_fd >= 0)
			close(d->net_fd);
		d->net_fd = -1;
		return;
	}
	uv_poll_init(&d->loop, &d->net_poll, d->net_fd);
	d->net_poll.data = d;
	uv_poll_start(&d->net_poll, UV_READABLE, on_readable);
	uv_timer_init(&d->loop, &d->net_settle);
	d->net_settle.data = d;
}

void net_watch_close(struct daemon *d)
{
	if (!uv_handle_get_data((uv_handle_t *)&d->net_poll))
		return;
	uv_close((uv_handle_t *)&d->net_poll, NULL);
	uv_close((uv_handle_t *)&d->net_settle, NULL);
	close(d->net_fd);
}
