// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls a running daemon makes; any other fails with EPERM.
 *
 * Failing instead of killing: a libc that starts to use a newer call tries it, falls back to the old one,
 * and tunnels stay up. For an intruder there is no difference.
 */
#include "daemon/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>

#define CALL(name) SCMP_SYS(name)

/* One line for each reason. */
static const int allowed[] = {
	/* the loop: waiting, timers, wake-ups from workers */
	CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait), CALL(poll), CALL(ppoll),
	CALL(restart_syscall),
	/* IKE datagrams, netlink, control clients */
	CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(recvmsg), CALL(recvfrom), CALL(sendmsg),
	CALL(sendto), CALL(accept4), CALL(accept), CALL(close), CALL(shutdown), CALL(getsockopt),
	CALL(setsockopt), CALL(getsockname), CALL(getpeername),
	/* asking the routing table for a source address, name lookups, syslog */
	CALL(socket), CALL(connect), CALL(bind), CALL(sendmmsg), CALL(ioctl),
	/* HTTP: libcurl wakes itself from its name lookups */
	CALL(socketpair),
	/* memory, locked for secrets; mprotect guards them, and nss plugins are mapped by the resolver */
	CALL(mmap), CALL(munmap), CALL(mremap), CALL(mprotect), CALL(madvise), CALL(brk), CALL(mlock),
	CALL(mlock2), CALL(munlock),
	/* worker threads */
	CALL(clone), CALL(clone3), CALL(set_robust_list), CALL(rseq), CALL(futex), CALL(sched_getaffinity),
	CALL(sched_yield), CALL(sched_getparam), CALL(sched_getscheduler), CALL(gettid), CALL(prctl), CALL(exit),
	/* reading configuration and keys again; resolv.conf and hosts (openat: below, for reading only) */
	CALL(fstat), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(statx), CALL(fstatfs), CALL(statfs),
	CALL(lseek), CALL(pread64), CALL(getdents64), CALL(fcntl), CALL(readlink), CALL(readlinkat),
	CALL(access), CALL(faccessat), CALL(faccessat2), CALL(getcwd), CALL(uname),
	/* time and randomness */
	CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday), CALL(time), CALL(nanosleep),
	CALL(clock_nanosleep), CALL(getrandom),
	/* signals, and the end: SIGTERM, abort() on a bug, the control socket taken away */
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack), CALL(tgkill),
	CALL(exit_group), CALL(unlink), CALL(unlinkat),
	/* who am I: the resolver does not trust the environment of others; log lines */
	CALL(getpid), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
};

/* Opening files for reading; a copy of the daemon cannot write any. */
static int allow_reading(scmp_filter_ctx ctx)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));

	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	return err;
}

int seccomp_confine(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;
	int err = 0;

	if (!ctx)
		return -ENOMEM;
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!err)
		err = allow_reading(ctx);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}
