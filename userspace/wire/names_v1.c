// SPDX-License-Identifier: GPL-2.0
/* Made by scripts/gen-names.sh from userspace/wire/isakmp_v1.h: change that and run it again. */
/* Numbers of the IKE wire as words. */
#include "wire/names_v1.h"

#include <stddef.h>
#include <stdio.h>

struct name {
	uint16_t number;
	const char *text;
};

/* Unknown numbers: several may stand in one log line, so the last four answers stay valid. */
static const char *name_of(const struct name *table, size_t n, const char *kind, uint16_t number)
{
	static _Thread_local char unknown[4][32];
	static _Thread_local unsigned int turn;
	char *buf;

	for (size_t i = 0; i < n; i++)
		if (table[i].number == number)
			return table[i].text;
	buf = unknown[turn++ % 4];
	snprintf(buf, sizeof(unknown[0]), "%s %u", kind, number);
	return buf;
}

static const struct name v1_exchanges[] = {
	{ 0, "none" },
	{ 1, "Base" },
	{ 2, "Identity Protection" },
	{ 3, "Authentication Only" },
	{ 4, "Aggressive" },
	{ 5, "Informational" },
	{ 6, "Transaction" },
	{ 32, "Quick Mode" },
	{ 33, "New Group Mode" },
};

const char *v1_exchange_name(uint8_t type)
{
	return name_of(v1_exchanges, sizeof(v1_exchanges) / sizeof(v1_exchanges[0]), "exchange", type);
}

static const struct name v1_payloads[] = {
	{ 0, "none" },
	{ 1, "SA" },
	{ 2, "P" },
	{ 3, "T" },
	{ 4, "KE" },
	{ 5, "ID" },
	{ 6, "CERT" },
	{ 7, "CR" },
	{ 8, "HASH" },
	{ 9, "SIG" },
	{ 10, "NONCE" },
	{ 11, "N" },
	{ 12, "D" },
	{ 13, "VID" },
	{ 14, "ATTR" },
	{ 15, "SAK" },
	{ 16, "SAT" },
	{ 17, "KD" },
	{ 18, "SEQ" },
	{ 19, "POP" },
	{ 20, "NAT-D" },
	{ 21, "NAT-OA" },
	{ 22, "GAP" },
	{ 130, "NAT-D (draft)" },
	{ 131, "NAT-OA (draft)" },
	{ 132, "FRAG" },
};

const char *v1_payload_name(uint8_t type)
{
	return name_of(v1_payloads, sizeof(v1_payloads) / sizeof(v1_payloads[0]), "payload", type);
}

static const struct name v1_dois[] = {
	{ 0, "ISAKMP" },
	{ 1, "IPsec" },
	{ 2, "GDOI" },
};

const char *v1_doi_name(uint8_t id)
{
	return name_of(v1_dois, sizeof(v1_dois) / sizeof(v1_dois[0]), "doi", id);
}

static const struct name v1_protocols[] = {
	{ 0, "none" },
	{ 1, "ISAKMP" },
	{ 2, "AH" },
	{ 3, "ESP" },
	{ 4, "IPCOMP" },
};

const char *v1_protocol_name(uint8_t id)
{
	return name_of(v1_protocols, sizeof(v1_protocols) / sizeof(v1_protocols[0]), "protocol", id);
}

static const struct name v1_isakmp_transforms[] = {
	{ 1, "KEY_IKE" },
};

const char *v1_isakmp_transform_name(uint8_t id)
{
	return name_of(v1_isakmp_transforms, sizeof(v1_isakmp_transforms) / sizeof(v1_isakmp_transforms[0]), "isakmp transform", id);
}

