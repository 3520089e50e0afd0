/* SPDX-License-Identifier: GPL-2.0 */
/* Gateways as REDIRECT and REDIRECTED_FROM name them (RFC 5685 §7.2): type | length | address or name. */
#ifndef KW_WIRE_GATEWAY_H
#define KW_WIRE_GATEWAY_H

#include "lib/buf.h"

#define GATEWAY_LEN 256		/* as text, NUL included */

/* The gateway as text, and what follows it. 0, -EBADMSG: it names none. */
int gateway_parse(struct kw_span data, char host[GATEWAY_LEN], struct kw_span *rest);
/* host: an address or a name. 0, -EINVAL: neither. */
int gateway_build(struct kw_writer *w, const char *host);

#endif
