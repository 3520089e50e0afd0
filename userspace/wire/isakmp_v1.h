/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every number of ISAKMP, the IPsec DOI and IKEv1: one line, one comment.
 *
 * wire/names_v1.c is made from the comments in this file by scripts/gen-names.sh ("16": looked up by 16 bits). IKEv2's numbers are in
 * isakmp.h. RFCs: 2407, 2408, 2409, 2412, 3526, 3547 (payloads), 3554, 3706, 3947, 4304, 4754;
 * draft-dukes-ike-mode-cfg-02, draft-beaulieu-ike-xauth-02, draft-ietf-ipsec-nat-t-ike-02 and -03.
 */
#ifndef KW_WIRE_ISAKMP_V1_H
#define KW_WIRE_ISAKMP_V1_H

#define ISAKMP_VERSION_1	0x10
#define V1_NONCE_MIN		8	/* RFC 2409 §5 */
#define V1_NONCE_MAX		256

/* Header flags, RFC 2408 §3.1 */
#define V1_FLAG_ENCRYPTION	0x01
#define V1_FLAG_COMMIT		0x02
#define V1_FLAG_AUTH_ONLY	0x04

/* names: v1_exchange */
enum v1_exchange_type {
	V1_EXCHANGE_NONE = 0,			/* none */
	V1_EXCHANGE_BASE = 1,			/* Base */
	V1_EXCHANGE_IDENTITY_PROTECTION = 2,	/* Identity Protection */
	V1_EXCHANGE_AUTHENTICATION_ONLY = 3,	/* Authentication Only */
	V1_EXCHANGE_AGGRESSIVE = 4,		/* Aggressive */
	V1_EXCHANGE_INFORMATIONAL = 5,		/* Informational */
	V1_EXCHANGE_TRANSACTION = 6,		/* Transaction */
	V1_EXCHANGE_QUICK_MODE = 32,		/* Quick Mode */
	V1_EXCHANGE_NEW_GROUP_MODE = 33,	/* New Group Mode */
};

/* names: v1_payload */
enum v1_payload_type {
	V1_PAYLOAD_NONE = 0,		/* none */
	V1_PAYLOAD_SA = 1,		/* SA */
	V1_PAYLOAD_PROPOSAL = 2,	/* P */
	V1_PAYLOAD_TRANSFORM = 3,	/* T */
	V1_PAYLOAD_KE = 4,		/* KE */
	V1_PAYLOAD_ID = 5,		/* ID */
	V1_PAYLOAD_CERT = 6,		/* CERT */
	V1_PAYLOAD_CERTREQ = 7,		/* CR */
	V1_PAYLOAD_HASH = 8,		/* HASH */
	V1_PAYLOAD_SIG = 9,		/* SIG */
	V1_PAYLOAD_NONCE = 10,		/* NONCE */
	V1_PAYLOAD_NOTIFICATION = 11,	/* N */
	V1_PAYLOAD_DELETE = 12,		/* D */
	V1_PAYLOAD_VENDOR = 13,		/* VID */
	V1_PAYLOAD_ATTRIBUTES = 14,	/* ATTR */
	V1_PAYLOAD_SA_KEK = 15,		/* SAK */
	V1_PAYLOAD_SA_TEK = 16,		/* SAT */
	V1_PAYLOAD_KEY_DOWNLOAD = 17,	/* KD */
	V1_PAYLOAD_SEQUENCE = 18,	/* SEQ */
	V1_PAYLOAD_POSSESSION = 19,	/* POP */
	V1_PAYLOAD_NATD = 20,		/* NAT-D */
	V1_PAYLOAD_NATOA = 21,		/* NAT-OA */
	V1_PAYLOAD_GAP = 22,		/* GAP */
	V1_PAYLOAD_NATD_DRAFT = 130,	/* NAT-D (draft) */
	V1_PAYLOAD_NATOA_DRAFT = 131,	/* NAT-OA (draft) */
	V1_PAYLOAD_FRAGMENT = 132,	/* FRAG */
};

/* names: v1_doi */
enum v1_doi {
	DOI_ISAKMP = 0,		/* ISAKMP */
	DOI_IPSEC = 1,		/* IPsec */
	DOI_GDOI = 2,		/* GDOI */
};

