// SPDX-License-Identifier: GPL-2.0
/*
 * The engine's kernel, done by keyway.ko over generic netlink.
 *
 * Two sockets: one for requests, whose answers arrive within sendmsg, one for events, which the loop
 * polls. The family is looked up again after the module was unloaded and loaded.
 */
#include "kernel/genl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/keyway.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/genl_event.h"
#include "kernel/genl_msg.h"
#include "kernel/genl_stats.h"
#include "kernel/link.h"
#include "kernel/nlreq.h"
#include "lib/log.h"

/* An SPI waits this long for its keys: longer than a negotiation may take. */
#define SPI_SECONDS	120
/* The most events handled before others get the loop. */
#define EVENTS_AT_ONCE	100
/* Room for a burst of events, such as 10,000 SAs that reach their soft limit together. */
#define EVENT_BUFFER	(4 << 20)
/* The longest event: an IKE message out of a stream. */
#define EVENT_MAX	(72 << 10)

struct kernel_genl {
	struct nl_sock *req;
	struct nl_sock *events;
	struct link_table *links;
	uint16_t family;	/* 0 = not connected */
	char link[IFNAMSIZ];	/* "" = none */
	uint8_t *event;		/* EVENT_MAX octets: one datagram of events */
};

static const char not_loaded[] = "keyway.ko is not loaded: modprobe keyway (or insmod keyway.ko)";

