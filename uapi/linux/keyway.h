/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * The line between keyway.ko and its daemon: generic netlink family "keyway".
 *
 * Documentation/netlink/specs/keyway.yaml describes every command and attribute;
 * scripts/check-netlink.py holds that file, this one and the kernel's tables together.
 *
 * Two nouns.  A policy (RFC 4301 SPD entry) is long-lived: selectors, action, device,
 * totals.  An SA (RFC 4301 SAD entry) is short-lived and one-way: SPI, keys, sequence
 * numbers, limits.  An inbound SA is named by its protocol and SPI, an outbound one by
 * its policy as well.  A child is a policy and its SAs, installed entirely or not at all.
 *
 *   spi-alloc     { SA { PROTO, TIMEOUT? } }                      -> { SA { SPI } }
 *   policy-new    { POLICY { ... } }                              -> { POLICY { ID } }
 *   policy-del    { POLICY { ID } }          with its SAs
 *   policy-get    { POLICY { ID } } | dump                        -> { POLICY { ... } }
 *   policy-flush  { POLICY { IFINDEX? } }
 *   sa-new        { SA { POLICY_ID, ... } }
 *   sa-update     { SA { DIR, SPI, POLICY_ID, what changes } }
 *   sa-del        { SA { DIR, SPI, POLICY_ID } }
 *   sa-get        { SA { DIR, SPI, POLICY_ID } } | dump           -> { SA { ... } }
 *   sa-flush      { SA { POLICY_ID? } }
 *   sa-dummy      { SA { DIR, SPI, POLICY_ID, TFC? } }
 *   child-new     { POLICY { ID | all of a new one }, SA { ... }, SA { ... }, ... }
 *                                                                 -> { POLICY { ID } }
 *   socket-set    { SOCKET_FD }
 *   stats-get                                                     -> { STATS { ... } }
 *   trace-set     { TRACE { which packets }? }      until the asking socket is closed
 *   stream-set    { STREAM { FD, PORT?, READ? } }                 -> { STREAM { ID } }
 *   stream-del    { STREAM { ID } }
 *   stream-send   { STREAM { ID, IKE } }
 *
 *   events        acquire { POLICY { ID, COOKIE, IFINDEX }, PACKET { ... } }
 *                 expire  { SA { name, COOKIE, counters }, EXPIRE_KIND, EXPIRE_LIMIT }
 *                 mapping { SA { name, COOKIE, REMOTE, UDP_REMOTE }, OLD_REMOTE, OLD_UDP_REMOTE }
 *                 wrap    { SA { name, COOKIE, SEQ } }
 *   trace         trace   { TRACE { what became of a packet }, PACKET { ... }? }
 *   unicast       stream  { STREAM { ID, IKE } } or, at its end, { STREAM { ID, ERROR } }
 *
 * Every command needs CAP_NET_ADMIN.  Keys go in and never come out.  Addresses are 4 or
 * 16 bytes in network order; SPIs are in network order; all else is in host order.
 */
#ifndef _UAPI_LINUX_KEYWAY_H
#define _UAPI_LINUX_KEYWAY_H

#define KEYWAY_FAMILY_NAME	"keyway"
#define KEYWAY_FAMILY_VERSION	1
#define KEYWAY_MCGRP_EVENTS	"events"
#define KEYWAY_MCGRP_TRACE	"trace"
#define KEYWAY_LINK_KIND	"keyway"

/* Traffic selectors a policy may have on each side. */
#define KEYWAY_TS_MAX		32
/* SAs one child-new may carry. */
#define KEYWAY_CHILD_SA_MAX	8
/* The widest replay window, in packets. */
#define KEYWAY_REPLAY_MAX	65536
/* Bytes of the longest key, salt included. */
#define KEYWAY_KEY_MAX		128

