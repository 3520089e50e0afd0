/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon: one object that owns everything, in the order in which it is made. All of it lives on the
 * loop's thread; only jobs, name lookups and the reading of configuration run elsewhere.
 */
#ifndef KW_DAEMON_DAEMON_H
#define KW_DAEMON_DAEMON_H

#include <uv.h>

#include "daemon/control.h"
#include "daemon/crash_secret.h"
#include "daemon/env_uv.h"
#include "daemon/fetch.h"
#include "daemon/key_file.h"
#include "daemon/lease_file.h"
#include "daemon/names.h"
#include "daemon/pam.h"
#include "ike/engine.h"
#include "kernel/genl.h"
#include "kernel/genl_trace.h"
#include "kernel/left.h"
#include "net/tcp.h"
#include "net/udp.h"

struct daemon_options {
	const char *config_dir;
	const char *socket;
	const char *state_dir;	/* NULL: nothing is kept over a restart */
	int log_level;		/* enum log_level; -1 = what the configuration says */
};

struct daemon {
	struct daemon_options options;
	uv_loop_t loop;
	struct env_uv env_uv;
	struct kernel_genl *kernel;
	struct kernel_left left;
	uv_poll_t kernel_poll;
	uv_timer_t kernel_look;		/* is the module (still) there? */
	bool module_seen;		/* when we looked last */
	bool renew;			/* the module lost all it had: begin anew with the next configuration read */
	int net_fd;			/* rtnetlink, to be told of changes; -1 = none */
	uv_poll_t net_poll;
	uv_timer_t net_settle;
	uv_timer_t heap_look;
	size_t heap_unused, heap_trimmed;	/* free octets of the heap: when we looked last, after giving back */
	struct udp *udp;
	uv_poll_t udp_poll[UDP_SOCKETS];
	struct tcp *tcp;
	struct control control;
	struct {
		struct kernel_trace *kernel;	/* NULL = nobody traces */
		uv_poll_t poll;
		struct control_client *client;	/* who does; NULL = it is being ended */
		char name[CONF_NAME_MAX];	/* only packets of this connection; "" = of any */
	} trace;
	struct lease_file leases;
	struct key_files key_files;
	struct kw_secret crash_secret;	/* empty: none is kept */
	struct names names;
	struct pam_process pam;
	struct fetcher *fetcher;
	struct env env;
	struct engine *engine;
	uv_signal_t sighup, sigterm, sigint;
	struct conf_daemon conf;	/* daemon-wide settings in use */
	int64_t started;		/* milliseconds since 1970 */
	bool loading;			/* a worker reads configuration */
	bool load_again;		/* SIGHUP came meanwhile */
	bool stopping;
	int exit_status;
};

#define DAEMON_WHY 600

/*
 * Everything but the loop: configuration, sockets, control, privileges dropped, connections started.
 * d must live until daemon_finish(). 0, or -errno with a sentence in why and everything undone.
 */
int daemon_start(struct daemon *d, const struct daemon_options *options, char why[DAEMON_WHY]);
/* An engine for conf, which it takes; there must be none. On failure there is none and why has a sentence. */
int daemon_start_engine(struct daemon *d, struct conf *conf, char why[DAEMON_WHY]);
/* Until SIGTERM or SIGINT and the goodbyes after it, or until it cannot go on: then exit_status is 1. */
void daemon_run(struct daemon *d);
/* Takes everything down. false: a name lookup would not end, its thread still runs. */
bool daemon_finish(struct daemon *d);

#endif