/* Situation of the IPsec DOI, RFC 2407 §4.2 */
#define SIT_IDENTITY_ONLY	0x01
#define SIT_SECRECY		0x02
#define SIT_INTEGRITY		0x04

/* names: v1_protocol */
enum v1_protocol_id {
	V1_PROTO_NONE = 0,	/* none */
	V1_PROTO_ISAKMP = 1,	/* ISAKMP */
	V1_PROTO_AH = 2,	/* AH */
	V1_PROTO_ESP = 3,	/* ESP */
	V1_PROTO_IPCOMP = 4,	/* IPCOMP */
};

/* names: v1_isakmp_transform */
enum v1_isakmp_transform {
	V1_KEY_IKE = 1,		/* KEY_IKE */
};

/* RFC 2407 §4.4.3 and IANA "IPSEC AH Transform Identifiers" */
/* names: v1_ah_transform */
enum v1_ah_transform {
	V1_AH_MD5 = 2,			/* MD5 */
	V1_AH_SHA = 3,			/* SHA */
	V1_AH_DES = 4,			/* DES */
	V1_AH_SHA2_256 = 5,		/* SHA2-256 */
	V1_AH_SHA2_384 = 6,		/* SHA2-384 */
	V1_AH_SHA2_512 = 7,		/* SHA2-512 */
	V1_AH_RIPEMD = 8,		/* RIPEMD */
	V1_AH_AES_XCBC_MAC = 9,		/* AES-XCBC-MAC */
	V1_AH_RSA = 10,			/* RSA */
	V1_AH_AES_128_GMAC = 11,	/* AES-128-GMAC */
	V1_AH_AES_192_GMAC = 12,	/* AES-192-GMAC */
	V1_AH_AES_256_GMAC = 13,	/* AES-256-GMAC */
};

/* RFC 2407 §4.4.4 and IANA "IPSEC ESP Transform Identifiers" */
/* names: v1_esp_transform */
enum v1_esp_transform {
	V1_ESP_DES_IV64 = 1,		/* DES_IV64 */
	V1_ESP_DES = 2,			/* DES */
	V1_ESP_3DES = 3,		/* 3DES */
	V1_ESP_RC5 = 4,			/* RC5 */
	V1_ESP_IDEA = 5,		/* IDEA */
	V1_ESP_CAST = 6,		/* CAST */
	V1_ESP_BLOWFISH = 7,		/* BLOWFISH */
	V1_ESP_3IDEA = 8,		/* 3IDEA */
	V1_ESP_DES_IV32 = 9,		/* DES_IV32 */
	V1_ESP_RC4 = 10,		/* RC4 */
	V1_ESP_NULL = 11,		/* NULL */
	V1_ESP_AES_CBC = 12,		/* AES-CBC */
	V1_ESP_AES_CTR = 13,		/* AES-CTR */
	V1_ESP_AES_CCM_8 = 14,		/* AES-CCM-8 */
	V1_ESP_AES_CCM_12 = 15,		/* AES-CCM-12 */
	V1_ESP_AES_CCM_16 = 16,		/* AES-CCM-16 */
	V1_ESP_AES_GCM_8 = 18,		/* AES-GCM-8 */
	V1_ESP_AES_GCM_12 = 19,		/* AES-GCM-12 */
	V1_ESP_AES_GCM_16 = 20,		/* AES-GCM-16 */
	V1_ESP_SEED_CBC = 21,		/* SEED-CBC */
	V1_ESP_CAMELLIA = 22,		/* CAMELLIA */
	V1_ESP_NULL_AUTH_AES_GMAC = 23,	/* NULL_AUTH_AES-GMAC */
};

/* names: v1_ipcomp_transform */
enum v1_ipcomp_transform {
	V1_IPCOMP_OUI = 1,	/* OUI */
	V1_IPCOMP_DEFLATE = 2,	/* DEFLATE */
	V1_IPCOMP_LZS = 3,	/* LZS */
	V1_IPCOMP_LZJH = 4,	/* LZJH */
};

