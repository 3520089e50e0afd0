/* SPDX-License-Identifier: GPL-2.0 */
/* cmocka, after the headers it wants before it. */
#ifndef KW_TEST_CHECK_H
#define KW_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after what it needs */
#include <cmocka.h>

#endif