static const struct name v1_ah_transforms[] = {
	{ 2, "MD5" },
	{ 3, "SHA" },
	{ 4, "DES" },
	{ 5, "SHA2-256" },
	{ 6, "SHA2-384" },
	{ 7, "SHA2-512" },
	{ 8, "RIPEMD" },
	{ 9, "AES-XCBC-MAC" },
	{ 10, "RSA" },
	{ 11, "AES-128-GMAC" },
	{ 12, "AES-192-GMAC" },
	{ 13, "AES-256-GMAC" },
};

const char *v1_ah_transform_name(uint8_t id)
{
	return name_of(v1_ah_transforms, sizeof(v1_ah_transforms) / sizeof(v1_ah_transforms[0]), "ah transform", id);
}

static const struct name v1_esp_transforms[] = {
	{ 1, "DES_IV64" },
	{ 2, "DES" },
	{ 3, "3DES" },
	{ 4, "RC5" },
	{ 5, "IDEA" },
	{ 6, "CAST" },
	{ 7, "BLOWFISH" },
	{ 8, "3IDEA" },
	{ 9, "DES_IV32" },
	{ 10, "RC4" },
	{ 11, "NULL" },
	{ 12, "AES-CBC" },
	{ 13, "AES-CTR" },
	{ 14, "AES-CCM-8" },
	{ 15, "AES-CCM-12" },
	{ 16, "AES-CCM-16" },
	{ 18, "AES-GCM-8" },
	{ 19, "AES-GCM-12" },
	{ 20, "AES-GCM-16" },
	{ 21, "SEED-CBC" },
	{ 22, "CAMELLIA" },
	{ 23, "NULL_AUTH_AES-GMAC" },
};

const char *v1_esp_transform_name(uint8_t id)
{
	return name_of(v1_esp_transforms, sizeof(v1_esp_transforms) / sizeof(v1_esp_transforms[0]), "esp transform", id);
}

static const struct name v1_ipcomp_transforms[] = {
	{ 1, "OUI" },
	{ 2, "DEFLATE" },
	{ 3, "LZS" },
	{ 4, "LZJH" },
};

const char *v1_ipcomp_transform_name(uint8_t id)
{
	return name_of(v1_ipcomp_transforms, sizeof(v1_ipcomp_transforms) / sizeof(v1_ipcomp_transforms[0]), "ipcomp transform", id);
}

static const struct name v1_attrs[] = {
	{ 1, "encryption" },
	{ 2, "hash" },
	{ 3, "authentication" },
	{ 4, "group" },
	{ 5, "group type" },
	{ 6, "group prime" },
	{ 7, "group generator one" },
	{ 8, "group generator two" },
	{ 9, "group curve A" },
	{ 10, "group curve B" },
	{ 11, "life type" },
	{ 12, "life duration" },
	{ 13, "prf" },
	{ 14, "key length" },
	{ 15, "field size" },
	{ 16, "group order" },
};

const char *v1_attr_name(uint16_t type)
{
	return name_of(v1_attrs, sizeof(v1_attrs) / sizeof(v1_attrs[0]), "attr", type);
}

static const struct name v1_encryptions[] = {
	{ 1, "DES-CBC" },
	{ 2, "IDEA-CBC" },
	{ 3, "Blowfish-CBC" },
	{ 4, "RC5-CBC" },
	{ 5, "3DES-CBC" },
	{ 6, "CAST-CBC" },
	{ 7, "AES-CBC" },
	{ 8, "Camellia-CBC" },
};

const char *v1_encryption_name(uint16_t id)
{
	return name_of(v1_encryptions, sizeof(v1_encryptions) / sizeof(v1_encryptions[0]), "encryption", id);
}

static const struct name v1_hashs[] = {
	{ 1, "MD5" },
	{ 2, "SHA-1" },
	{ 3, "Tiger" },
	{ 4, "SHA2-256" },
	{ 5, "SHA2-384" },
	{ 6, "SHA2-512" },
};

const char *v1_hash_name(uint16_t id)
{
	return name_of(v1_hashs, sizeof(v1_hashs) / sizeof(v1_hashs[0]), "hash", id);
}

