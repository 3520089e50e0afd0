/* SPDX-License-Identifier: GPL-2.0 */
/* A request of the control protocol: one line into a checked struct. Pure: no I/O, no state. */
#ifndef KW_DAEMON_CTL_REQUEST_H
#define KW_DAEMON_CTL_REQUEST_H

#include "config/conf.h"
#include "lib/addr.h"

enum ctl_cmd {
	CTL_STATUS, CTL_UP, CTL_DOWN, CTL_DELETE, CTL_REKEY, CTL_RELOAD, CTL_LOG, CTL_MONITOR, CTL_STATS,
	CTL_TRACE, CTL_REDIRECT,
};

#define CTL_LAST	CTL_REDIRECT

#define CTL_WHY 200

struct ctl_request {
	enum ctl_cmd cmd;
	bool has_id;
	int64_t id;			/* given back in the answer */
	char name[CONF_NAME_MAX];	/* "" = not given */
	bool ike;			/* rekey: the IKE SA, not the child */
	bool dry_run;			/* reload: only say what would change */
	bool follow;			/* log: stay */
	unsigned int lines;		/* log: how many old lines, at most 1000; 100 unless given */
	char host[256];			/* redirect: the other gateway; "" = not given */
	struct ip_range end[2];		/* trace: between which addresses, either way; no family = any */
	uint8_t protocol;		/* trace: 0 = any */
	uint16_t port;			/* trace: of either end; 0 = any */
	bool drops;			/* trace: only what is dropped */
};

/* line has no newline. 0, or -EINVAL with a sentence in why; id and has_id are set if they could be read. */
int ctl_request_parse(struct kw_span line, struct ctl_request *req, char why[CTL_WHY]);

#endif
