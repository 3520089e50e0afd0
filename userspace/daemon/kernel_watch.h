/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the daemon connected to keyway.ko: when it is loaded later, or again, tunnels come up by themselves. */
#ifndef KW_DAEMON_KERNEL_WATCH_H
#define KW_DAEMON_KERNEL_WATCH_H

struct daemon;

/* Opens netlink; the module may be missing, which is logged. 0 or -errno with a sentence (KERNEL_WHY octets). */
int kernel_watch_open(struct daemon *d, char *why);
/* Once the UDP sockets are there: hands them to the module, polls for events. */
void kernel_watch_start(struct daemon *d);
void kernel_watch_close(struct daemon *d);

#endif