/* Transform numbers are IANA's (IKEv2 Transform Types 1 and 3). */
enum keyway_encr {
	KEYWAY_ENCR_3DES = 3,			/* RFC 2451 */
	KEYWAY_ENCR_NULL = 11,			/* RFC 2410 */
	KEYWAY_ENCR_AES_CBC = 12,		/* RFC 3602 */
	KEYWAY_ENCR_AES_CTR = 13,		/* RFC 3686 */
	KEYWAY_ENCR_AES_CCM_8 = 14,		/* RFC 4309 */
	KEYWAY_ENCR_AES_CCM_12 = 15,
	KEYWAY_ENCR_AES_CCM_16 = 16,
	KEYWAY_ENCR_AES_GCM_8 = 18,		/* RFC 4106 */
	KEYWAY_ENCR_AES_GCM_12 = 19,
	KEYWAY_ENCR_AES_GCM_16 = 20,
	KEYWAY_ENCR_NULL_AUTH_AES_GMAC = 21,	/* RFC 4543 */
	KEYWAY_ENCR_CAMELLIA_CBC = 23,		/* RFC 4312 */
	KEYWAY_ENCR_CHACHA20_POLY1305 = 28,	/* RFC 7634 */
	KEYWAY_ENCR_AES_CCM_8_IIV = 29,		/* RFC 8750: no IV on the wire */
	KEYWAY_ENCR_AES_GCM_16_IIV = 30,
	KEYWAY_ENCR_CHACHA20_POLY1305_IIV = 31,
};

enum keyway_integ {
	KEYWAY_INTEG_HMAC_SHA1_96 = 2,		/* RFC 2404 */
	KEYWAY_INTEG_AES_XCBC_96 = 5,		/* RFC 3566 */
	KEYWAY_INTEG_AES_CMAC_96 = 8,		/* RFC 4494 */
	KEYWAY_INTEG_AES_128_GMAC = 9,		/* RFC 4543, for AH */
	KEYWAY_INTEG_AES_192_GMAC = 10,
	KEYWAY_INTEG_AES_256_GMAC = 11,
	KEYWAY_INTEG_HMAC_SHA2_256_128 = 12,	/* RFC 4868 */
	KEYWAY_INTEG_HMAC_SHA2_384_192 = 13,
	KEYWAY_INTEG_HMAC_SHA2_512_256 = 14,
};

enum keyway_dir {
	KEYWAY_DIR_IN,
	KEYWAY_DIR_OUT,
};

enum keyway_action {
	KEYWAY_ACTION_PROTECT,
	KEYWAY_ACTION_BYPASS,
	KEYWAY_ACTION_DISCARD,
};

enum keyway_mode {
	KEYWAY_MODE_TUNNEL,
	KEYWAY_MODE_TRANSPORT,
	KEYWAY_MODE_BEET,			/* between one address on each side, ESP alone */
};

/* RFC 4301 section 8.1: what the outer IPv4 header's DF bit is. */
enum keyway_df {
	KEYWAY_DF_COPY,
	KEYWAY_DF_SET,
	KEYWAY_DF_CLEAR,
};

enum keyway_policy_flags {
	KEYWAY_POLICY_F_NO_ECN = 1,		/* outer Not-ECT, RFC 6040 compatibility mode */
	KEYWAY_POLICY_F_FRAG_OUTER = 2,		/* fragment ESP, not the inner packet */
	KEYWAY_POLICY_F_NO_ICMP = 4,		/* no ICMP error for a dropped packet */
	KEYWAY_POLICY_F_PLAIN_IN = 8,		/* plaintext within the selectors may come in */
	KEYWAY_POLICY_F_NO_MSS_CLAMP = 16,	/* leave TCP's maximum segment size alone */
	KEYWAY_POLICY_F_COPY_TTL = 32,		/* outer TTL is the inner one */
	KEYWAY_POLICY_F_COPY_FLOW_LABEL = 64,	/* outer IPv6 flow label is the inner one */
};

/* RFC 4301 section 4.4.1.2: what an SA's selectors take from the packet that asks for it. */
enum keyway_pfp {
	KEYWAY_PFP_LOCAL = 1,			/* its address on our side */
	KEYWAY_PFP_REMOTE = 2,			/* its address on the peer's */
	KEYWAY_PFP_PROTO = 4,
	KEYWAY_PFP_LOCAL_PORT = 8,		/* or ICMP type and code */
	KEYWAY_PFP_REMOTE_PORT = 16,
};

