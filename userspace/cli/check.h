/* SPDX-License-Identifier: GPL-2.0 */
/* Complaints about a configuration, for people. */
#ifndef KW_CLI_CHECK_H
#define KW_CLI_CHECK_H

struct conf_errors;

/* "FILE:LINE: TEXT" lines on standard error. */
void check_print_errors(const struct conf_errors *errors);

#endif