/* Attributes of phase 1, RFC 2409 appendix A */
/* names: v1_attr 16 */
enum v1_attr_type {
	V1_ATTR_ENCRYPTION = 1,		/* encryption */
	V1_ATTR_HASH = 2,		/* hash */
	V1_ATTR_AUTH_METHOD = 3,	/* authentication */
	V1_ATTR_GROUP = 4,		/* group */
	V1_ATTR_GROUP_TYPE = 5,		/* group type */
	V1_ATTR_GROUP_PRIME = 6,	/* group prime */
	V1_ATTR_GROUP_GENERATOR_1 = 7,	/* group generator one */
	V1_ATTR_GROUP_GENERATOR_2 = 8,	/* group generator two */
	V1_ATTR_GROUP_CURVE_A = 9,	/* group curve A */
	V1_ATTR_GROUP_CURVE_B = 10,	/* group curve B */
	V1_ATTR_LIFE_TYPE = 11,		/* life type */
	V1_ATTR_LIFE_DURATION = 12,	/* life duration */
	V1_ATTR_PRF = 13,		/* prf */
	V1_ATTR_KEY_LENGTH = 14,	/* key length */
	V1_ATTR_FIELD_SIZE = 15,	/* field size */
	V1_ATTR_GROUP_ORDER = 16,	/* group order */
};

/* names: v1_encryption 16 */
enum v1_encryption {
	V1_ENCR_DES_CBC = 1,		/* DES-CBC */
	V1_ENCR_IDEA_CBC = 2,		/* IDEA-CBC */
	V1_ENCR_BLOWFISH_CBC = 3,	/* Blowfish-CBC */
	V1_ENCR_RC5_CBC = 4,		/* RC5-CBC */
	V1_ENCR_3DES_CBC = 5,		/* 3DES-CBC */
	V1_ENCR_CAST_CBC = 6,		/* CAST-CBC */
	V1_ENCR_AES_CBC = 7,		/* AES-CBC */
	V1_ENCR_CAMELLIA_CBC = 8,	/* Camellia-CBC */
};

/* names: v1_hash 16 */
enum v1_hash_algorithm {
	V1_HASH_MD5 = 1,	/* MD5 */
	V1_HASH_SHA = 2,	/* SHA-1 */
	V1_HASH_TIGER = 3,	/* Tiger */
	V1_HASH_SHA2_256 = 4,	/* SHA2-256 */
	V1_HASH_SHA2_384 = 5,	/* SHA2-384 */
	V1_HASH_SHA2_512 = 6,	/* SHA2-512 */
};

/* The XAUTH and hybrid methods are of draft-beaulieu-ike-xauth-02 and draft-ietf-ipsec-isakmp-hybrid-auth-05. */
/* names: v1_auth_method */
enum v1_auth_method {
	V1_AUTH_PSK = 1,			/* pre-shared key */
	V1_AUTH_DSS = 2,			/* DSS signatures */
	V1_AUTH_RSA = 3,			/* RSA signatures */
	V1_AUTH_RSA_ENCRYPTION = 4,		/* RSA encryption */
	V1_AUTH_RSA_REVISED = 5,		/* revised RSA encryption */
	V1_AUTH_ECDSA = 8,			/* ECDSA signatures */
	V1_AUTH_ECDSA_256 = 9,			/* ECDSA-256 */
	V1_AUTH_ECDSA_384 = 10,			/* ECDSA-384 */
	V1_AUTH_ECDSA_521 = 11,			/* ECDSA-521 */
	V1_AUTH_HYBRID_INIT_RSA = 64221,	/* HybridInitRSA */
	V1_AUTH_HYBRID_RESP_RSA = 64222,	/* HybridRespRSA */
	V1_AUTH_HYBRID_INIT_DSS = 64223,	/* HybridInitDSS */
	V1_AUTH_HYBRID_RESP_DSS = 64224,	/* HybridRespDSS */
	V1_AUTH_XAUTH_INIT_PSK = 65001,		/* XAUTHInitPreShared */
	V1_AUTH_XAUTH_RESP_PSK = 65002,		/* XAUTHRespPreShared */
	V1_AUTH_XAUTH_INIT_DSS = 65003,		/* XAUTHInitDSS */
	V1_AUTH_XAUTH_RESP_DSS = 65004,		/* XAUTHRespDSS */
	V1_AUTH_XAUTH_INIT_RSA = 65005,		/* XAUTHInitRSA */
	V1_AUTH_XAUTH_RESP_RSA = 65006,		/* XAUTHRespRSA */
	V1_AUTH_XAUTH_INIT_RSA_ENC = 65007,	/* XAUTHInitRSAEncryption */
	V1_AUTH_XAUTH_RESP_RSA_ENC = 65008,	/* XAUTHRespRSAEncryption */
	V1_AUTH_XAUTH_INIT_RSA_REV = 65009,	/* XAUTHInitRSARevisedEncryption */
	V1_AUTH_XAUTH_RESP_RSA_REV = 65010,	/* XAUTHRespRSARevisedEncryption */
};