enum keyway_sa_flags {
	KEYWAY_SA_F_ESN = 1,			/* 64-bit sequence numbers */
	KEYWAY_SA_F_VERIFY_CSUM = 2,		/* check inner checksums though authenticated */
	KEYWAY_SA_F_LARVAL = 4,			/* read only: SPI allocated, no keys yet */
	KEYWAY_SA_F_CURRENT = 8,		/* read only: its policy sends with it */
};

enum keyway_expire_kind {
	KEYWAY_EXPIRE_SOFT,
	KEYWAY_EXPIRE_HARD,
};

enum keyway_expire_limit {
	KEYWAY_LIMIT_BYTES,
	KEYWAY_LIMIT_PACKETS,
	KEYWAY_LIMIT_SECONDS,
	KEYWAY_LIMIT_IDLE,
	KEYWAY_LIMIT_LARVAL,
	KEYWAY_LIMIT_SEQUENCE,
};

/* What became of a packet. */
enum keyway_verdict {
	KEYWAY_VERDICT_SENT,
	KEYWAY_VERDICT_DELIVERED,
	KEYWAY_VERDICT_BYPASSED,
	KEYWAY_VERDICT_DROPPED,
};

/* The outermost level of every message. */
enum {
	KEYWAY_A_POLICY = 1,
	KEYWAY_A_SA,
	KEYWAY_A_SOCKET_FD,
	KEYWAY_A_STATS,
	KEYWAY_A_PACKET,
	KEYWAY_A_EXPIRE_KIND,
	KEYWAY_A_EXPIRE_LIMIT,
	KEYWAY_A_OLD_REMOTE,
	KEYWAY_A_OLD_UDP_REMOTE,
	KEYWAY_A_TRACE,
	KEYWAY_A_STREAM,

	__KEYWAY_A_MAX,
	KEYWAY_A_MAX = (__KEYWAY_A_MAX - 1)
};

enum {
	KEYWAY_A_POLICY_ID = 1,
	KEYWAY_A_POLICY_COOKIE,
	KEYWAY_A_POLICY_IFINDEX,
	KEYWAY_A_POLICY_PRIORITY,
	KEYWAY_A_POLICY_ACTION,
	KEYWAY_A_POLICY_MODE,
	KEYWAY_A_POLICY_FLAGS,
	KEYWAY_A_POLICY_TS_LOCAL,
	KEYWAY_A_POLICY_TS_REMOTE,
	KEYWAY_A_POLICY_LOCAL,
	KEYWAY_A_POLICY_REMOTE,
	KEYWAY_A_POLICY_DF,
	KEYWAY_A_POLICY_TTL,
	KEYWAY_A_POLICY_DSCP,
	KEYWAY_A_POLICY_OUT_SPI,
	KEYWAY_A_POLICY_RX_PACKETS,
	KEYWAY_A_POLICY_RX_BYTES,
	KEYWAY_A_POLICY_TX_PACKETS,
	KEYWAY_A_POLICY_TX_BYTES,
	KEYWAY_A_POLICY_DROPS,
	KEYWAY_A_POLICY_PAD,
	KEYWAY_A_POLICY_MARK,
	KEYWAY_A_POLICY_MARK_MASK,
	KEYWAY_A_POLICY_SET_MARK,
	KEYWAY_A_POLICY_LINK,
	KEYWAY_A_POLICY_PFP,
	KEYWAY_A_POLICY_ORDER,

	__KEYWAY_A_POLICY_MAX,
	KEYWAY_A_POLICY_MAX = (__KEYWAY_A_POLICY_MAX - 1)
};

/* One traffic selector, RFC 7296 section 3.13.1. */
enum {
	KEYWAY_A_TS_START = 1,
	KEYWAY_A_TS_END,
	KEYWAY_A_TS_PROTO,
	KEYWAY_A_TS_PORT_START,
	KEYWAY_A_TS_PORT_END,

	__KEYWAY_A_TS_MAX,
	KEYWAY_A_TS_MAX = (__KEYWAY_A_TS_MAX - 1)
};

