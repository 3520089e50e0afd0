/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the configuration: words to numbers. Each returns false, with *out as it was, when the
 * text is none.
 */
#ifndef KW_CONFIG_VALUE_H
#define KW_CONFIG_VALUE_H

#include "lib/addr.h"
#include "lib/secret.h"

/* yes, no, on, off, true, false */
bool value_bool(const char *text, bool *out);
bool value_number(const char *text, uint64_t max, uint64_t *out);	/* decimal */
/* "90", "90s", "50m", "3h", "1h30m", "7d", "2w", "never" (0), in seconds up to 10 years. */
bool value_duration(const char *text, uint32_t *seconds);
/* "500M", "10G", "2T": powers of 1024. */
bool value_size(const char *text, uint64_t *octets);
/* "10.9.0.1" or "10.9.0.1/24": an address with the prefix length of its net (absent: all bits). */
bool value_address(const char *text, struct ip_addr *addr, uint8_t *bits);
/* Hex digits, two for each octet, appended to w: 0, or -EINVAL (also when they do not fit). */
int value_hex(const char *text, struct kw_writer *w);
/* "0x" and hex digits, or "0s" and base64, into a fresh secret: 0, -EINVAL or -ENOMEM. */
int value_secret(const char *text, struct kw_secret *out);

#endif
