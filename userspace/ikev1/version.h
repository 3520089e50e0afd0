/* SPDX-License-Identifier: GPL-2.0 */
/* IKEv1 as data: Documentation/isakmp.md. */
#ifndef KW_IKEV1_VERSION_H
#define KW_IKEV1_VERSION_H

#include "ike/version.h"

extern const struct ike_version ikev1;

#endif