enum {
	KEYWAY_A_SA_SPI = 1,
	KEYWAY_A_SA_PROTO,
	KEYWAY_A_SA_DIR,
	KEYWAY_A_SA_POLICY_ID,
	KEYWAY_A_SA_MODE,
	KEYWAY_A_SA_COOKIE,
	KEYWAY_A_SA_FLAGS,
	KEYWAY_A_SA_LOCAL,
	KEYWAY_A_SA_REMOTE,
	KEYWAY_A_SA_UDP_LOCAL,
	KEYWAY_A_SA_UDP_REMOTE,
	KEYWAY_A_SA_ENCR,
	KEYWAY_A_SA_ENCR_BITS,
	KEYWAY_A_SA_ENCR_KEY,
	KEYWAY_A_SA_INTEG,
	KEYWAY_A_SA_INTEG_KEY,
	KEYWAY_A_SA_REPLAY_WINDOW,
	KEYWAY_A_SA_TFC,
	KEYWAY_A_SA_SOFT_BYTES,
	KEYWAY_A_SA_HARD_BYTES,
	KEYWAY_A_SA_SOFT_PACKETS,
	KEYWAY_A_SA_HARD_PACKETS,
	KEYWAY_A_SA_SOFT_SECONDS,
	KEYWAY_A_SA_HARD_SECONDS,
	KEYWAY_A_SA_IDLE_SECONDS,
	KEYWAY_A_SA_TIMEOUT,
	KEYWAY_A_SA_BYTES,
	KEYWAY_A_SA_PACKETS,
	KEYWAY_A_SA_SEQ,
	KEYWAY_A_SA_AGE,
	KEYWAY_A_SA_UNUSED,
	KEYWAY_A_SA_DROPS,
	KEYWAY_A_SA_PAD,
	KEYWAY_A_SA_DSCPS,
	KEYWAY_A_SA_AH_SPI,
	KEYWAY_A_SA_STREAM,

	__KEYWAY_A_SA_MAX,
	KEYWAY_A_SA_MAX = (__KEYWAY_A_SA_MAX - 1)
};

/* The packet that found no SA. */
enum {
	KEYWAY_A_PACKET_SRC = 1,
	KEYWAY_A_PACKET_DST,
	KEYWAY_A_PACKET_PROTO,
	KEYWAY_A_PACKET_SPORT,
	KEYWAY_A_PACKET_DPORT,

	__KEYWAY_A_PACKET_MAX,
	KEYWAY_A_PACKET_MAX = (__KEYWAY_A_PACKET_MAX - 1)
};

/* Which packets somebody wants to know about, and what became of one. */
enum {
	KEYWAY_A_TRACE_TS = 1,
	KEYWAY_A_TRACE_PROTO,
	KEYWAY_A_TRACE_PORT,
	KEYWAY_A_TRACE_POLICY_ID,
	KEYWAY_A_TRACE_SPI,
	KEYWAY_A_TRACE_DROPS,
	KEYWAY_A_TRACE_TIME,
	KEYWAY_A_TRACE_VERDICT,
	KEYWAY_A_TRACE_DIR,
	KEYWAY_A_TRACE_REASON,
	KEYWAY_A_TRACE_COOKIE,
	KEYWAY_A_TRACE_IFINDEX,
	KEYWAY_A_TRACE_SEQ,
	KEYWAY_A_TRACE_PACKETS,
	KEYWAY_A_TRACE_LENGTH,
	KEYWAY_A_TRACE_LOST,
	KEYWAY_A_TRACE_PAD,

	__KEYWAY_A_TRACE_MAX,
	KEYWAY_A_TRACE_MAX = (__KEYWAY_A_TRACE_MAX - 1)
};

/* A TCP connection that carries ESP and IKE (RFC 9329). */
enum {
	KEYWAY_A_STREAM_ID = 1,
	KEYWAY_A_STREAM_FD,
	KEYWAY_A_STREAM_PORT,
	KEYWAY_A_STREAM_READ,
	KEYWAY_A_STREAM_IKE,
	KEYWAY_A_STREAM_ERROR,

	__KEYWAY_A_STREAM_MAX,
	KEYWAY_A_STREAM_MAX = (__KEYWAY_A_STREAM_MAX - 1)
};

/*
 * Named counters of a network namespace since the module was loaded.  Every dropped packet adds one
 * to exactly one of those after the first four.
 */