int kernel_genl_new(struct kernel_genl **out, char why[KERNEL_WHY])
{
	struct kernel_genl *k = calloc(1, sizeof(*k));
	const int size = EVENT_BUFFER;
	int err;

	*out = NULL;
	if (!k) {
		snprintf(why, KERNEL_WHY, "no memory");
		return -ENOMEM;
	}
	k->event = malloc(EVENT_MAX);
	if (!k->event) {
		free(k);
		snprintf(why, KERNEL_WHY, "no memory");
		return -ENOMEM;
	}
	err = nlreq_open(&k->req, NETLINK_GENERIC, why, KERNEL_WHY);
	if (!err)
		err = nlreq_open(&k->events, NETLINK_GENERIC, why, KERNEL_WHY);
	if (!err)
		err = link_table_new(&k->links, why, KERNEL_WHY);
	if (err) {
		kernel_genl_free(k);
		return err;
	}
	if (setsockopt(nl_socket_get_fd(k->events), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		log_debug(NULL, "netlink event buffer: %s", strerror(errno));
	*out = k;
	return 0;
}

void kernel_genl_free(struct kernel_genl *k)
{
	if (!k)
		return;
	link_table_free(k->links);
	nl_socket_free(k->events);
	nl_socket_free(k->req);
	free(k->event);
	free(k);
}

int kernel_genl_connect(struct kernel_genl *k, char why[KERNEL_WHY])
{
	int family, group, err;

	if (k->family)
		return 0;
	family = genl_ctrl_resolve(k->req, KEYWAY_FAMILY_NAME);
	if (family < 0) {
		snprintf(why, KERNEL_WHY, "%s", not_loaded);
		return -ENOTCONN;
	}
	group = genl_ctrl_resolve_grp(k->req, KEYWAY_FAMILY_NAME, KEYWAY_MCGRP_EVENTS);
	err = group < 0 ? group : nl_socket_add_membership(k->events, group);
	if (err < 0) {
		snprintf(why, KERNEL_WHY, "events of keyway.ko: %s", nl_geterror(err));
		return -EIO;
	}
	k->family = (uint16_t)family;
	return 0;
}

void kernel_genl_set_link(struct kernel_genl *k, const char *link)
{
	snprintf(k->link, sizeof(k->link), "%s", link);
}

bool kernel_genl_connected(const struct kernel_genl *k)
{
	return k->family;
}

/* A module that was loaded again has another family number. */
bool kernel_genl_still_connected(struct kernel_genl *k)
{
	if (k->family && genl_ctrl_resolve(k->req, KEYWAY_FAMILY_NAME) != k->family)
		k->family = 0;
	return k->family;
}

/* Sends and frees msg; build_err is what building it returned. */
static int request(struct kernel_genl *k, struct nl_msg *msg, int build_err,
		   int (*reply)(struct nlmsghdr *nlh, void *ctx), void *ctx, char why[KERNEL_WHY])
{
	int err;

	if (build_err) {
		if (build_err == -EMSGSIZE)
			snprintf(why, KERNEL_WHY, "too large for one netlink message");
		kw_wipe(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
		nlmsg_free(msg);
		return build_err;
	}
	err = nlreq_do(k->req, msg, reply, ctx, why, KERNEL_WHY);
	/* Generic netlink says ENOENT both for a family that is gone and for an SA that is. */
	if (err == -ENOENT && !kernel_genl_still_connected(k)) {
		snprintf(why, KERNEL_WHY, "%s", not_loaded);
		err = -ENOTCONN;
	}
	return err;
}

/* A request to be filled, or NULL with *err and why set. */
static struct nl_msg *begin(struct kernel_genl *k, uint8_t cmd, int *err, char why[KERNEL_WHY])
{
	struct nl_msg *msg;

	why[0] = '\0';
	if (!k->family) {
		snprintf(why, KERNEL_WHY, "%s", not_loaded);
		*err = -ENOTCONN;
		return NULL;
	}
	msg = genl_msg_new(k->family, cmd);
	if (!msg) {
		snprintf(why, KERNEL_WHY, "no memory");
		*err = -ENOMEM;
	}
	return msg;
}

/* SPIs and policy ids ------------------------------------------------------------------------ */

/* The attribute attr of the nest in an answer. */
static struct nlattr *find_in_nest(struct nlmsghdr *nlh, int nest, int attr)
{
	struct nlattr *outer;

	if (!genlmsg_valid_hdr(nlh, 0))
		return NULL;
	outer = nla_find(genlmsg_attrdata(genlmsg_hdr(nlh), 0), genlmsg_attrlen(genlmsg_hdr(nlh), 0), nest);
	return outer ? nla_find(nla_data(outer), nla_len(outer), attr) : NULL;
}

static int read_spi(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *a = find_in_nest(nlh, KEYWAY_A_SA, KEYWAY_A_SA_SPI);

	if (!a || nla_len(a) != 4)
		return -EBADMSG;
	*(uint32_t *)ctx = ntohl(nla_get_u32(a));
	return 0;
}

static int read_policy_id(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *a = find_in_nest(nlh, KEYWAY_A_POLICY, KEYWAY_A_POLICY_ID);

	if (!a || nla_len(a) != 4)
		return -EBADMSG;
	*(uint32_t *)ctx = nla_get_u32(a);
	return 0;
}

static int spi_alloc(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t *spi,
		     char why[KERNEL_WHY])
{
	struct nl_msg *msg;
	int err = 0;

	(void)local;
	*spi = 0;
	msg = begin(ctx, KEYWAY_CMD_SPI_ALLOC, &err, why);
	if (!msg)
		return err;
	err = request(ctx, msg, genl_put_spi_wish(msg, protocol, SPI_SECONDS), read_spi, spi, why);
	if (!err && !*spi) {
		snprintf(why, KERNEL_WHY, "the kernel gave no SPI");
		err = -EIO;
	}
	return err;
}

static int sa_remove(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi)
{
	char why[KERNEL_WHY];
	struct nl_msg *msg;
	int err = 0;

	msg = begin(ctx, KEYWAY_CMD_SA_DEL, &err, why);
	if (!msg)
		return err;
	return request(ctx, msg, genl_put_sa_name(msg, protocol, dir, policy_id, spi, NULL, NULL), NULL, NULL, why);
}

/* A larval SA is an inbound one without keys. */
static void spi_free(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t spi)
{
	(void)local;
	sa_remove(ctx, protocol, KERNEL_IN, 0, spi);
}

static int sa_move(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi,
		   const struct endpoint *local, const struct endpoint *remote, uint32_t stream,
		   char why[KERNEL_WHY])
{
	struct nl_msg *msg;
	int err = 0;

	msg = begin(ctx, KEYWAY_CMD_SA_UPDATE, &err, why);
	if (!msg)
		return err;
	err = genl_put_sa_name(msg, protocol, dir, policy_id, spi, local, remote);
	if (!err)
		err = genl_put_sa_stream(msg, stream);
	return request(ctx, msg, err, NULL, NULL, why);
}

/* Policies and children ---------------------------------------------------------------------- */

static int put_new_policy(const struct kernel_genl *k, struct nl_msg *msg, const struct kernel_policy *policy,
			  char why[KERNEL_WHY])
{
	const bool linked = policy->action == KERNEL_PROTECT && k->link[0];
	unsigned int ifindex = policy->device ? if_nametoindex(policy->device) : 0;
	unsigned int link = linked ? if_nametoindex(k->link) : 0;

	if (policy->device && !ifindex) {
		snprintf(why, KERNEL_WHY, "device %s does not exist", policy->device);
		return -ENODEV;
	}
	if (linked && !link) {
		snprintf(why, KERNEL_WHY, "link %s: there is no such interface or VRF", k->link);
		return -ENODEV;
	}
	return genl_put_policy(msg, policy, ifindex, link, why);
}

static int policy_install(void *ctx, const struct kernel_policy *policy, uint32_t *policy_id,
			  char why[KERNEL_WHY])
{
	struct nl_msg *msg;
	int err = 0;

	msg = begin(ctx, KEYWAY_CMD_POLICY_NEW, &err, why);
	if (!msg)
		return err;
	return request(ctx, msg, put_new_policy(ctx, msg, policy, why), read_policy_id, policy_id, why);
}

static int policy_remove(void *ctx, uint32_t policy_id)
{
	char why[KERNEL_WHY];
	struct nl_msg *msg;
	int err = 0;

	msg = begin(ctx, KEYWAY_CMD_POLICY_DEL, &err, why);
	if (!msg)
		return err;
	return request(ctx, msg, genl_put_policy_id(msg, policy_id), NULL, NULL, why);
}

static int child_install(void *ctx, const struct kernel_child *child, uint32_t *policy_id,
			 char why[KERNEL_WHY])
{
	uint32_t id = child->policy_id;
	struct nl_msg *msg;
	int err = 0;

	msg = begin(ctx, KEYWAY_CMD_CHILD_NEW, &err, why);
	if (!msg)
		return err;
	err = child->policy ? put_new_policy(ctx, msg, child->policy, why) : genl_put_policy_id(msg, id);
	/* Inbound first: the peer may send with the new keys as soon as it sees ours. */
	if (!err && child->in_ah)
		err = genl_put_sa(msg, child, child->in_ah, KERNEL_IN);
	if (!err && child->in)
		err = genl_put_sa(msg, child, child->in, KERNEL_IN);
	if (!err && child->out_ah)
		err = genl_put_sa(msg, child, child->out_ah, KERNEL_OUT);
	if (!err && child->out)
		err = genl_put_sa(msg, child, child->out, KERNEL_OUT);
	err = request(ctx, msg, err, read_policy_id, &id, why);
	if (!err && policy_id)
		*policy_id = id;
	return err;
}

/* Counters ----------------------------------------------------------------------------------- */

static uint64_t get_u64(struct nlattr **tb, int attr)
{
	return tb[attr] && nla_len(tb[attr]) == 8 ? nla_get_u64(tb[attr]) : 0;
}

/* Reasons of inbound drops are numbered after those of outbound ones. */
static void sum_drops(struct nlattr *drops, struct kernel_counters *out)
{
	struct nlattr *a;
	int left;

	nla_for_each_nested(a, drops, left) {
		if (nla_len(a) != 8 || nla_type(a) == KEYWAY_A_STATS_PAD)
			continue;
		if (nla_type(a) >= KEYWAY_A_STATS_IN_NO_SA)
			out->in_drops += nla_get_u64(a);
		else
			out->out_drops += nla_get_u64(a);
	}
}

static int read_policy_counters(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *top[KEYWAY_A_MAX + 1], *pol[KEYWAY_A_POLICY_MAX + 1];
	struct kernel_counters *out = ctx;

	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, NULL) < 0 ||
	    !top[KEYWAY_A_POLICY] || nla_parse_nested(pol, KEYWAY_A_POLICY_MAX, top[KEYWAY_A_POLICY], NULL))
		return -EBADMSG;
	out->in_packets = get_u64(pol, KEYWAY_A_POLICY_RX_PACKETS);
	out->in_bytes = get_u64(pol, KEYWAY_A_POLICY_RX_BYTES);
	out->out_packets = get_u64(pol, KEYWAY_A_POLICY_TX_PACKETS);
	out->out_bytes = get_u64(pol, KEYWAY_A_POLICY_TX_BYTES);
	if (pol[KEYWAY_A_POLICY_DROPS])
		sum_drops(pol[KEYWAY_A_POLICY_DROPS], out);
	return 0;
}

/* The policy heard its peer when the inbound SA that heard it last did. */
static int read_last_in(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *top[KEYWAY_A_MAX + 1], *sa[KEYWAY_A_SA_MAX + 1];
	struct kernel_counters *out = ctx;
	uint64_t ms;

	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, NULL) < 0 ||
	    !top[KEYWAY_A_SA] || nla_parse_nested(sa, KEYWAY_A_SA_MAX, top[KEYWAY_A_SA], NULL) ||
	    !sa[KEYWAY_A_SA_DIR])
		return -EBADMSG;
	if (nla_get_u8(sa[KEYWAY_A_SA_DIR]) != KEYWAY_DIR_IN || !get_u64(sa, KEYWAY_A_SA_PACKETS))
		return 0;
	ms = get_u64(sa, KEYWAY_A_SA_UNUSED) * 1000;
	if (ms < out->last_in_ms)
		out->last_in_ms = ms;
	return 0;
}

