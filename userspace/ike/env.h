/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine's doors: everything it asks of the world goes through these tables, so that the daemon can
 * put processes behind them and tests can put scripts.
 *
 * The engine runs on one thread, the loop thread. Every call here is made on it, every call back must come
 * on it, and none may happen from within the call that asked for it (a timer never fires inside
 * timer_start(), a job is never done inside job_submit()).
 */
#ifndef KW_IKE_ENV_H
#define KW_IKE_ENV_H

#include <string.h>

#include "kernel/kernel.h"
#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/secret.h"

struct engine_event;

/* The two UDP sockets of IKE (RFC 7296 §2.23), and TCP (RFC 9329), where the two endpoints name the stream. */
enum net_socket { NET_SOCKET_IKE /* 500 */, NET_SOCKET_NATT /* 4500 */, NET_SOCKET_TCP };

struct env_net_ops {
	/*
	 * Send one datagram. On NET_SOCKET_NATT the callee puts the four zero octets of the non-ESP marker
	 * (RFC 3948 §2.2) in front. local.addr chooses the source address (unset: the kernel's choice).
	 * 0 or -errno; the engine treats any error as a lost packet, -ENETUNREACH and the like are shown.
	 */
	int (*send)(void *ctx, enum net_socket socket, const struct endpoint *local,
		    const struct endpoint *remote, struct kw_span datagram);
	/* One 0xff octet, without a marker, from NET_SOCKET_NATT (RFC 3948 §2.3). */
	void (*keepalive)(void *ctx, const struct endpoint *local, const struct endpoint *remote);
	/* The source address the routing table would choose towards remote. 0 or -errno. */
	int (*source)(void *ctx, const struct ip_addr *remote, struct ip_addr *local);

	/* TCP streams; NULL: there are none. That one broke is told by engine_stream_closed(). */

	/*
	 * Begins to open one, from local's address if that is set, and sets *local to its end. What is sent meanwhile
	 * waits. 0 or -errno.
	 */
	int (*dial)(void *ctx, struct endpoint *local, const struct endpoint *remote);
	/* ESP is to run on it: its number for struct kernel_child. 0 or -errno with a sentence. */
	int (*take)(void *ctx, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
		    char why[KERNEL_WHY]);
	/* Nobody needs it any more: it is closed when what was sent had time to leave. None is fine. */
	void (*hang_up)(void *ctx, const struct endpoint *local, const struct endpoint *remote);
};

/* One-shot; owned by the engine, made by the environment. */
struct env_timer;

struct env_timer_ops {
	uint64_t (*now)(void *ctx);		/* monotonic milliseconds */
	int64_t (*wall)(void *ctx);		/* milliseconds since 1970 */
	struct env_timer *(*timer_new)(void *ctx, void (*fire)(void *arg), void *arg);	/* NULL: no memory */
	void (*timer_start)(struct env_timer *t, uint64_t ms);	/* from now; restarts a running one */
	void (*timer_stop)(struct env_timer *t);
	void (*timer_free)(struct env_timer *t);		/* stops it; NULL is fine; allowed inside fire() */
};

/*
 * Work for another thread: key exchange, signatures, certificates. The submitter owns the memory and
 * embeds this. work() runs on any thread and touches nothing but the job's own data; done() then runs on
 * the loop thread, exactly once, and usually frees the job. There is no cancel: who loses interest lets
 * done() find that out. The environment must let all jobs end before it is taken down, engine_free()
 * may happen before.
 */
struct env_job {
	void (*work)(struct env_job *job);
	void (*done)(struct env_job *job);
	void *impl;				/* the environment's */
};

struct env_job_ops {
	int (*submit)(void *ctx, struct env_job *job);	/* 0 or -errno: then neither work() nor done() run */
};

/* Name to addresses, again at every try. As for jobs: done() runs exactly once, later, on the loop thread. */
struct env_resolve {
	/* err 0: n > 0 addresses in the order to try; else -errno with a sentence in why. Borrowed. */
	void (*done)(struct env_resolve *req, int err, const struct ip_addr *addr, unsigned int n,
		     const char *why);
	void *impl;				/* the environment's */
};

struct env_resolve_ops {
	/* host is copied if needed later. 0 or -errno (then done() does not run). */
	int (*resolve)(void *ctx, const char *host, struct env_resolve *req);
};

