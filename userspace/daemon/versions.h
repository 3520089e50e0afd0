/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The IKE versions that keywayd speaks, the best one first: one line each. Whoever deletes a version's directory
 * deletes its line here, and nothing else.
 */
KEYWAYD_SPEAKS(ikev2)
KEYWAYD_SPEAKS(ikev1)
