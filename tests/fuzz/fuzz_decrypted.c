// SPDX-License-Identifier: GPL-2.0
/*
 * What stands inside an SK payload: the first octet is the type of the first payload, the rest the
 * chain.
 */
#include "fuzz/walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = { 0 };
	int ret;

	if (size < 1)
		return 0;
	ret = walk_chain(&w, data[0], KW_SPAN(data + 1, size - 1));
	if ((ret != 0) != (w.why[0] != '\0') || w.payloads > CHAIN_MAX)
		abort();
	return 0;
}