static int read_sa_state(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *top[KEYWAY_A_MAX + 1], *sa[KEYWAY_A_SA_MAX + 1];
	struct kernel_sa_state *out = ctx;

	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, NULL) < 0 ||
	    !top[KEYWAY_A_SA] || nla_parse_nested(sa, KEYWAY_A_SA_MAX, top[KEYWAY_A_SA], NULL))
		return -EBADMSG;
	out->bytes = get_u64(sa, KEYWAY_A_SA_BYTES);
	out->packets = get_u64(sa, KEYWAY_A_SA_PACKETS);
	out->unused = get_u64(sa, KEYWAY_A_SA_UNUSED);
	return 0;
}

static int sa_state(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi,
		    struct kernel_sa_state *out)
{
	char why[KERNEL_WHY];
	struct nl_msg *msg;
	int err = 0;

	*out = (struct kernel_sa_state){ 0 };
	msg = begin(ctx, KEYWAY_CMD_SA_GET, &err, why);
	if (!msg)
		return err;
	return request(ctx, msg, genl_put_sa_name(msg, protocol, dir, policy_id, spi, NULL, NULL),
		       read_sa_state, out, why);
}

static int put_policy_filter(struct nl_msg *msg, uint32_t policy_id)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest || nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, policy_id))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int counters(void *ctx, uint32_t policy_id, struct kernel_counters *out)
{
	char why[KERNEL_WHY];
	struct nl_msg *msg;
	int err = 0;

	*out = (struct kernel_counters){ .last_in_ms = UINT64_MAX };
	msg = begin(ctx, KEYWAY_CMD_POLICY_GET, &err, why);
	if (!msg)
		return err;
	err = request(ctx, msg, genl_put_policy_id(msg, policy_id), read_policy_counters, out, why);
	if (err)
		return err;
	msg = begin(ctx, KEYWAY_CMD_SA_GET, &err, why);
	if (!msg)
		return err;
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
	return request(ctx, msg, put_policy_filter(msg, policy_id), read_last_in, out, why);
}