static const struct name v1_auth_methods[] = {
	{ 1, "pre-shared key" },
	{ 2, "DSS signatures" },
	{ 3, "RSA signatures" },
	{ 4, "RSA encryption" },
	{ 5, "revised RSA encryption" },
	{ 8, "ECDSA signatures" },
	{ 9, "ECDSA-256" },
	{ 10, "ECDSA-384" },
	{ 11, "ECDSA-521" },
	{ 64221, "HybridInitRSA" },
	{ 64222, "HybridRespRSA" },
	{ 64223, "HybridInitDSS" },
	{ 64224, "HybridRespDSS" },
	{ 65001, "XAUTHInitPreShared" },
	{ 65002, "XAUTHRespPreShared" },
	{ 65003, "XAUTHInitDSS" },
	{ 65004, "XAUTHRespDSS" },
	{ 65005, "XAUTHInitRSA" },
	{ 65006, "XAUTHRespRSA" },
	{ 65007, "XAUTHInitRSAEncryption" },
	{ 65008, "XAUTHRespRSAEncryption" },
	{ 65009, "XAUTHInitRSARevisedEncryption" },
	{ 65010, "XAUTHRespRSARevisedEncryption" },
};

const char *v1_auth_method_name(uint16_t id)
{
	return name_of(v1_auth_methods, sizeof(v1_auth_methods) / sizeof(v1_auth_methods[0]), "auth method", id);
}

static const struct name v1_group_types[] = {
	{ 1, "MODP" },
	{ 2, "ECP" },
	{ 3, "EC2N" },
};

const char *v1_group_type_name(uint16_t id)
{
	return name_of(v1_group_types, sizeof(v1_group_types) / sizeof(v1_group_types[0]), "group type", id);
}

static const struct name v1_life_types[] = {
	{ 1, "seconds" },
	{ 2, "kilobytes" },
};

const char *v1_life_type_name(uint16_t id)
{
	return name_of(v1_life_types, sizeof(v1_life_types) / sizeof(v1_life_types[0]), "life type", id);
}

static const struct name v1_ipsec_attrs[] = {
	{ 1, "life type" },
	{ 2, "life duration" },
	{ 3, "group" },
	{ 4, "encapsulation" },
	{ 5, "authentication" },
	{ 6, "key length" },
	{ 7, "key rounds" },
	{ 8, "compress dictionary size" },
	{ 9, "compress private algorithm" },
	{ 10, "ECN tunnel" },
	{ 11, "extended sequence number" },
	{ 12, "authentication key length" },
	{ 13, "signature encoding" },
	{ 14, "address preservation" },
	{ 15, "SA direction" },
};

const char *v1_ipsec_attr_name(uint16_t type)
{
	return name_of(v1_ipsec_attrs, sizeof(v1_ipsec_attrs) / sizeof(v1_ipsec_attrs[0]), "ipsec attr", type);
}

static const struct name v1_encapsulations[] = {
	{ 1, "tunnel" },
	{ 2, "transport" },
	{ 3, "UDP-encapsulated tunnel" },
	{ 4, "UDP-encapsulated transport" },
	{ 61443, "UDP-encapsulated tunnel (draft)" },
	{ 61444, "UDP-encapsulated transport (draft)" },
};

const char *v1_encapsulation_name(uint16_t id)
{
	return name_of(v1_encapsulations, sizeof(v1_encapsulations) / sizeof(v1_encapsulations[0]), "encapsulation", id);
}

static const struct name v1_authentications[] = {
	{ 1, "HMAC-MD5" },
	{ 2, "HMAC-SHA" },
	{ 3, "DES-MAC" },
	{ 4, "KPDK" },
	{ 5, "HMAC-SHA2-256" },
	{ 6, "HMAC-SHA2-384" },
	{ 7, "HMAC-SHA2-512" },
	{ 8, "HMAC-RIPEMD" },
	{ 9, "AES-XCBC-MAC" },
	{ 10, "SIG-RSA" },
	{ 11, "AES-128-GMAC" },
	{ 12, "AES-192-GMAC" },
	{ 13, "AES-256-GMAC" },
};

