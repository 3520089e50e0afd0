/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration as the engine sees it: one struct per connection, complete and checked.
 *
 * /etc/keyway/keyway.conf holds daemon-wide keys (section [keyway]); every other *.conf is one
 * connection, named by its file ("office.conf" -> "office"). keyway.conf(5) is the text for people.
 */
#ifndef KW_CONFIG_CONF_H
#define KW_CONFIG_CONF_H

#include "config/users.h"
#include "crypto/cert.h"
#include "crypto/modp.h"
#include "lib/addr.h"
#include "lib/secret.h"
#include "wire/handling.h"
#include "wire/proposal.h"
#include "wire/ts.h"

#define CONF_NAME_MAX 32

/* An identity as IKE carries it. */
struct ident {
	uint8_t type;		/* enum ike_id_type; 0 = not set / any */
	uint16_t len;
	uint8_t *data;		/* malloc()ed */
};

enum conf_auth { CONF_AUTH_PSK, CONF_AUTH_PUBKEY /* raw key */, CONF_AUTH_CERT, CONF_AUTH_EAP,
		 CONF_AUTH_XAUTH /* IKEv1: by nothing but his user's password */ };
enum conf_version { CONF_IKE2, CONF_IKE1 };
/* IKEv1: a user proves himself after the hosts (XAUTH). */
enum conf_xauth { CONF_XAUTH_NONE, CONF_XAUTH_SERVER /* the peer's */, CONF_XAUTH_CLIENT /* ours */ };
/* IKEv1: how raw RSA keys prove whose they are. */
enum conf_rsa {
	CONF_RSA_SIGNS,
	CONF_RSA_ENCRYPTS,	/* nonces and identities (RFC 2409 §5.2) */
	CONF_RSA_REVISED,	/* nonces (§5.3) */
};
/* IKEv1: what a lifetime means that who begins asks for. */
enum conf_life {
	CONF_LIFE_CLAIM,	/* the shorter one counts, and he is told */
	CONF_LIFE_OBEY,		/* his counts */
	CONF_LIFE_STRICT,	/* his counts, and is refused when it is longer than ours */
	CONF_LIFE_EXACT,	/* it must be ours */
};
/* What becomes of the packets that a file is about (RFC 4301 §4.4.1). */
enum conf_action {
	CONF_PROTECT,		/* a connection: they go to its peer in ESP */
	CONF_BYPASS,		/* a rule without a peer: they stay as they are ... */
	CONF_DISCARD,		/* ... or end here */
};

enum conf_start {
	CONF_START_NONE,	/* wait for the peer or `keyway up` */
	CONF_START_TRAP,
	CONF_START_UP,		/* wanted up */
};

/* Following peers from one address to another (RFC 4555). */
enum conf_mobike {
	CONF_MOBIKE_ANSWER,	/* with a peer that asks for it */
	CONF_MOBIKE_YES,	/* we ask for it too */
	CONF_MOBIKE_NO,
};

/* Another IKE SA with the same identities (RFC 7296 §2.4). */
enum conf_unique {
	CONF_UNIQUE_REPLACE,	/* replaces the older one */
	CONF_UNIQUE_KEEP,	/* is refused while the older one lives */
	CONF_UNIQUE_NEVER,	/* stands beside it */
};

/* OCSP responses that IKE carries (RFC 4806). */
enum conf_ocsp {
	CONF_OCSP_ANSWER,	/* the peer gets the one about our certificate if it asks */
	CONF_OCSP_ASK,		/* and we ask */
	CONF_OCSP_NO,
};

#define CONF_CHILDREN_MAX 16
#define CONF_SAS_MAX 4
#define CONF_CLASSES_MAX 7
#define CONF_EAP_MAX 8
#define CONF_POOLS_MAX 4
#define CONF_DNS_MAX 4
#define CONF_DOMAINS_MAX 8
#define CONF_LOOKUPS_MAX 4
#define CONF_DOMAIN_LEN 256

