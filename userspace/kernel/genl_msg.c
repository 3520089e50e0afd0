// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the generic netlink family "keyway", built and not sent.
 *
 * RFCs: 7296 §3.13.1 (traffic selectors, OPAQUE ports), 3948 (UDP ports of an SA).
 */
#include "kernel/genl_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdio.h>

#include "wire/isakmp.h"

/* A policy with 64 IPv6 selectors takes about 4.5 kB, an SA with the longest keys 500 octets; a child has up to 4. */
#define ROOM 8192

struct nl_msg *genl_msg_new(uint16_t family, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(ROOM);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST, cmd,
				KEYWAY_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int put_addr(struct nl_msg *msg, int attr, const struct ip_addr *a)
{
	return nla_put(msg, attr, (int)ip_addr_len(a), a->b);
}

int genl_put_ts(struct nl_msg *msg, int attr, const struct ts *ts, char why[KERNEL_WHY])
{
	struct nlattr *nest;

	if (ts->port_first > ts->port_last && (ts->port_first != 65535 || ts->port_last != 0)) {
		snprintf(why, KERNEL_WHY, "a traffic selector's last port is below its first, which is not how OPAQUE is written");
		return -EINVAL;
	}
	nest = nla_nest_start(msg, attr);
	if (!nest || put_addr(msg, KEYWAY_A_TS_START, &ts->range.first) ||
	    put_addr(msg, KEYWAY_A_TS_END, &ts->range.last) ||
	    nla_put_u8(msg, KEYWAY_A_TS_PROTO, ts->protocol) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_START, ts->port_first) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_END, ts->port_last))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_ts_list(struct nl_msg *msg, int attr, const struct ts_list *list, char why[KERNEL_WHY])
{
	unsigned int i;
	int err = 0;

	if (list->n > KEYWAY_TS_MAX) {
		snprintf(why, KERNEL_WHY, "%u traffic selectors on one side; the kernel takes %d", list->n,
			 KEYWAY_TS_MAX);
		return -E2BIG;
	}
	for (i = 0; i < list->n && !err; i++)
		err = genl_put_ts(msg, attr, &list->ts[i], why);
	return err;
}

static uint32_t handling_flags(const struct handling *h)
{
	return (h->no_ecn ? KEYWAY_POLICY_F_NO_ECN : 0) | (h->ttl_copied ? KEYWAY_POLICY_F_COPY_TTL : 0) |
	       (h->no_mss_clamp ? KEYWAY_POLICY_F_NO_MSS_CLAMP : 0) |
	       (h->fragment_after ? KEYWAY_POLICY_F_FRAG_OUTER : 0) |
	       (h->flow_label_copied ? KEYWAY_POLICY_F_COPY_FLOW_LABEL : 0) |
	       (h->no_icmp ? KEYWAY_POLICY_F_NO_ICMP : 0) | (h->plain_in ? KEYWAY_POLICY_F_PLAIN_IN : 0);
}

_Static_assert((int)HANDLING_PFP_LOCAL == KEYWAY_PFP_LOCAL && (int)HANDLING_PFP_REMOTE == KEYWAY_PFP_REMOTE &&
	       (int)HANDLING_PFP_PROTO == KEYWAY_PFP_PROTO &&
	       (int)HANDLING_PFP_LOCAL_PORT == KEYWAY_PFP_LOCAL_PORT &&
	       (int)HANDLING_PFP_REMOTE_PORT == KEYWAY_PFP_REMOTE_PORT, "the kernel counts them so, too");

static int put_handling(struct nl_msg *msg, const struct handling *h)
{
	static const uint8_t df[] = {
		[HANDLING_DF_COPY] = KEYWAY_DF_COPY, [HANDLING_DF_SET] = KEYWAY_DF_SET,
		[HANDLING_DF_CLEAR] = KEYWAY_DF_CLEAR,
	};

	if (nla_put_u32(msg, KEYWAY_A_POLICY_FLAGS, handling_flags(h)) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_DF, df[h->df]) || nla_put_u8(msg, KEYWAY_A_POLICY_TTL, h->ttl) ||
	    (h->dscp_fixed && nla_put_u8(msg, KEYWAY_A_POLICY_DSCP, h->dscp)) ||
	    (h->mark_mask && (nla_put_u32(msg, KEYWAY_A_POLICY_MARK, h->mark) ||
			      nla_put_u32(msg, KEYWAY_A_POLICY_MARK_MASK, h->mark_mask))) ||
	    (h->pfp && nla_put_u32(msg, KEYWAY_A_POLICY_PFP, h->pfp)) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_SET_MARK, h->set_mark))
		return -EMSGSIZE;
	return 0;
}

static uint8_t uapi_action(enum kernel_action action)
{
	switch (action) {
	case KERNEL_PROTECT:
		return KEYWAY_ACTION_PROTECT;
	case KERNEL_BYPASS:
		return KEYWAY_ACTION_BYPASS;
	case KERNEL_DISCARD:
		break;
	}
	return KEYWAY_ACTION_DISCARD;
}

