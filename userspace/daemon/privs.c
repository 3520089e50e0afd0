// SPDX-License-Identifier: GPL-2.0
/* What the daemon may do once it has started: little. */
#include "daemon/privs.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "daemon/seccomp.h"
#include "lib/log.h"

void privs_protect_memory(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	/* Keys of 10,000 connections take more locked memory than the default of 8 MB. */
	if (setrlimit(RLIMIT_MEMLOCK, &all))
		log_debug(NULL, "cannot raise the limit on locked memory: %s", strerror(errno));
	/* Secrets are left out of core dumps anyway; the rest of memory tells about peers. Not being dumpable
	 * also keeps other processes of the same user from reading memory through /proc.
	 */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

int privs_drop(char *why, size_t why_len)
{
	int err;

	/* CAP_NET_ADMIN: netlink requests to keyway.ko, devices, addresses, routes. Nothing else: the ports
	 * below 1024 are bound already, and files are read as their owner.
	 */
	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	/* The bounding set cannot be changed without CAP_SETPCAP, which nobody starts us with but root. */
	if (capng_apply(CAPNG_SELECT_BOTH) && capng_apply(CAPNG_SELECT_CAPS)) {
		snprintf(why, why_len, "cannot keep CAP_NET_ADMIN: start keywayd as root or give it that capability");
		return -EPERM;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		err = -errno;
		snprintf(why, why_len, "no_new_privs: %s", strerror(-err));
		return err;
	}
	err = seccomp_confine();
	if (err)
		snprintf(why, why_len, "seccomp: %s", strerror(-err));
	return err;
}