/* A child that the connection makes or lets its peer make. Times in seconds, 0 = never. */
struct conf_child {
	char name[CONF_NAME_MAX];	/* of its section; the connection's own child has the connection's name */
	bool transport;			/* between the two hosts alone, without a device */
	/* With transport, a selector of no family stands for the outer address of its side. */
	struct ts_list local_ts, remote_ts;
	/*
	 * Remote access; the nets of that side were left out. Of the client: the address that it is lent stands
	 * for them, and the list is what it can be. Of the gateway, here the client: it says what there is.
	 */
	bool local_virtual, remote_virtual;
	/*
	 * Transforms malloc()ed; with KE transforms when PFS. At least one of the two is there; both: AH around
	 * ESP, which IKEv1 alone can negotiate.
	 */
	struct proposal_list esp, ah;
	uint32_t rekey;			/* seconds; jittered */
	uint64_t rekey_bytes, rekey_packets;	/* 0 = none; hard limit = 5/4 of soft */
	uint32_t inactivity;		/* seconds without a packet, then it is deleted; 0 = never */
	/*
	 * Packets of these DSCPs (bit n is DSCP n) go by SAs of their own beside those for the rest (RFC 4301 §4.1).
	 * No DSCP is in two classes.
	 */
	uint64_t dscp_class[CONF_CLASSES_MAX];
	unsigned int n_dscp_class;
	struct handling handling;
};

enum conf_tcp { CONF_TCP_NO, CONF_TCP_FALLBACK /* where UDP is not answered */, CONF_TCP_ONLY };

/* Times in seconds, 0 = never. */
struct conf_conn {
	char name[CONF_NAME_MAX];
	char *file;
	/* of keys, values and the files they name: equal = reload leaves it alone. Computed from
	 * secrets too: not to be shown
	 */
	uint64_t digest;

	enum conf_action action;	/* of a rule, only action, priority and one child with nets and mark count */
	uint32_t priority;		/* of a rule among all policies: the smaller one is asked first */
	enum conf_start start;
	enum conf_version version;	/* the one IKE version that this connection speaks */

	/* who and where */
	struct ip_addr local_addr;	/* unset = any */
	char *remote_host;		/* name or address; NULL = any (responder only) */
	uint16_t remote_port;		/* 500 */
	/* default: the address, or the certificate's subject, or key */
	struct ident local_id;
	struct ident remote_id;		/* type 0 = whatever the credential proves */
	enum conf_unique unique;

	/* how each side proves itself */
	enum conf_auth local_auth, remote_auth;
	bool local_again, remote_again;	/* and by EAP behind that: of one side, which begins (RFC 4739) */
	struct kw_secret psk;
	struct kw_secret ppk;		/* mixed into the keys (RFC 8784); empty = none */
	char ppk_id[64];		/* what the two sides call it */
	bool ppk_required;
	struct sign_key *key;		/* local private key (raw key or certificate) */
	char *key_url;			/* NULL: it is no token's */
	struct kw_secret key_pin;	/* until key has it */
	struct cert *cert[8];		/* local chain, end entity first */
	unsigned int n_cert;
	struct verify_key *remote_key;	/* raw public key of the peer */
	struct cert_store *ca;		/* trusted issuers for the peer; knows revocation and crls too */
	struct crl_set *crls;		/* what they revoked, out of files; NULL: none. Not in the digest */
	enum revoke_mode revocation;
	char *lookup[CONF_LOOKUPS_MAX];	/* URLs below which the peer's certificates may be fetched */
	unsigned int n_lookup;
	bool lookup_any;		/* or anywhere on the public Internet */
	char *cert_url[8];		/* where each of cert can be had, in their order */
	unsigned int n_cert_url;
	char *bundle_url;		/* where all of cert can be had at once */
	enum conf_ocsp ocsp;
	struct cert *issuer;		/* of cert[0]; NULL: it is not at hand */
	bool rsa_pss;			/* prefer PSS when signing with RSA */
	uint8_t eap[CONF_EAP_MAX];	/* EAP methods (enum eap_type), the best first */
	unsigned int n_eap;
	char *eap_identity;		/* ours, when it is not `user` */
	char *user;			/* what we call ourselves where a password is asked for */
	struct kw_secret password;
	struct conf_users *users;	/* who may come with a password */
	char *pam;			/* IKEv1: the service that judges users; NULL: PAM does not */
	struct endpoint radius;		/* the server that judges EAP; unset = we do */
	struct kw_secret radius_secret;