const char *v1_authentication_name(uint16_t id)
{
	return name_of(v1_authentications, sizeof(v1_authentications) / sizeof(v1_authentications[0]), "authentication", id);
}

static const struct name v1_ids[] = {
	{ 1, "IPv4 address" },
	{ 2, "FQDN" },
	{ 3, "user FQDN" },
	{ 4, "IPv4 subnet" },
	{ 5, "IPv6 address" },
	{ 6, "IPv6 subnet" },
	{ 7, "IPv4 range" },
	{ 8, "IPv6 range" },
	{ 9, "distinguished name" },
	{ 10, "general name" },
	{ 11, "key id" },
	{ 12, "list of ids" },
};

const char *v1_id_name(uint8_t type)
{
	return name_of(v1_ids, sizeof(v1_ids) / sizeof(v1_ids[0]), "id", type);
}

static const struct name v1_cert_encodings[] = {
	{ 0, "none" },
	{ 1, "PKCS #7 wrapped X.509" },
	{ 2, "PGP certificate" },
	{ 3, "DNS signed key" },
	{ 4, "X.509 certificate" },
	{ 5, "X.509 certificate, key exchange" },
	{ 6, "Kerberos tokens" },
	{ 7, "CRL" },
	{ 8, "ARL" },
	{ 9, "SPKI certificate" },
	{ 10, "X.509 attribute certificate" },
};

const char *v1_cert_encoding_name(uint8_t encoding)
{
	return name_of(v1_cert_encodings, sizeof(v1_cert_encodings) / sizeof(v1_cert_encodings[0]), "cert encoding", encoding);
}

static const struct name v1_notifys[] = {
	{ 1, "INVALID-PAYLOAD-TYPE" },
	{ 2, "DOI-NOT-SUPPORTED" },
	{ 3, "SITUATION-NOT-SUPPORTED" },
	{ 4, "INVALID-COOKIE" },
	{ 5, "INVALID-MAJOR-VERSION" },
	{ 6, "INVALID-MINOR-VERSION" },
	{ 7, "INVALID-EXCHANGE-TYPE" },
	{ 8, "INVALID-FLAGS" },
	{ 9, "INVALID-MESSAGE-ID" },
	{ 10, "INVALID-PROTOCOL-ID" },
	{ 11, "INVALID-SPI" },
	{ 12, "INVALID-TRANSFORM-ID" },
	{ 13, "ATTRIBUTES-NOT-SUPPORTED" },
	{ 14, "NO-PROPOSAL-CHOSEN" },
	{ 15, "BAD-PROPOSAL-SYNTAX" },
	{ 16, "PAYLOAD-MALFORMED" },
	{ 17, "INVALID-KEY-INFORMATION" },
	{ 18, "INVALID-ID-INFORMATION" },
	{ 19, "INVALID-CERT-ENCODING" },
	{ 20, "INVALID-CERTIFICATE" },
	{ 21, "CERT-TYPE-UNSUPPORTED" },
	{ 22, "INVALID-CERT-AUTHORITY" },
	{ 23, "INVALID-HASH-INFORMATION" },
	{ 24, "AUTHENTICATION-FAILED" },
	{ 25, "INVALID-SIGNATURE" },
	{ 26, "ADDRESS-NOTIFICATION" },
	{ 27, "NOTIFY-SA-LIFETIME" },
	{ 28, "CERTIFICATE-UNAVAILABLE" },
	{ 29, "UNSUPPORTED-EXCHANGE-TYPE" },
	{ 30, "UNEQUAL-PAYLOAD-LENGTHS" },
	{ 16384, "CONNECTED" },
	{ 24576, "RESPONDER-LIFETIME" },
	{ 24577, "REPLAY-STATUS" },
	{ 24578, "INITIAL-CONTACT" },
	{ 36136, "R-U-THERE" },
	{ 36137, "R-U-THERE-ACK" },
	{ 40501, "CISCO-LOAD-BALANCE" },
	{ 40503, "CISCO-PRESHARED-KEY-HASH" },
};

