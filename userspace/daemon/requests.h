/* SPDX-License-Identifier: GPL-2.0 */
/* What each request of the control protocol does. */
#ifndef KW_DAEMON_REQUESTS_H
#define KW_DAEMON_REQUESTS_H

#include "daemon/control.h"

/* ctx is the struct daemon: control_open()'s request. */
void requests_handle(void *ctx, struct control_client *client, const struct ctl_request *req);

#endif