/* Name servers that a gateway tells its client. None: those of the device are taken back. All borrowed. */
struct env_dns {
	const char *device;
	const struct ip_addr *server;
	unsigned int n_server;
	const char (*domain)[256];	/* what they are asked about; none: everything */
	unsigned int n_domain;
};

/*
 * Datagrams to one server on the engine's behalf, from a port of their own, and what that server sends back.
 */
struct env_dialog;

struct env_dialog_ops {
	/* heard() for each datagram, on the loop thread; borrowed. NULL: no memory, or no way there. */
	struct env_dialog *(*open)(void *ctx, const struct endpoint *server,
				   void (*heard)(void *arg, struct kw_span datagram), void *arg);
	void (*send)(struct env_dialog *d, struct kw_span datagram);	/* an error is a lost packet */
	void (*close)(struct env_dialog *d);	/* allowed inside heard() */
};

/*
 * One document by HTTP. As for jobs: done() runs exactly once, later, on the loop thread, there is no cancel, and
 * what url and post point to lives until then.
 */
struct env_fetch {
	const char *url;		/* http:// */
	struct kw_span post;		/* empty: GET */
	const char *post_type;		/* of what is posted: Content-Type */
	size_t max;			/* octets: what is longer is an error */
	uint32_t timeout_ms;		/* for all of it, redirects too */
	bool direct;			/* wherever the server sends us on to, we do not go */
	bool public_only;		/* from port 80 of an address of the public Internet, or not at all */
	/* 0 and the document, or -errno with a sentence in why. Borrowed. */
	void (*done)(struct env_fetch *req, int err, struct kw_span body, const char *why);
	void *impl;			/* the environment's */
};

struct env_fetch_ops {
	int (*fetch)(void *ctx, struct env_fetch *req);	/* 0 or -errno (then done() does not run) */
};

/* A user's password, for PAM to judge. All borrowed. */
struct env_pam_question {
	const char *service;
	struct kw_span user, password;
	const struct ip_addr *from;
};

#define ENV_PAM_WORD 256u

/* An empty name would make a module ask for one, and an empty password is none. */
static inline bool env_pam_is_word(struct kw_span word)
{
	return word.len && word.len < ENV_PAM_WORD && !memchr(word.p, '\0', word.len);
}

struct env_pam_answer {
	bool good;
	char user[ENV_PAM_WORD];	/* as PAM calls him, when good */
	char why[128];			/* in PAM's words, when not */
};

/* A question under way. */
struct env_pam;

struct env_pam_ops {
	/*
	 * answered() later, once, on the loop thread, with what is borrowed; NULL: there will be no answer. It is to drop()
	 * the question. NULL: it cannot be asked, or one of the two is no word.
	 */
	struct env_pam *(*ask)(void *ctx, const struct env_pam_question *q,
			       void (*answered)(void *arg, const struct env_pam_answer *answer), void *arg);
	void (*drop)(struct env_pam *pam);
};

/* Wireshark's. */
enum key_table { KEY_TABLE_IKEV2, KEY_TABLE_IKEV1, KEY_TABLE_ESP, KEY_TABLES };

struct env {
	const struct env_net_ops *net;
	void *net_ctx;
	const struct env_timer_ops *time;
	void *time_ctx;
	const struct env_job_ops *job;
	void *job_ctx;
	const struct env_resolve_ops *resolve;
	void *resolve_ctx;
	const struct env_dialog_ops *dialog;
	void *dialog_ctx;
	const struct env_pam_ops *pam;		/* NULL: there is no PAM */
	void *pam_ctx;
	const struct env_fetch_ops *fetch;	/* NULL: nothing can be fetched */
	void *fetch_ctx;
	const struct kernel_ops *kernel;
	void *kernel_ctx;
	/* From which a peer can tell, after a restart, that we have lost an IKE SA (RFC 6290); NULL or empty: it cannot. */
	const struct kw_secret *crash_secret;
	/* A line for a table, without its end, of a connection that wants that (export-keys). NULL: nobody takes it. */
	void (*keys)(void *ctx, enum key_table table, const char *line);
	void *keys_ctx;
	/* May be NULL: name servers are left alone. */
	void (*dns)(void *ctx, const struct env_dns *dns);
	void *dns_ctx;
	/* For `keyway monitor`; everything in ev is borrowed. May be NULL. Must not call back into the engine. */
	void (*event)(void *ctx, const struct engine_event *ev);
	void *event_ctx;
};

#endif