const char *v1_notify_name(uint16_t type)
{
	return name_of(v1_notifys, sizeof(v1_notifys) / sizeof(v1_notifys[0]), "notify", type);
}

static const struct name config_types[] = {
	{ 1, "REQUEST" },
	{ 2, "REPLY" },
	{ 3, "SET" },
	{ 4, "ACK" },
};

const char *config_type_name(uint8_t id)
{
	return name_of(config_types, sizeof(config_types) / sizeof(config_types[0]), "config type", id);
}

static const struct name config_attrs[] = {
	{ 1, "INTERNAL_IP4_ADDRESS" },
	{ 2, "INTERNAL_IP4_NETMASK" },
	{ 3, "INTERNAL_IP4_DNS" },
	{ 4, "INTERNAL_IP4_NBNS" },
	{ 5, "INTERNAL_ADDRESS_EXPIRY" },
	{ 6, "INTERNAL_IP4_DHCP" },
	{ 7, "APPLICATION_VERSION" },
	{ 8, "INTERNAL_IP6_ADDRESS" },
	{ 9, "INTERNAL_IP6_NETMASK" },
	{ 10, "INTERNAL_IP6_DNS" },
	{ 11, "INTERNAL_IP6_NBNS" },
	{ 12, "INTERNAL_IP6_DHCP" },
	{ 13, "INTERNAL_IP4_SUBNET" },
	{ 14, "SUPPORTED_ATTRIBUTES" },
	{ 15, "INTERNAL_IP6_SUBNET" },
	{ 16, "MIP6_HOME_PREFIX" },
	{ 17, "INTERNAL_IP6_LINK" },
	{ 18, "INTERNAL_IP6_PREFIX" },
	{ 19, "HOME_AGENT_ADDRESS" },
	{ 20, "P_CSCF_IP4_ADDRESS" },
	{ 21, "P_CSCF_IP6_ADDRESS" },
	{ 25, "INTERNAL_DNS_DOMAIN" },
	{ 26, "INTERNAL_DNSSEC_TA" },
	{ 16520, "XAUTH-TYPE" },
	{ 16521, "XAUTH-USER-NAME" },
	{ 16522, "XAUTH-USER-PASSWORD" },
	{ 16523, "XAUTH-PASSCODE" },
	{ 16524, "XAUTH-MESSAGE" },
	{ 16525, "XAUTH-CHALLENGE" },
	{ 16526, "XAUTH-DOMAIN" },
	{ 16527, "XAUTH-STATUS" },
	{ 16528, "XAUTH-NEXT-PIN" },
	{ 16529, "XAUTH-ANSWER" },
	{ 28672, "UNITY-BANNER" },
	{ 28673, "UNITY-SAVE-PASSWORD" },
	{ 28674, "UNITY-DEFAULT-DOMAIN" },
	{ 28675, "UNITY-SPLIT-DNS" },
	{ 28676, "UNITY-SPLIT-INCLUDE" },
	{ 28677, "UNITY-NATT-PORT" },
	{ 28678, "UNITY-LOCAL-LAN" },
	{ 28679, "UNITY-PFS" },
	{ 28680, "UNITY-FW-TYPE" },
	{ 28681, "UNITY-BACKUP-SERVERS" },
	{ 28682, "UNITY-DDNS-HOSTNAME" },
};

const char *config_attr_name(uint16_t type)
{
	return name_of(config_attrs, sizeof(config_attrs) / sizeof(config_attrs[0]), "config attr", type);
}
