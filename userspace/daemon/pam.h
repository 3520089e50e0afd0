/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PAM, in a process of its own. Its modules want any file of the host, programs that are root and all the time they like;
 * the daemon has given up the first two and has no time.
 */
#ifndef KW_DAEMON_PAM_H
#define KW_DAEMON_PAM_H

#include <sys/types.h>
#include <uv.h>

#include "ike/env.h"
#include "lib/list.h"

struct pam_process {
	int fd;			/* to the process; -1 = there is none */
	pid_t pid;
	uint32_t last;		/* number of the last question */
	struct list asked;
	uv_poll_t poll;
	bool polled;
};

/*
 * Before anything secret is read and privileges are dropped. confdir: where the services are described; NULL: where the
 * system has them.
 */
void pam_process_start(struct pam_process *p, const char *confdir);
/* Answers come by the loop from here on. */
void pam_process_attach(struct pam_process *p, uv_loop_t *loop);
/* Nobody is answered any more, the process ends. Before the loop does. */
void pam_process_stop(struct pam_process *p);

extern const struct env_pam_ops pam_process_ops;	/* ctx: struct pam_process */

#endif