int genl_put_policy(struct nl_msg *msg, const struct kernel_policy *policy, uint32_t ifindex, uint32_t link,
		    char why[KERNEL_WHY])
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	int err;

	if (!nest || nla_put_u64(msg, KEYWAY_A_POLICY_COOKIE, policy->cookie) ||
	    (ifindex && nla_put_u32(msg, KEYWAY_A_POLICY_IFINDEX, ifindex)) ||
	    (link && nla_put_u32(msg, KEYWAY_A_POLICY_LINK, link)) ||
	    nla_put_u32(msg, KEYWAY_A_POLICY_PRIORITY, policy->priority) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_ACTION, uapi_action(policy->action)) ||
	    nla_put_u8(msg, KEYWAY_A_POLICY_MODE, policy->transport ? KEYWAY_MODE_TRANSPORT : KEYWAY_MODE_TUNNEL))
		return -EMSGSIZE;
	if (ip_addr_is_set(&policy->local) && !ip_addr_is_any(&policy->local) &&
	    put_addr(msg, KEYWAY_A_POLICY_LOCAL, &policy->local))
		return -EMSGSIZE;
	if (ip_addr_is_set(&policy->remote) && put_addr(msg, KEYWAY_A_POLICY_REMOTE, &policy->remote))
		return -EMSGSIZE;
	err = policy->handling ? put_handling(msg, policy->handling) : 0;
	if (!err)
		err = put_ts_list(msg, KEYWAY_A_POLICY_TS_LOCAL, policy->local_ts, why);
	if (!err)
		err = put_ts_list(msg, KEYWAY_A_POLICY_TS_REMOTE, policy->remote_ts, why);
	if (!err)
		nla_nest_end(msg, nest);
	return err;
}

static int put_policy_u32(struct nl_msg *msg, int attr, uint32_t value)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_POLICY);

	if (!nest || nla_put_u32(msg, attr, value))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int genl_put_policy_id(struct nl_msg *msg, uint32_t policy_id)
{
	return put_policy_u32(msg, KEYWAY_A_POLICY_ID, policy_id);
}

int genl_put_ifindex(struct nl_msg *msg, uint32_t ifindex)
{
	return put_policy_u32(msg, KEYWAY_A_POLICY_IFINDEX, ifindex);
}

static uint8_t uapi_dir(enum kernel_dir dir)
{
	return dir == KERNEL_OUT ? KEYWAY_DIR_OUT : KEYWAY_DIR_IN;
}

static uint8_t uapi_protocol(uint8_t protocol)
{
	return protocol == PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
}

static int put_key(struct nl_msg *msg, int attr, const struct kw_secret *key)
{
	struct kw_span k;

	if (!key || !key->len)
		return 0;
	k = kw_secret_expose(key);
	return nla_put(msg, attr, (int)k.len, k.p);
}

static int put_algorithms(struct nl_msg *msg, const struct kernel_sa *sa)
{
	if ((sa->encr && nla_put_u16(msg, KEYWAY_A_SA_ENCR, sa->encr)) ||
	    (sa->encr_key_bits && nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, sa->encr_key_bits)) ||
	    put_key(msg, KEYWAY_A_SA_ENCR_KEY, sa->encr_key))
		return -EMSGSIZE;
	if (sa->integ && (nla_put_u16(msg, KEYWAY_A_SA_INTEG, sa->integ) ||
			  put_key(msg, KEYWAY_A_SA_INTEG_KEY, sa->integ_key)))
		return -EMSGSIZE;
	return 0;
}

/* Limits of zero are no limits, and the kernel's default. */
static int put_limits(struct nl_msg *msg, const struct kernel_sa *sa)
{
	const struct {
		int attr;
		uint64_t value;
	} limit[] = {
		{ KEYWAY_A_SA_SOFT_BYTES, sa->soft_bytes },
		{ KEYWAY_A_SA_HARD_BYTES, sa->hard_bytes },
		{ KEYWAY_A_SA_SOFT_PACKETS, sa->soft_packets },
		{ KEYWAY_A_SA_HARD_PACKETS, sa->hard_packets },
		{ KEYWAY_A_SA_HARD_SECONDS, sa->hard_seconds },
		{ KEYWAY_A_SA_IDLE_SECONDS, sa->idle_seconds },
	};
	size_t i;

	for (i = 0; i < sizeof(limit) / sizeof(limit[0]); i++)
		if (limit[i].value && nla_put_u64(msg, limit[i].attr, limit[i].value))
			return -EMSGSIZE;
	return 0;
}

static uint32_t sa_flags(const struct kernel_sa *sa, enum kernel_dir dir)
{
	return (sa->esn ? KEYWAY_SA_F_ESN : 0) |
	       (dir == KERNEL_IN && sa->verify_csum ? KEYWAY_SA_F_VERIFY_CSUM : 0);
}

