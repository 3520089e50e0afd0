/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EAP packets as IKEv2 carries them (RFC 3748 §4): code, identifier, length, and in requests and responses a
 * type with its data.
 */
#ifndef KW_WIRE_EAP_H
#define KW_WIRE_EAP_H

#include "lib/buf.h"

enum eap_code { EAP_CODE_REQUEST = 1, EAP_CODE_RESPONSE, EAP_CODE_SUCCESS, EAP_CODE_FAILURE };

/* IANA "EAP Registry", Method Types. */
enum eap_type {
	EAP_TYPE_NONE = 0,
	EAP_TYPE_IDENTITY = 1,
	EAP_TYPE_NOTIFICATION = 2,
	EAP_TYPE_NAK = 3,
	EAP_TYPE_MD5 = 4,
	EAP_TYPE_GTC = 6,
	EAP_TYPE_TLS = 13,
	EAP_TYPE_MSCHAPV2 = 26,
	EAP_TYPE_EXPANDED = 254,
};

#define EAP_HEAD 5u	/* octets before the data of a type */

struct eap_packet {
	uint8_t code, id;
	uint8_t type;		/* EAP_TYPE_NONE in Success and Failure */
	struct kw_span data;
};

/* 0, or -EBADMSG: too short, a length that is not the payload's, an unknown code, or one without its type. */
int eap_parse(struct kw_span body, struct eap_packet *out);
/* The head of a request or response, whose data may be appended; eap_close() sets the length. */
void eap_open(struct kw_writer *w, uint8_t code, uint8_t id, uint8_t type);
void eap_close(struct kw_writer *w);
/* Success or Failure: all of it. */
void eap_build_verdict(struct kw_writer *w, uint8_t code, uint8_t id);

/* "mschapv2", "tls", "peap", ...; "method 77". As in the configuration. */
#define EAP_NAME_LEN 24
char *eap_type_print(char buf[EAP_NAME_LEN], uint8_t type);
/* 0: no such name. */
uint8_t eap_type_by_name(const char *name);
/* "tls, mschapv2" */
char *eap_types_print(char *buf, size_t cap, const uint8_t *types, size_t n);

#endif
