// SPDX-License-Identifier: GPL-2.0
/* Names of failures. */
#include "ike/failure.h"

static const char *const names[] = {
	[FAILURE_NONE] = "none",
	[FAILURE_PROPOSAL] = "proposal",
	[FAILURE_PSK] = "psk",
	[FAILURE_KEY] = "key",
	[FAILURE_IDENTITY] = "identity",
	[FAILURE_CERT] = "certificate",
	[FAILURE_EAP] = "eap",
	[FAILURE_REFUSED] = "refused",
	[FAILURE_TS] = "selectors",
	[FAILURE_UNREACHABLE] = "unreachable",
	[FAILURE_RESOLVE] = "resolve",
	[FAILURE_KERNEL] = "kernel",
	[FAILURE_PEER] = "peer",
	[FAILURE_PROTOCOL] = "protocol",
	[FAILURE_LOCAL] = "local",
};

const char *failure_name(enum failure_kind kind)
{
	return names[kind];
}