int genl_put_sa(struct nl_msg *msg, const struct kernel_child *child, const struct kernel_sa *sa,
		enum kernel_dir dir)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest || nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(sa->spi)) ||
	    nla_put_u8(msg, KEYWAY_A_SA_PROTO, uapi_protocol(sa->protocol)) ||
	    nla_put_u8(msg, KEYWAY_A_SA_DIR, uapi_dir(dir)) ||
	    (sa->ah_spi && nla_put_u32(msg, KEYWAY_A_SA_AH_SPI, htonl(sa->ah_spi))) ||
	    nla_put_u64(msg, KEYWAY_A_SA_COOKIE, child->sa_cookie) ||
	    nla_put_u32(msg, KEYWAY_A_SA_FLAGS, sa_flags(sa, dir)) ||
	    put_addr(msg, KEYWAY_A_SA_LOCAL, &child->local) ||
	    put_addr(msg, KEYWAY_A_SA_REMOTE, &child->remote))
		return -EMSGSIZE;
	if (child->encap && (nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, child->encap_local_port) ||
			     nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, child->encap_remote_port)))
		return -EMSGSIZE;
	if (child->stream && nla_put_u32(msg, KEYWAY_A_SA_STREAM, child->stream))
		return -EMSGSIZE;
	if (dir == KERNEL_IN && nla_put_u32(msg, KEYWAY_A_SA_REPLAY_WINDOW, sa->replay_window))
		return -EMSGSIZE;
	if (dir == KERNEL_OUT && sa->dscps && nla_put_u64(msg, KEYWAY_A_SA_DSCPS, sa->dscps))
		return -EMSGSIZE;
	if (dir == KERNEL_OUT && sa->tfc && nla_put_u16(msg, KEYWAY_A_SA_TFC, sa->tfc))
		return -EMSGSIZE;
	if (put_algorithms(msg, sa) || put_limits(msg, sa))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int genl_put_sa_stream(struct nl_msg *msg, uint32_t stream)
{
	struct nlattr *nest = nla_find(genlmsg_attrdata(genlmsg_hdr(nlmsg_hdr(msg)), 0),
				       genlmsg_attrlen(genlmsg_hdr(nlmsg_hdr(msg)), 0), KEYWAY_A_SA);

	/* The nest is the message's last attribute, so it may grow. */
	if (!nest || nla_put_u32(msg, KEYWAY_A_SA_STREAM, stream))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

struct nl_msg *genl_stream_msg_new(uint16_t family, uint8_t cmd, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(ROOM + room);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST, cmd,
				KEYWAY_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

int genl_put_stream(struct nl_msg *msg, const struct genl_stream *s)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_STREAM);

	if (!nest || (s->id && nla_put_u32(msg, KEYWAY_A_STREAM_ID, s->id)) ||
	    (s->port && (nla_put_s32(msg, KEYWAY_A_STREAM_FD, s->fd) ||
			 nla_put_u32(msg, KEYWAY_A_STREAM_PORT, s->port))) ||
	    (s->read.len && nla_put(msg, KEYWAY_A_STREAM_READ, (int)s->read.len, s->read.p)) ||
	    (s->ike.len && nla_put(msg, KEYWAY_A_STREAM_IKE, (int)s->ike.len, s->ike.p)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int genl_put_spi_wish(struct nl_msg *msg, uint8_t protocol, uint32_t seconds)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest || nla_put_u8(msg, KEYWAY_A_SA_PROTO, uapi_protocol(protocol)) ||
	    nla_put_u32(msg, KEYWAY_A_SA_TIMEOUT, seconds))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int genl_put_sa_name(struct nl_msg *msg, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id,
		     uint32_t spi, const struct endpoint *local, const struct endpoint *remote)
{
	struct nlattr *nest = nla_nest_start(msg, KEYWAY_A_SA);

	if (!nest || nla_put_u8(msg, KEYWAY_A_SA_PROTO, uapi_protocol(protocol)) ||
	    nla_put_u8(msg, KEYWAY_A_SA_DIR, uapi_dir(dir)) ||
	    nla_put_u32(msg, KEYWAY_A_SA_SPI, htonl(spi)))
		return -EMSGSIZE;
	if (dir == KERNEL_OUT && nla_put_u32(msg, KEYWAY_A_SA_POLICY_ID, policy_id))
		return -EMSGSIZE;
	if (local && (put_addr(msg, KEYWAY_A_SA_LOCAL, &local->addr) ||
		      put_addr(msg, KEYWAY_A_SA_REMOTE, &remote->addr)))
		return -EMSGSIZE;
	if (local && (nla_put_u16(msg, KEYWAY_A_SA_UDP_LOCAL, local->port) ||
				     nla_put_u16(msg, KEYWAY_A_SA_UDP_REMOTE, remote->port)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