/* Devices ------------------------------------------------------------------------------------ */

/*
 * Policies that a daemon left which was killed: the oldest of equal priority is asked first, so they would
 * send with keys that nobody renews. A device without policies drops.
 */
static int flush_policies(struct kernel_genl *k, const char *device, char why[KERNEL_WHY])
{
	unsigned int ifindex = if_nametoindex(device);
	struct nl_msg *msg;
	int err = 0;

	msg = begin(k, KEYWAY_CMD_POLICY_FLUSH, &err, why);
	if (!msg)
		return err;
	return request(k, msg, genl_put_ifindex(msg, ifindex), NULL, NULL, why);
}

static int device_ensure(void *ctx, const char *name, const char *vrf, uint32_t mtu, const struct ip_addr *addr,
			 const uint8_t *bits, unsigned int n_addr, const struct ts_list *routes,
			 const struct ip_addr *peer, char why[KERNEL_WHY])
{
	struct kernel_genl *k = ctx;
	bool found;
	int err = link_ensure(k->links, name, vrf, mtu, addr, bits, n_addr, routes, peer, &found, why, KERNEL_WHY);

	return !err && found ? flush_policies(k, name, why) : err;
}

static int device_remove(void *ctx, const char *name)
{
	struct kernel_genl *k = ctx;

	return link_remove(k->links, name);
}

