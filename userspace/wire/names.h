/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of the wire as words. An unknown number comes back as "exchange 99", in one of four
 * static thread-local buffers that take turns.
 */
#ifndef KW_WIRE_NAMES_H
#define KW_WIRE_NAMES_H

#include <stdint.h>

const char *exchange_name(uint8_t type);
const char *payload_name(uint8_t type);
const char *protocol_name(uint8_t id);
const char *id_name(uint8_t type);
const char *cert_encoding_name(uint8_t encoding);
const char *notify_name(uint16_t type);
const char *ts_name(uint8_t type);

#endif