/* names: v1_group_type 16 */
enum v1_group_type {
	V1_GROUP_TYPE_MODP = 1,	/* MODP */
	V1_GROUP_TYPE_ECP = 2,	/* ECP */
	V1_GROUP_TYPE_EC2N = 3,	/* EC2N */
};

/* Both phases count alike. */
/* names: v1_life_type 16 */
enum v1_life_type {
	V1_LIFE_SECONDS = 1,	/* seconds */
	V1_LIFE_KILOBYTES = 2,	/* kilobytes */
};

/* Attributes of phase 2, RFC 2407 §4.5 */
/* names: v1_ipsec_attr 16 */
enum v1_ipsec_attr_type {
	V1_IPSEC_ATTR_LIFE_TYPE = 1,		/* life type */
	V1_IPSEC_ATTR_LIFE_DURATION = 2,	/* life duration */
	V1_IPSEC_ATTR_GROUP = 3,		/* group */
	V1_IPSEC_ATTR_ENCAPSULATION = 4,	/* encapsulation */
	V1_IPSEC_ATTR_AUTHENTICATION = 5,	/* authentication */
	V1_IPSEC_ATTR_KEY_LENGTH = 6,		/* key length */
	V1_IPSEC_ATTR_KEY_ROUNDS = 7,		/* key rounds */
	V1_IPSEC_ATTR_DICTIONARY_SIZE = 8,	/* compress dictionary size */
	V1_IPSEC_ATTR_COMPRESS_PRIVATE = 9,	/* compress private algorithm */
	V1_IPSEC_ATTR_ECN_TUNNEL = 10,		/* ECN tunnel */
	V1_IPSEC_ATTR_ESN = 11,			/* extended sequence number */
	V1_IPSEC_ATTR_AUTH_KEY_LENGTH = 12,	/* authentication key length */
	V1_IPSEC_ATTR_SIGNATURE_ENCODING = 13,	/* signature encoding */
	V1_IPSEC_ATTR_ADDRESS_PRESERVATION = 14, /* address preservation */
	V1_IPSEC_ATTR_SA_DIRECTION = 15,	/* SA direction */
};

/* names: v1_encapsulation 16 */
enum v1_encapsulation {
	V1_ENCAP_TUNNEL = 1,			/* tunnel */
	V1_ENCAP_TRANSPORT = 2,			/* transport */
	V1_ENCAP_UDP_TUNNEL = 3,		/* UDP-encapsulated tunnel */
	V1_ENCAP_UDP_TRANSPORT = 4,		/* UDP-encapsulated transport */
	V1_ENCAP_UDP_TUNNEL_DRAFT = 61443,	/* UDP-encapsulated tunnel (draft) */
	V1_ENCAP_UDP_TRANSPORT_DRAFT = 61444,	/* UDP-encapsulated transport (draft) */
};

