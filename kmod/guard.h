/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plaintext that should have come through a keyway device, and came beside it, is dropped.
 *
 * RFCs: 4301 section 5.2
 */
#ifndef KW_GUARD_H
#define KW_GUARD_H

int kw_guard_init(void);
void kw_guard_exit(void);

#endif /* KW_GUARD_H */
