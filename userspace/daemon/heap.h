/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that a rush of handshakes needed goes back to the kernel. */
#ifndef KW_DAEMON_HEAP_H
#define KW_DAEMON_HEAP_H

struct daemon;

void heap_watch_start(struct daemon *d);
void heap_watch_close(struct daemon *d);

#endif