/* names: v1_authentication 16 */
enum v1_authentication {
	V1_INTEG_HMAC_MD5 = 1,		/* HMAC-MD5 */
	V1_INTEG_HMAC_SHA = 2,		/* HMAC-SHA */
	V1_INTEG_DES_MAC = 3,		/* DES-MAC */
	V1_INTEG_KPDK = 4,		/* KPDK */
	V1_INTEG_HMAC_SHA2_256 = 5,	/* HMAC-SHA2-256 */
	V1_INTEG_HMAC_SHA2_384 = 6,	/* HMAC-SHA2-384 */
	V1_INTEG_HMAC_SHA2_512 = 7,	/* HMAC-SHA2-512 */
	V1_INTEG_HMAC_RIPEMD = 8,	/* HMAC-RIPEMD */
	V1_INTEG_AES_XCBC_MAC = 9,	/* AES-XCBC-MAC */
	V1_INTEG_SIG_RSA = 10,		/* SIG-RSA */
	V1_INTEG_AES_128_GMAC = 11,	/* AES-128-GMAC */
	V1_INTEG_AES_192_GMAC = 12,	/* AES-192-GMAC */
	V1_INTEG_AES_256_GMAC = 13,	/* AES-256-GMAC */
};

/* RFC 2407 §4.6.2.1, RFC 3554 for the list */
/* names: v1_id */
enum v1_id_type {
	V1_ID_IPV4_ADDR = 1,		/* IPv4 address */
	V1_ID_FQDN = 2,			/* FQDN */
	V1_ID_USER_FQDN = 3,		/* user FQDN */
	V1_ID_IPV4_ADDR_SUBNET = 4,	/* IPv4 subnet */
	V1_ID_IPV6_ADDR = 5,		/* IPv6 address */
	V1_ID_IPV6_ADDR_SUBNET = 6,	/* IPv6 subnet */
	V1_ID_IPV4_ADDR_RANGE = 7,	/* IPv4 range */
	V1_ID_IPV6_ADDR_RANGE = 8,	/* IPv6 range */
	V1_ID_DER_ASN1_DN = 9,		/* distinguished name */
	V1_ID_DER_ASN1_GN = 10,		/* general name */
	V1_ID_KEY_ID = 11,		/* key id */
	V1_ID_LIST = 12,		/* list of ids */
};

/* RFC 2408 §3.9 */
/* names: v1_cert_encoding */
enum v1_cert_encoding {
	V1_CERT_NONE = 0,		/* none */
	V1_CERT_PKCS7 = 1,		/* PKCS #7 wrapped X.509 */
	V1_CERT_PGP = 2,		/* PGP certificate */
	V1_CERT_DNS_KEY = 3,		/* DNS signed key */
	V1_CERT_X509_SIGNATURE = 4,	/* X.509 certificate */
	V1_CERT_X509_EXCHANGE = 5,	/* X.509 certificate, key exchange */
	V1_CERT_KERBEROS = 6,		/* Kerberos tokens */
	V1_CERT_CRL = 7,		/* CRL */
	V1_CERT_ARL = 8,		/* ARL */
	V1_CERT_SPKI = 9,		/* SPKI certificate */
	V1_CERT_X509_ATTRIBUTE = 10,	/* X.509 attribute certificate */
};

/* RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5; the last ones are Cisco's own */
/* names: v1_notify */
enum v1_notify_type {
	V1_N_INVALID_PAYLOAD_TYPE = 1,		/* INVALID-PAYLOAD-TYPE */
	V1_N_DOI_NOT_SUPPORTED = 2,		/* DOI-NOT-SUPPORTED */
	V1_N_SITUATION_NOT_SUPPORTED = 3,	/* SITUATION-NOT-SUPPORTED */
	V1_N_INVALID_COOKIE = 4,		/* INVALID-COOKIE */
	V1_N_INVALID_MAJOR_VERSION = 5,		/* INVALID-MAJOR-VERSION */
	V1_N_INVALID_MINOR_VERSION = 6,		/* INVALID-MINOR-VERSION */
	V1_N_INVALID_EXCHANGE_TYPE = 7,		/* INVALID-EXCHANGE-TYPE */
	V1_N_INVALID_FLAGS = 8,			/* INVALID-FLAGS */
	V1_N_INVALID_MESSAGE_ID = 9,		/* INVALID-MESSAGE-ID */
	V1_N_INVALID_PROTOCOL_ID = 10,		/* INVALID-PROTOCOL-ID */
	V1_N_INVALID_SPI = 11,			/* INVALID-SPI */
	V1_N_INVALID_TRANSFORM_ID = 12,		/* INVALID-TRANSFORM-ID */
	V1_N_ATTRIBUTES_NOT_SUPPORTED = 13,	/* ATTRIBUTES-NOT-SUPPORTED */
	V1_N_NO_PROPOSAL_CHOSEN = 14,		/* NO-PROPOSAL-CHOSEN */
	V1_N_BAD_PROPOSAL_SYNTAX = 15,		/* BAD-PROPOSAL-SYNTAX */
	V1_N_PAYLOAD_MALFORMED = 16,		/* PAYLOAD-MALFORMED */
	V1_N_INVALID_KEY_INFORMATION = 17,	/* INVALID-KEY-INFORMATION */
	V1_N_INVALID_ID_INFORMATION = 18,	/* INVALID-ID-INFORMATION */
	V1_N_INVALID_CERT_ENCODING = 19,	/* INVALID-CERT-ENCODING */
	V1_N_INVALID_CERTIFICATE = 20,		/* INVALID-CERTIFICATE */
	V1_N_CERT_TYPE_UNSUPPORTED = 21,	/* CERT-TYPE-UNSUPPORTED */
	V1_N_INVALID_CERT_AUTHORITY = 22,	/* INVALID-CERT-AUTHORITY */
	V1_N_INVALID_HASH_INFORMATION = 23,	/* INVALID-HASH-INFORMATION */
	V1_N_AUTHENTICATION_FAILED = 24,	/* AUTHENTICATION-FAILED */
	V1_N_INVALID_SIGNATURE = 25,		/* INVALID-SIGNATURE */
	V1_N_ADDRESS_NOTIFICATION = 26,		/* ADDRESS-NOTIFICATION */
	V1_N_NOTIFY_SA_LIFETIME = 27,		/* NOTIFY-SA-LIFETIME */
	V1_N_CERTIFICATE_UNAVAILABLE = 28,	/* CERTIFICATE-UNAVAILABLE */
	V1_N_UNSUPPORTED_EXCHANGE_TYPE = 29,	/* UNSUPPORTED-EXCHANGE-TYPE */
	V1_N_UNEQUAL_PAYLOAD_LENGTHS = 30,	/* UNEQUAL-PAYLOAD-LENGTHS */
	V1_N_CONNECTED = 16384,			/* CONNECTED */
	V1_N_RESPONDER_LIFETIME = 24576,	/* RESPONDER-LIFETIME */
	V1_N_REPLAY_STATUS = 24577,		/* REPLAY-STATUS */
	V1_N_INITIAL_CONTACT = 24578,		/* INITIAL-CONTACT */
	V1_N_R_U_THERE = 36136,			/* R-U-THERE */
	V1_N_R_U_THERE_ACK = 36137,		/* R-U-THERE-ACK */
	V1_N_CISCO_LOAD_BALANCE = 40501,	/* CISCO-LOAD-BALANCE */
	V1_N_CISCO_PSK_HASH = 40503,		/* CISCO-PRESHARED-KEY-HASH */
};

/* RFC 2408 §3.14.1: below this a notify is an error. */
#define V1_N_STATUS_FIRST 16384

/* The attributes payload of the transaction exchange; IKEv2's CP payload has the same numbers. */
/* names: config_type */
enum config_type {
	CONFIG_REQUEST = 1,	/* REQUEST */
	CONFIG_REPLY = 2,	/* REPLY */
	CONFIG_SET = 3,		/* SET */
	CONFIG_ACK = 4,		/* ACK */
};

