/* SPDX-License-Identifier: GPL-2.0 */
/* Standard output of a piece of code, as text. */
#ifndef TESTS_UNIT_CLI_CAPTURE_H
#define TESTS_UNIT_CLI_CAPTURE_H

void capture_begin(void);
const char *capture_end(void);	/* valid until the next one */

#endif
