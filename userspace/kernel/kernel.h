/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine may ask of a data path, and what a data path may tell it. kernel/genl.c does it with
 * keyway.ko; tests put a fake here.
 *
 * Calls are synchronous (generic netlink answers within sendmsg) and bounded in time; each returns 0 or
 * -errno with the kernel's own sentence in `why`.
 */
#ifndef KW_KERNEL_KERNEL_H
#define KW_KERNEL_KERNEL_H

#include "lib/addr.h"
#include "lib/secret.h"
#include "wire/handling.h"
#include "wire/ts.h"

#define KERNEL_WHY 256

/* An inbound SA is named by its protocol and SPI, an outbound one by its policy too: different peers may choose the
 * same number. Protocols are IKEv2's, PROTO_ESP and PROTO_AH.
 */
enum kernel_dir { KERNEL_IN, KERNEL_OUT };

/* One direction's keys and limits. Keys are borrowed for the call. */
struct kernel_sa {
	uint8_t protocol;
	uint32_t spi;			/* host order */
	uint32_t ah_spi;		/* ESP: of the AH SA of this direction that it goes in; 0 = none */
	uint16_t encr, encr_key_bits, integ;	/* IANA transform numbers; AH has no encr */
	const struct kw_secret *encr_key;	/* key | salt; NULL or empty for AH */
	const struct kw_secret *integ_key;	/* empty for AEAD */
	bool esn;
	uint32_t replay_window;		/* inbound only */
	bool verify_csum;		/* inbound only: of TCP, UDP and the like, though it was authenticated */
	uint16_t tfc;			/* outbound only: least octets of what is encrypted; 0 = none */
	uint64_t dscps;			/* outbound only: of which packets, bit n is DSCP n; 0 = what others are not for */
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets;	/* 0 = none */
	uint32_t idle_seconds;		/* 0 = none: without a packet for so long, an event that says "idle" */
	uint32_t hard_seconds;		/* 0 = none: soft time is the daemon's, hard is the net below it */
};

enum kernel_action { KERNEL_PROTECT, KERNEL_BYPASS, KERNEL_DISCARD };

/* A long-lived SPD entry: survives rekeys. */
struct kernel_policy {
	uint64_t cookie;		/* the child's, unique in the daemon */
	const char *device;		/* keyway link it belongs to; NULL: met by all packets of the namespace */
	bool transport;			/* its SAs leave the IP header as it is */
	enum kernel_action action;	/* bypass is for those without device */
	const struct ts_list *local_ts, *remote_ts;
	struct ip_addr local, remote;	/* outer; unset remote = trap only, acquire cannot be answered yet */
	uint32_t priority;		/* smaller wins */
	const struct handling *handling;	/* NULL: the default */
};

struct kernel_child {
	const struct kernel_policy *policy;	/* NULL = keep the one named by policy_id (rekey) */
	uint32_t policy_id;
	uint64_t sa_cookie;			/* comes back in expire events */
	struct ip_addr local, remote;		/* outer addresses of the SAs */
	bool encap;				/* ESP in UDP */
	uint16_t encap_local_port, encap_remote_port;
	uint32_t stream;			/* ESP in TCP: the kernel's number of the stream; 0 = not in TCP */
	const struct kernel_sa *in, *out;	/* either may be NULL: install only the other (make before break) */
	const struct kernel_sa *in_ah, *out_ah;	/* AH around them; NULL: none */
};

struct kernel_sa_state {
	uint64_t bytes, packets;
	uint64_t unused;	/* seconds since the last packet, or since it was made */
};

struct kernel_counters {
	uint64_t in_bytes, in_packets, out_bytes, out_packets, in_drops, out_drops;
	uint64_t last_in_ms;	/* milliseconds since the last inbound packet; UINT64_MAX = never */
};

struct kernel_ops {
	/* A fresh inbound SPI (larval: it expires by itself when not used within 30 s or so). */
	int (*spi_alloc)(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t *spi, char why[KERNEL_WHY]);
	void (*spi_free)(void *ctx, uint8_t protocol, const struct ip_addr *local, uint32_t spi);
	/* Entirely or not at all. policy != NULL: *policy_id is set. Outbound given: traffic moves to it at once. */
	int (*child_install)(void *ctx, const struct kernel_child *child, uint32_t *policy_id, char why[KERNEL_WHY]);
	/* Policy alone: traffic meets it, finds no SA, is dropped and raises acquire (trap; fail closed). */
	int (*policy_install)(void *ctx, const struct kernel_policy *policy, uint32_t *policy_id, char why[KERNEL_WHY]);
	int (*policy_remove)(void *ctx, uint32_t policy_id);
	/* -ENOENT when it is gone already (a hard limit). The policy's newest other outbound SA, if any, takes over
	 * when its current one is removed.
	 */
	int (*sa_remove)(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi);
	/* An end moved. Ports of 0: no (longer) ESP in UDP; stream 0: no (longer) ESP in TCP. */
	int (*sa_move)(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi,
		       const struct endpoint *local, const struct endpoint *remote, uint32_t stream,
		       char why[KERNEL_WHY]);
	/* Is the SA still there, and how far is it? -ENOENT: it reached its hard limit, or the module was unloaded. */
	int (*sa_state)(void *ctx, uint8_t protocol, enum kernel_dir dir, uint32_t policy_id, uint32_t spi,
			struct kernel_sa_state *out);
	/* Totals of the policy (they survive rekeys). */
	int (*counters)(void *ctx, uint32_t policy_id, struct kernel_counters *out);
	/* The device of a connection: made when missing, put into a VRF unless that is "", addresses and routes
	 * set as given (and no others of ours), brought up. peer: what goes to it stays out of a default route; NULL: no default route.
	 * device_remove undoes exactly what was made.
	 */
	int (*device_ensure)(void *ctx, const char *name, const char *vrf, uint32_t mtu, const struct ip_addr *addr,
			     const uint8_t *bits, unsigned int n_addr, const struct ts_list *routes,
			     const struct ip_addr *peer, char why[KERNEL_WHY]);
	int (*device_remove)(void *ctx, const char *name);
};

enum kernel_event_type {
	KERNEL_ACQUIRE, KERNEL_EXPIRE, KERNEL_MAPPING, KERNEL_WRAP, KERNEL_RESYNC,
	KERNEL_STREAM,	/* not for the engine: for who handed the stream over */
};

struct kernel_event {
	enum kernel_event_type type;
	uint64_t cookie;	/* ACQUIRE: policy cookie; else: sa_cookie. RESYNC: events were lost, look yourself */
	uint32_t spi;		/* host order */
	bool hard;		/* EXPIRE */
	const char *limit;	/* EXPIRE: "bytes", "packets", "time", "idle" */
	struct ts src, dst;	/* ACQUIRE: the packet that asked */
	bool pfp;		/* ACQUIRE: it asks for a child of its own, with these selectors */
	struct ts wanted_local, wanted_remote;
	struct endpoint remote;	/* MAPPING: the peer's new address */
	uint32_t stream;	/* STREAM: the kernel's number of it */
	struct kw_span ike;	/* STREAM: a message that came by it, borrowed; empty: it has ended ... */
	int error;		/* ... 0 or -errno */
};

#endif