enum {
	KEYWAY_A_STATS_PAD = 1,
	/* packets that passed */
	KEYWAY_A_STATS_RX_PACKETS,
	KEYWAY_A_STATS_RX_BYTES,
	KEYWAY_A_STATS_TX_PACKETS,
	KEYWAY_A_STATS_TX_BYTES,
	/* outbound */
	KEYWAY_A_STATS_OUT_MALFORMED,
	KEYWAY_A_STATS_OUT_NO_POLICY,
	KEYWAY_A_STATS_OUT_DISCARD,
	KEYWAY_A_STATS_OUT_NO_SA,
	KEYWAY_A_STATS_OUT_EXPIRED,
	KEYWAY_A_STATS_OUT_SEQUENCE,
	KEYWAY_A_STATS_OUT_TOO_BIG,
	KEYWAY_A_STATS_OUT_ADDRESS,
	KEYWAY_A_STATS_OUT_NO_ROUTE,
	KEYWAY_A_STATS_OUT_LOOP,
	KEYWAY_A_STATS_OUT_NO_MEMORY,
	KEYWAY_A_STATS_OUT_CRYPTO,
	KEYWAY_A_STATS_OUT_LOCAL,
	KEYWAY_A_STATS_OUT_FRAGMENT,
	KEYWAY_A_STATS_OUT_TRANSLATED,
	KEYWAY_A_STATS_OUT_STREAM,
	/* inbound */
	KEYWAY_A_STATS_IN_NO_SA,
	KEYWAY_A_STATS_IN_EXPIRED,
	KEYWAY_A_STATS_IN_TRUNCATED,
	KEYWAY_A_STATS_IN_FRAGMENT,
	KEYWAY_A_STATS_IN_ADDRESS,
	KEYWAY_A_STATS_IN_ENCAP,
	KEYWAY_A_STATS_IN_QUEUE,
	KEYWAY_A_STATS_IN_REPLAY,
	KEYWAY_A_STATS_IN_ICV,
	KEYWAY_A_STATS_IN_PADDING,
	KEYWAY_A_STATS_IN_DUMMY,
	KEYWAY_A_STATS_IN_NEXT_HEADER,
	KEYWAY_A_STATS_IN_MALFORMED,
	KEYWAY_A_STATS_IN_SELECTOR,
	KEYWAY_A_STATS_IN_ECN,
	KEYWAY_A_STATS_IN_DEVICE,
	KEYWAY_A_STATS_IN_NO_MEMORY,
	KEYWAY_A_STATS_IN_PLAINTEXT,
	KEYWAY_A_STATS_IN_DISCARD,
	KEYWAY_A_STATS_IN_BUNDLE,

	__KEYWAY_A_STATS_MAX,
	KEYWAY_A_STATS_MAX = (__KEYWAY_A_STATS_MAX - 1)
};

enum {
	KEYWAY_CMD_SPI_ALLOC = 1,
	KEYWAY_CMD_SA_NEW,
	KEYWAY_CMD_SA_UPDATE,
	KEYWAY_CMD_SA_DEL,
	KEYWAY_CMD_SA_GET,
	KEYWAY_CMD_SA_FLUSH,
	KEYWAY_CMD_SA_DUMMY,
	KEYWAY_CMD_POLICY_NEW,
	KEYWAY_CMD_POLICY_DEL,
	KEYWAY_CMD_POLICY_GET,
	KEYWAY_CMD_POLICY_FLUSH,
	KEYWAY_CMD_CHILD_NEW,
	KEYWAY_CMD_SOCKET_SET,
	KEYWAY_CMD_STATS_GET,
	KEYWAY_CMD_ACQUIRE,
	KEYWAY_CMD_EXPIRE,
	KEYWAY_CMD_MAPPING,
	KEYWAY_CMD_WRAP,
	KEYWAY_CMD_TRACE_SET,
	KEYWAY_CMD_TRACE,
	KEYWAY_CMD_STREAM_SET,
	KEYWAY_CMD_STREAM_DEL,
	KEYWAY_CMD_STREAM_SEND,
	KEYWAY_CMD_STREAM,

	__KEYWAY_CMD_MAX,
	KEYWAY_CMD_MAX = (__KEYWAY_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_KEYWAY_H */
