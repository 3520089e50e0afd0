/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers of the IKEv1 wire as words, under the rules of names.h: an unknown one is "exchange 99". */
#ifndef KW_WIRE_NAMES_V1_H
#define KW_WIRE_NAMES_V1_H

#include <stdint.h>

const char *v1_exchange_name(uint8_t type);
const char *v1_payload_name(uint8_t type);
const char *v1_doi_name(uint8_t id);
const char *v1_protocol_name(uint8_t id);
const char *v1_isakmp_transform_name(uint8_t id);
const char *v1_ah_transform_name(uint8_t id);
const char *v1_esp_transform_name(uint8_t id);
const char *v1_ipcomp_transform_name(uint8_t id);
const char *v1_attr_name(uint16_t type);
const char *v1_encryption_name(uint16_t id);
const char *v1_hash_name(uint16_t id);
const char *v1_auth_method_name(uint16_t id);
const char *v1_group_type_name(uint16_t id);
const char *v1_life_type_name(uint16_t id);
const char *v1_ipsec_attr_name(uint16_t type);
const char *v1_encapsulation_name(uint16_t id);
const char *v1_authentication_name(uint16_t id);
const char *v1_id_name(uint8_t type);
const char *v1_cert_encoding_name(uint8_t encoding);
const char *v1_notify_name(uint16_t type);
const char *config_type_name(uint8_t id);
const char *config_attr_name(uint16_t type);

#endif
