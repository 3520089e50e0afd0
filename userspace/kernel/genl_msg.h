/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests of the generic netlink family "keyway" (uapi/linux/keyway.h), built and not sent: pure, so
 * that tests can take them apart.
 *
 * Each returns 0 or -errno: -EMSGSIZE when the message is full, -EINVAL or -E2BIG with a sentence in why
 * when the kernel has no way to say what is asked.
 */
#ifndef KW_KERNEL_GENL_MSG_H
#define KW_KERNEL_GENL_MSG_H

#include "kernel/kernel.h"

struct nl_msg;

/* An empty request with room for any child; NULL without memory. Free with nlmsg_free(), or hand it to
 * nlreq_do(), which also wipes the keys.
 */
struct nl_msg *genl_msg_new(uint16_t family, uint8_t cmd);

/* POLICY { all of a new one }; ifindex 0 = of no device, link 0 = ESP leaves as routing has it. */
int genl_put_policy(struct nl_msg *msg, const struct kernel_policy *policy, uint32_t ifindex, uint32_t link,
		    char why[KERNEL_WHY]);
/* One selector as attribute attr of a policy. */
int genl_put_ts(struct nl_msg *msg, int attr, const struct ts *ts, char why[KERNEL_WHY]);
/* POLICY { ID }. */
int genl_put_policy_id(struct nl_msg *msg, uint32_t policy_id);
/* POLICY { IFINDEX }: all policies of a device. */
int genl_put_ifindex(struct nl_msg *msg, uint32_t ifindex);
/* SA { DIR, ... keys and limits }: one direction of a child, in one protocol. */
int genl_put_sa(struct nl_msg *msg, const struct kernel_child *child, const struct kernel_sa *sa,
		enum kernel_dir dir);
/* SA { PROTO, TIMEOUT }. */
int genl_put_spi_wish(struct nl_msg *msg, uint8_t protocol, uint32_t seconds);
/* SA { PROTO, DIR, SPI, POLICY_ID }: the name of an SA; policy_id is looked at only for an outbound one.
 * local and remote (both or neither) also move it there; with ports of 0 it is plain ESP there.
 */
int genl_put_sa_name(struct nl_msg *msg, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id,
		     uint32_t spi, const struct endpoint *local, const struct endpoint *remote);
/* SA { ..., STREAM }: behind either of the two before, nothing else in between: it runs on the stream; 0: on none. */
int genl_put_sa_stream(struct nl_msg *msg, uint32_t stream);

/* One request about a TCP stream; what is 0 or empty is not said. */
struct genl_stream {
	uint32_t id;
	int fd;			/* said where port is */
	uint32_t port;		/* of the netlink socket that gets its events */
	struct kw_span read, ike;
};
/* As genl_msg_new(), with room for so much more. */
struct nl_msg *genl_stream_msg_new(uint16_t family, uint8_t cmd, size_t room);
/* STREAM { ... }. */
int genl_put_stream(struct nl_msg *msg, const struct genl_stream *s);

#endif