	/* what is offered and accepted, in order of preference */
	struct proposal_list ike;	/* transforms malloc()ed */
	bool legacy;			/* weak algorithms were allowed by name */
	bool sha1;			/* HMAC-SHA1 is in ike or esp: on its way out (RFC 8247 §2.3, RFC 8221 §6) */
	bool ike_default;		/* ike was not written */
	enum conf_xauth xauth;
	enum conf_life life_policy;	/* IKEv1 */
	uint32_t parallel_sas;		/* IKEv1: that one quick mode asks for */
	bool commit_bit;		/* IKEv1: who begins a child waits for our word before it sends */
	bool config_push;		/* IKEv1: the gateway hands out addresses unasked */
	bool save_password;		/* IKEv1: told to Cisco's clients ... */
	char banner[512];		/* ... like this */
	bool aggressive;		/* IKEv1: aggressive mode in place of main mode ... */
	bool aggressive_psk;		/* ... even with a pre-shared key, which it exposes to guessing */
	enum conf_rsa rsa_encryption;	/* IKEv1 */
	bool dss;			/* IKEv1: keys may be DSA's, whose signatures are over SHA-1 */
	bool base_exchange;		/* IKEv1: in place of main mode ... */
	bool base_psk;			/* ... likewise, to whoever sees it */
	struct modp private_group;	/* IKEv1: a MODP group of our own; .p empty = none. Its prime is a safe one */
	bool private_any;		/* IKEv1: the peer may describe any */
	uint32_t ike_rekey;		/* seconds; jittered */
	uint32_t reauth;		/* seconds: prove ourselves again, by a new IKE SA beside the old one */

	/* the children, at least one, and the device they share */
	struct conf_child *child;
	unsigned int n_child;
	char device[16];		/* "kw-office"; the daemon makes it */
	char vrf[16];			/* that the device is in; "" = none */
	struct ip_addr device_addr[4];	/* addresses to put on it */
	uint8_t device_addr_bits[4];
	unsigned int n_device_addr;
	bool routes;			/* install routes for every remote_ts into the device */
	uint32_t mtu;			/* 0 = automatic */
	uint32_t replay_window;		/* packets */

	/* remote access: the gateway hands out, the client asks (RFC 7296 §3.15) */
	struct conf_pool {
		struct ip_range net;		/* as written */
		struct ip_range give;		/* without the ends of a net, which are no hosts' */
	} pool[CONF_POOLS_MAX];
	unsigned int n_pool;		/* > 0: a gateway */
	struct ip_addr dns[CONF_DNS_MAX];	/* told to the peers */
	unsigned int n_dns;
	char (*domain)[CONF_DOMAIN_LEN];	/* likewise, what they are asked about (RFC 8598); malloc()ed */
	unsigned int n_domain;
	struct ip_addr virtual_addr[2];	/* to ask for, each of one family: this one, or 0.0.0.0, :: for any */
	unsigned int n_virtual;		/* > 0: a client */
	bool peer_dns;			/* use the name servers that the gateway tells */