const struct kernel_ops kernel_genl_ops = {
	.spi_alloc = spi_alloc,
	.spi_free = spi_free,
	.child_install = child_install,
	.policy_install = policy_install,
	.policy_remove = policy_remove,
	.sa_remove = sa_remove,
	.sa_move = sa_move,
	.sa_state = sa_state,
	.counters = counters,
	.device_ensure = device_ensure,
	.device_remove = device_remove,
};

/* What the engine does not ask --------------------------------------------------------------- */

void kernel_genl_link_changed(struct kernel_genl *k, int ifindex, bool up)
{
	link_changed(k->links, ifindex, up);
}

void kernel_genl_lift_guards(struct kernel_genl *k)
{
	link_lift_guards(k->links);
}

void kernel_genl_lift_left(struct kernel_genl *k)
{
	link_lift_left(k->links);
}

int kernel_genl_take_socket(struct kernel_genl *k, int fd, char why[KERNEL_WHY])
{
	struct nl_msg *msg;
	int err = 0;

	msg = begin(k, KEYWAY_CMD_SOCKET_SET, &err, why);
	if (!msg)
		return err;
	return request(k, msg, nla_put_s32(msg, KEYWAY_A_SOCKET_FD, fd) ? -EMSGSIZE : 0, NULL, NULL, why);
}

/* TCP streams -------------------------------------------------------------------------------- */

static int stream_request(struct kernel_genl *k, uint8_t cmd, const struct genl_stream *s,
			  int (*reply)(struct nlmsghdr *nlh, void *ctx), void *ctx, char why[KERNEL_WHY])
{
	struct nl_msg *msg;

	if (!k->family) {
		snprintf(why, KERNEL_WHY, "%s", not_loaded);
		return -ENOTCONN;
	}
	msg = genl_stream_msg_new(k->family, cmd, s->read.len + s->ike.len);
	if (!msg) {
		snprintf(why, KERNEL_WHY, "no memory");
		return -ENOMEM;
	}
	return request(k, msg, genl_put_stream(msg, s), reply, ctx, why);
}

static int read_stream_id(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *a = find_in_nest(nlh, KEYWAY_A_STREAM, KEYWAY_A_STREAM_ID);

	if (!a || nla_len(a) != 4)
		return -EBADMSG;
	*(uint32_t *)ctx = nla_get_u32(a);
	return 0;
}

int kernel_genl_stream_take(struct kernel_genl *k, int fd, struct kw_span read, uint32_t *id,
			    char why[KERNEL_WHY])
{
	const struct genl_stream s = {
		.fd = fd, .port = nl_socket_get_local_port(k->events), .read = read,
	};

	return stream_request(k, KEYWAY_CMD_STREAM_SET, &s, read_stream_id, id, why);
}

