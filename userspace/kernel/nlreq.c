// SPDX-License-Identifier: GPL-2.0
/* One netlink request and its answer, with the kernel's own sentence when it refuses. */
#include "kernel/nlreq.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/secret.h"

struct answer {
	int (*reply)(struct nlmsghdr *nlh, void *ctx);
	void *ctx;
	char *why;
	size_t why_len;
	int err;
	bool done;
};

/* The sentence of an extended ack, or NULL. Its attributes follow the error, and the repeated request
 * when the ack is not capped.
 */
static const char *ack_sentence(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	size_t head = NLMSG_ALIGN(sizeof(*e));
	struct nlattr *a;
	int left;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		head += NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
	if ((size_t)nlmsg_datalen(nlh) < head)
		return NULL;
	left = nlmsg_datalen(nlh) - (int)head;
	a = nla_find((struct nlattr *)((uintptr_t)e + head), left, NLMSGERR_ATTR_MSG);
	if (!a || nla_len(a) < 1 || ((const char *)nla_data(a))[nla_len(a) - 1] != '\0')
		return NULL;
	return nla_data(a);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)((uintptr_t)e - NLMSG_HDRLEN);
	struct answer *ans = arg;
	const char *sentence = ack_sentence(nlh);

	(void)from;
	ans->err = e->error;
	ans->done = true;
	if (sentence)
		snprintf(ans->why, ans->why_len, "%s (%s)", sentence, strerror(-e->error));
	else
		snprintf(ans->why, ans->why_len, "the kernel says: %s", strerror(-e->error));
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct answer *)arg)->done = true;
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct answer *ans = arg;

	if (ans->reply && !ans->err) {
		ans->err = ans->reply(nlmsg_hdr(msg), ans->ctx);
		if (ans->err)
			snprintf(ans->why, ans->why_len, "an answer of the kernel makes no sense");
	}
	return NL_OK;
}

int nlreq_open(struct nl_sock **sock, int protocol, char *why, size_t why_len)
{
	const struct timeval patience = { .tv_sec = 5 };
	const int on = 1;
	int err, fd;

	*sock = nl_socket_alloc();
	if (!*sock) {
		snprintf(why, why_len, "no memory for a netlink socket");
		return -ENOMEM;
	}
	err = nl_connect(*sock, protocol);
	if (err < 0) {
		snprintf(why, why_len, "netlink socket: %s", nl_geterror(err));
		nl_socket_free(*sock);
		*sock = NULL;
		return -EIO;
	}
	fd = nl_socket_get_fd(*sock);
	/* Acks that repeat the request would hand its keys back; a kernel that does not answer at all
	 * must not hold the daemon for ever.
	 */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		err = -errno;
		snprintf(why, why_len, "netlink socket options: %s", strerror(-err));
		nl_socket_free(*sock);
		*sock = NULL;
		return err;
	}
	return 0;
}

static int collect(struct nl_sock *sock, struct answer *ans)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err = 0;

	if (!cb)
		return -NLE_NOMEM;
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, ans);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, ans);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_ack, ans);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, ans);
	while (!ans->done) {
		err = nl_recvmsgs(sock, cb);
		if (err < 0)
			break;
	}
	nl_cb_put(cb);
	return ans->done ? 0 : err;
}

int nlreq_do(struct nl_sock *sock, struct nl_msg *msg, int (*reply)(struct nlmsghdr *nlh, void *ctx),
	     void *ctx, char *why, size_t why_len)
{
	struct answer ans = { .reply = reply, .ctx = ctx, .why = why, .why_len = why_len };
	int err;

	why[0] = '\0';
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	err = nl_send_auto(sock, msg);
	kw_wipe(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
	nlmsg_free(msg);
	if (err >= 0)
		err = collect(sock, &ans);
	if (err < 0) {
		snprintf(why, why_len, "netlink: %s", nl_geterror(err));
		return -EIO;
	}
	return ans.err;
}