	/* network */
	/* seconds without inbound traffic before a liveness check */
	uint32_t dpd;
	uint32_t keepalive;		/* seconds between keepalives from behind a NAT (RFC 3948 §4) */
	uint16_t fragment_size;		/* largest IKE datagram (IP packet), 0 = no fragmentation */
	bool childless;			/* begin without a child when the peer lets us (RFC 6023) */
	char *redirect_to;		/* clients are sent to this gateway (RFC 5685); NULL: they are served */
	bool resume;			/* go on from an earlier IKE SA by a ticket (RFC 5723); let clients do so */
	bool crash_detection;		/* tokens that show that a side was restarted (RFC 6290) */
	bool redirect;			/* go to the gateway that ours sends us to (RFC 5685) */
	enum conf_mobike mobike;
	bool force_encap;		/* ESP in UDP even without a NAT */
	bool export_keys;		/* tell them, for whoever reads captures */
	enum conf_tcp tcp;		/* where we begin (RFC 9329) */
};

/* Does this side, or the peer, prove itself by EAP, alone or behind another proof? */
static inline bool conf_eap_client(const struct conf_conn *c)
{
	return c->local_auth == CONF_AUTH_EAP || c->local_again;
}

static inline bool conf_eap_server(const struct conf_conn *c)
{
	return c->remote_auth == CONF_AUTH_EAP || c->remote_again;
}

struct conf_daemon {
	uint32_t log_level;		/* enum log_level */
	uint32_t cookie_threshold;	/* half-open IKE SAs before cookies are asked for */
	uint32_t half_open_max;
	uint32_t half_open_per_peer;	/* of one IPv4 address or IPv6 /64 */
	uint32_t retransmit_ms;		/* first one */
	uint32_t retransmit_tries;
	uint16_t port, natt_port;	/* 500, 4500 */
	char link[16];			/* interface or VRF that IKE and ESP come and go by; "" = any */
	uint16_t tcp_port;		/* where TCP streams are accepted (RFC 9329); 0 = nowhere */
};

struct conf {
	struct conf_daemon daemon;
	unsigned int n;
	struct conf_conn **conn;	/* sorted by name */
};

/* One complaint: always with file and line (0 = whole file). */
struct conf_error {
	char file[128];
	unsigned int line;
	char text[320];
};
struct conf_errors {
	unsigned int n;
	struct conf_error e[32];	/* the first 32; n counts all */
};

/*
 * Read everything in dir. 0 and *out (owned by the caller), or -EINVAL with errors and nothing
 * made. Every error of every file is reported, not just the first. An unknown key names its nearest
 * spelling.
 */
int conf_load(const char *dir, struct conf **out, struct conf_errors *errors);
/* One connection file, for `keyway check FILE`. */
int conf_load_file(const char *path, struct conf_conn **out, struct conf_errors *errors);
/* The same from memory: files that it names are relative to dir. */
int conf_load_text(const char *name, const char *dir, struct kw_span text, struct conf_conn **out,
		   struct conf_errors *errors);
void conf_free(struct conf *conf);
void conf_conn_free(struct conf_conn *conn);	/* wipes secrets */
/* What the child is negotiated by: its proposals, of one protocol. Of AH around ESP those of ESP. */
const struct proposal_list *conf_child_offer(const struct conf_child *child);
uint8_t conf_child_protocol(const struct conf_child *child);	/* PROTO_ESP or PROTO_AH, likewise */
/* The nets of all tunnels on our side or behind the peer, each once. */
void conf_nets(const struct conf_conn *conn, bool remote, struct ts_list *out);

/* Identities: parse as in config ("gw.example.org", "user@example.org", "192.0.2.1", "CN=gw, O=x",
 * "keyid:0a0b", "fqdn:...", "any"), print for people in the same form, compare as IKE does (names
 * case-insensitive, DNs by value; an unset one equals nothing).
 */
int ident_parse(struct ident *id, const char *text);	/* 0, -EINVAL, -ENOMEM */
int ident_copy(struct ident *id, uint8_t type, struct kw_span data);
void ident_drop(struct ident *id);
bool ident_equal(const struct ident *a, uint8_t type, struct kw_span data);
#define IDENT_STRLEN 280
char *ident_print(char buf[IDENT_STRLEN], uint8_t type, struct kw_span data);

#endif