int kernel_genl_stream_send(struct kernel_genl *k, uint32_t id, struct kw_span ike)
{
	const struct genl_stream s = { .id = id, .ike = ike };
	char why[KERNEL_WHY];

	return stream_request(k, KEYWAY_CMD_STREAM_SEND, &s, NULL, NULL, why);
}

void kernel_genl_stream_drop(struct kernel_genl *k, uint32_t id)
{
	const struct genl_stream s = { .id = id };
	char why[KERNEL_WHY];

	stream_request(k, KEYWAY_CMD_STREAM_DEL, &s, NULL, NULL, why);
}

int kernel_genl_request(struct kernel_genl *k, const struct kernel_request *r, char why[KERNEL_WHY])
{
	struct nl_msg *msg;
	int err = 0;

	msg = begin(k, r->cmd, &err, why);
	if (!msg)
		return err;
	nlmsg_hdr(msg)->nlmsg_flags |= r->flags;
	err = r->fill ? r->fill(msg, r->ctx, why) : 0;
	return request(k, msg, err, r->reply, r->ctx, why);
}

struct stats_reader {
	void (*emit)(const char *name, uint64_t value, void *ctx);
	void *ctx;
};

static int read_stats(struct nlmsghdr *nlh, void *ctx)
{
	struct nlattr *top[KEYWAY_A_MAX + 1], *stats[KEYWAY_A_STATS_MAX + 1];
	const struct stats_reader *r = ctx;
	int i;

	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_parse(nlh, 0, top, KEYWAY_A_MAX, NULL) < 0 ||
	    !top[KEYWAY_A_STATS] || nla_parse_nested(stats, KEYWAY_A_STATS_MAX, top[KEYWAY_A_STATS], NULL))
		return -EBADMSG;
	for (i = KEYWAY_A_STATS_PAD + 1; i <= KEYWAY_A_STATS_MAX; i++)
		if (genl_stats_name(i))
			r->emit(genl_stats_name(i), get_u64(stats, i), r->ctx);
	return 0;
}

int kernel_genl_stats(struct kernel_genl *k, void (*emit)(const char *name, uint64_t value, void *ctx),
		      void *ctx, char why[KERNEL_WHY])
{
	struct stats_reader r = { .emit = emit, .ctx = ctx };
	struct nl_msg *msg;
	int err = 0;

	msg = begin(k, KEYWAY_CMD_STATS_GET, &err, why);
	if (!msg)
		return err;
	return request(k, msg, 0, read_stats, &r, why);
}

/* Events ------------------------------------------------------------------------------------- */

int kernel_genl_event_fd(const struct kernel_genl *k)
{
	return nl_socket_get_fd(k->events);
}

/* One datagram of the kernel: one or more messages. */
static void read_datagram(struct kernel_genl *k, uint8_t *buf, size_t len,
			  void (*emit)(const struct kernel_event *event, void *ctx), void *ctx)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	struct kernel_event event;
	int left = (int)len;
	int err;

	for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type != k->family)
			continue;
		err = genl_event_parse(nlh, &event);
		if (!err)
			emit(&event, ctx);
		else if (err != -ENOMSG)
			log_warn(NULL, "keyway.ko sent an event that makes no sense (command %u)",
				 genlmsg_hdr(nlh)->cmd);
	}
}

void kernel_genl_read_events(struct kernel_genl *k, void (*emit)(const struct kernel_event *event, void *ctx),
			     void *ctx)
{
	const struct kernel_event resync = { .type = KERNEL_RESYNC };
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t n;
	int i;

	for (i = 0; i < EVENTS_AT_ONCE; i++) {
		from_len = sizeof(from);
		n = recvfrom(nl_socket_get_fd(k->events), k->event, EVENT_MAX, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &from_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			log_warn(NULL, "events of keyway.ko were lost: asking for its state again");
			emit(&resync, ctx);
			continue;
		}
		if (n <= 0)
			return;
		/* Only the kernel's own port is 0: no process can pretend to be it. */
		if (from_len == sizeof(from) && from.nl_pid == 0)
			read_datagram(k, k->event, (size_t)n, emit, ctx);
	}
}
