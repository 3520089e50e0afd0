// SPDX-License-Identifier: GPL-2.0
/* A line of the control socket: refused with a sentence, or a request whose fields are in range. */
#include "daemon/ctl_request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_request req;
	char why[CTL_WHY] = "";
	int ret = ctl_request_parse(KW_SPAN(data, size), &req, why);

	if (ret && !why[0])
		abort();
	if (!ret &&
	    (req.cmd > CTL_LAST || !memchr(req.name, 0, sizeof(req.name)) || req.lines > 1000))
		abort();
	return 0;
}