/* Both versions again: 1 to 15 as in RFC 7296 §3.15.1; XAUTH; Cisco Unity. */
/* names: config_attr */
enum config_attr_type {
	CONFIG_IP4_ADDRESS = 1,		/* INTERNAL_IP4_ADDRESS */
	CONFIG_IP4_NETMASK = 2,		/* INTERNAL_IP4_NETMASK */
	CONFIG_IP4_DNS = 3,		/* INTERNAL_IP4_DNS */
	CONFIG_IP4_NBNS = 4,		/* INTERNAL_IP4_NBNS */
	CONFIG_ADDRESS_EXPIRY = 5,	/* INTERNAL_ADDRESS_EXPIRY */
	CONFIG_IP4_DHCP = 6,		/* INTERNAL_IP4_DHCP */
	CONFIG_APPLICATION_VERSION = 7,	/* APPLICATION_VERSION */
	CONFIG_IP6_ADDRESS = 8,		/* INTERNAL_IP6_ADDRESS */
	CONFIG_IP6_NETMASK = 9,		/* INTERNAL_IP6_NETMASK */
	CONFIG_IP6_DNS = 10,		/* INTERNAL_IP6_DNS */
	CONFIG_IP6_NBNS = 11,		/* INTERNAL_IP6_NBNS */
	CONFIG_IP6_DHCP = 12,		/* INTERNAL_IP6_DHCP */
	CONFIG_IP4_SUBNET = 13,		/* INTERNAL_IP4_SUBNET */
	CONFIG_SUPPORTED_ATTRIBUTES = 14, /* SUPPORTED_ATTRIBUTES */
	CONFIG_IP6_SUBNET = 15,		/* INTERNAL_IP6_SUBNET */
	CONFIG_MIP6_HOME_PREFIX = 16,	/* MIP6_HOME_PREFIX */
	CONFIG_IP6_LINK = 17,		/* INTERNAL_IP6_LINK */
	CONFIG_IP6_PREFIX = 18,		/* INTERNAL_IP6_PREFIX */
	CONFIG_HOME_AGENT_ADDRESS = 19,	/* HOME_AGENT_ADDRESS */
	CONFIG_P_CSCF_IP4_ADDRESS = 20,	/* P_CSCF_IP4_ADDRESS */
	CONFIG_P_CSCF_IP6_ADDRESS = 21,	/* P_CSCF_IP6_ADDRESS */
	CONFIG_DNS_DOMAIN = 25,		/* INTERNAL_DNS_DOMAIN */
	CONFIG_DNSSEC_TA = 26,		/* INTERNAL_DNSSEC_TA */
	CONFIG_XAUTH_TYPE = 16520,	/* XAUTH-TYPE */
	CONFIG_XAUTH_USER_NAME = 16521,	/* XAUTH-USER-NAME */
	CONFIG_XAUTH_USER_PASSWORD = 16522, /* XAUTH-USER-PASSWORD */
	CONFIG_XAUTH_PASSCODE = 16523,	/* XAUTH-PASSCODE */
	CONFIG_XAUTH_MESSAGE = 16524,	/* XAUTH-MESSAGE */
	CONFIG_XAUTH_CHALLENGE = 16525,	/* XAUTH-CHALLENGE */
	CONFIG_XAUTH_DOMAIN = 16526,	/* XAUTH-DOMAIN */
	CONFIG_XAUTH_STATUS = 16527,	/* XAUTH-STATUS */
	CONFIG_XAUTH_NEXT_PIN = 16528,	/* XAUTH-NEXT-PIN */
	CONFIG_XAUTH_ANSWER = 16529,	/* XAUTH-ANSWER */
	CONFIG_UNITY_BANNER = 28672,	/* UNITY-BANNER */
	CONFIG_UNITY_SAVE_PASSWORD = 28673, /* UNITY-SAVE-PASSWORD */
	CONFIG_UNITY_DEFAULT_DOMAIN = 28674, /* UNITY-DEFAULT-DOMAIN */
	CONFIG_UNITY_SPLIT_DNS = 28675,	/* UNITY-SPLIT-DNS */
	CONFIG_UNITY_SPLIT_INCLUDE = 28676, /* UNITY-SPLIT-INCLUDE */
	CONFIG_UNITY_NATT_PORT = 28677,	/* UNITY-NATT-PORT */
	CONFIG_UNITY_LOCAL_LAN = 28678,	/* UNITY-LOCAL-LAN */
	CONFIG_UNITY_PFS = 28679,	/* UNITY-PFS */
	CONFIG_UNITY_FW_TYPE = 28680,	/* UNITY-FW-TYPE */
	CONFIG_UNITY_BACKUP_SERVERS = 28681, /* UNITY-BACKUP-SERVERS */
	CONFIG_UNITY_DDNS_HOSTNAME = 28682, /* UNITY-DDNS-HOSTNAME */
};

/* The Fragment payload's flag octet: no more pieces. */
#define V1_FRAGMENT_LAST 0x01

#endif
