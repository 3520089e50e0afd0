// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of a connection, one row each. How a value becomes a field is here, or in the file of
 * its subject: credential.c, certificate.c, access.c, phase1.c, handling.c.
 *
 * keyway.conf(5) describes every row of the table at the end: they change together.
 */
#include "config/conn.h"

#include "config/access.h"
#include "config/certificate.h"
#include "config/credential.h"
#include "config/handling.h"
#include "config/phase1.h"
#include "config/value.h"

#include <linux/keyway.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void set_action(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_PROTECT] = "protect", [CONF_BYPASS] = "bypass", [CONF_DISCARD] = "discard",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_action *)field = (enum conf_action)word;
}

static void set_start(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_START_NONE] = "none", [CONF_START_TRAP] = "trap", [CONF_START_UP] = "up",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_start *)field = (enum conf_start)word;
}

static void set_unique(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_UNIQUE_REPLACE] = "replace", [CONF_UNIQUE_KEEP] = "keep",
		[CONF_UNIQUE_NEVER] = "never",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_unique *)field = (enum conf_unique)word;
}

static void set_mobike(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	bool on;

	if (value_bool(value, &on))
		*(enum conf_mobike *)field = on ? CONF_MOBIKE_YES : CONF_MOBIKE_NO;
	else if (strcmp(value, "answer") != 0)
		reader_complain(r, r->line, "%s is yes, no or answer, not \"%.60s\"", key->name, value);
}

static void set_tcp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_TCP_NO] = "no", [CONF_TCP_FALLBACK] = "fallback", [CONF_TCP_ONLY] = "only",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_tcp *)field = (enum conf_tcp)word;
}

static void set_version(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { [CONF_IKE2] = "ike2", [CONF_IKE1] = "ike1" };
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_version *)field = (enum conf_version)word;
}

static void set_local(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ip_addr *addr = field;

	if (strcmp(value, "any") == 0)
		return;
	if (ip_addr_parse(addr, value) || ip_addr_is_any(addr))
		reader_complain(r, r->line, "%s is an address of this host or any, not \"%.60s\"",
				key->name, value);
}

#define HOST_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

bool conn_is_host_name(const char *s)
{
	size_t len = strlen(s);

	return len < 254 && s[0] != '-' && s[0] != '.' &&
	       strspn(s, HOST_LETTERS) == len;
}

static void set_remote(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	char **host = field;
	struct ip_addr addr;

	if (strcmp(value, "any") == 0)
		return;
	if (ip_addr_parse(&addr, value) == 0 ? ip_addr_is_any(&addr) : !conn_is_host_name(value)) {
		reader_complain(r, r->line, "%s is an address, a host name or any, not \"%.60s\"",
				key->name, value);
		return;
	}
	*host = strdup(value);
	if (!*host)
		reader_complain(r, r->line, "no memory");
}

static void set_gateway(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strcmp(value, "any") == 0)
		reader_complain(r, r->line, "%s is an address or a host name, not any", key->name);
	else
		set_remote(r, key, field, value);
}

/* Algorithm lists wait for each other (pfs, esp, ah): kept as text until the end of the file. */
static void set_text(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strlen(value) >= key->max)
		reader_complain(r, r->line, "%s is longer than %llu letters", key->name,
				(unsigned long long)key->max - 1);
	else
		memcpy(field, value, strlen(value) + 1);
}

/* One item of child-lifetime: the unit says which limit it is. */
static bool set_limit(struct conf_child *c, const char *item, const struct conf_key *key)
{
	size_t len = strlen(item);
	char number[24];
	uint32_t seconds;

	if (value_duration(item, &seconds)) {
		c->rekey = seconds;
		return seconds == 0 || (seconds >= key->min && seconds <= key->max);
	}
	if (value_size(item, &c->rekey_bytes))
		return c->rekey_bytes != 0;
	if (len < 2 || len >= sizeof(number) || item[len - 1] != 'p')
		return false;
	memcpy(number, item, len - 1);
	number[len - 1] = '\0';
	return value_number(number, UINT64_MAX / 2, &c->rekey_packets) &&
	       c->rekey_packets;
}

static void set_child_lifetime(struct conf_reader *r, const struct conf_key *key, void *field,
			       char *value)
{
	struct child_draft *d = field;
	char *item;

	while ((item = token_item(&value, ',')))
		if (!set_limit(&d->c, item, key))
			reader_complain(r, r->line,
					"%s is a time from %llu s on (3h), octets (10G), packets (1000000p) or a list: \"%.60s\"",
					key->name, (unsigned long long)key->min, item);
}

/* "[udp/1701]": of whatever address the connection has. */
static int dynamic_net(struct ts *ts, const char *item)
{
	char whole[128];
	int ret;

	snprintf(whole, sizeof(whole), "0.0.0.0/0%.100s", item);
	ret = ts_from_text(ts, whole);
	ts->range = (struct ip_range){ 0 };
	return ret;
}

static void set_mode(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "tunnel", "transport" };
	int word = reader_word(r, key, value, words, COUNT(words));

	*(bool *)field = word > 0;
}

static void set_nets(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ts_list *list = field;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (list->n == TS_MAX) {
			reader_complain(r, r->line, "%s has more than %d nets", key->name, TS_MAX);
			return;
		}
		if (item[0] == '[' ? dynamic_net(&list->ts[list->n], item) :
				     ts_from_text(&list->ts[list->n], item))
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not a net such as 10.1.0.0/16 or 10.1.0.0/16[tcp/443]",
					key->name, item);
		else
			list->n++;
	}
}

void set_device(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	const size_t max = sizeof(((struct conf_conn *)0)->device) - 1;
	size_t len = strlen(value);

	if (len > max)
		reader_complain(r, r->line, "%s \"%.60s\" has %zu letters, Linux allows %zu",
				key->name, value, len, max);
	else if (strpbrk(value, "/: \t%") || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
		reader_complain(r, r->line, "%s \"%.60s\" cannot be the name of a device",
				key->name, value);
	else
		memcpy(field, value, len + 1);
}

static void set_mtu(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strcmp(value, "auto") == 0)
		*(uint32_t *)field = 0;
	else
		set_u32(r, key, field, value);
}

static void set_replay_window(struct conf_reader *r, const struct conf_key *key, void *field,
			      char *value)
{
	uint32_t *window = field;

	set_u32(r, key, field, value);
	if (*window && *window < 32)
		reader_complain(r, r->line, "%s is 0 (no replay protection) or at least 32, not %u",
				key->name, *window);
}

static void set_fragmentation(struct conf_reader *r, const struct conf_key *key, void *field,
			      char *value)
{
	uint16_t *size = field;
	bool on;

	if (!value_bool(value, &on))
		set_u16(r, key, field, value);
	else if (!on)
		*size = 0;
}

#define C(member) .field = offsetof(struct conn_draft, c.member)
#define WHOLE .field = 0
#define TEXT(member) .field = offsetof(struct conn_draft, member), \
	.max = sizeof(((struct conn_draft *)0)->member)
#define HANDLING(at) .field = (at) + offsetof(struct child_draft, c.handling)
/* What a [child NAME] section may set too. */
#define CHILD_KEYS(at)									\
	{ "mode", set_mode, .field = (at) + offsetof(struct child_draft, c.transport) },	\
	{ "esp", set_text, .field = (at) + offsetof(struct child_draft, esp),		\
	  .max = sizeof(((struct child_draft *)0)->esp) },				\
	{ "ah", set_text, .field = (at) + offsetof(struct child_draft, ah),			\
	  .max = sizeof(((struct child_draft *)0)->ah) },				\
	{ "pfs", set_text, .field = (at) + offsetof(struct child_draft, pfs),		\
	  .max = sizeof(((struct child_draft *)0)->pfs) },				\
	{ "child-lifetime", set_child_lifetime, .field = (at), .min = 5, .max = 30 * DAY },	\
	{ "inactivity", set_duration, .min = 5, .max = 30 * DAY,				\
	  .field = (at) + offsetof(struct child_draft, c.inactivity) },				\
	{ "local-net", set_nets, .field = (at) + offsetof(struct child_draft, c.local_ts) },	\
	{ "remote-net", set_nets, .field = (at) + offsetof(struct child_draft, c.remote_ts) },	\
	{ "dscp", set_dscp, HANDLING(at) }, { "ecn", set_ecn, HANDLING(at) },		\
	{ "df", set_df, HANDLING(at) }, { "ttl", set_ttl, HANDLING(at) },			\
	{ "mss-clamp", set_mss_clamp, HANDLING(at) }, { "fragment", set_fragment, HANDLING(at) },	\
	{ "flow-label", set_flow_label, HANDLING(at) },						\
	{ "icmp-errors", set_icmp_errors, HANDLING(at) },					\
	{ "plaintext-in", set_plaintext_in, HANDLING(at) },					\
	{ "verify-checksums", set_verify_checksums, HANDLING(at) },				\
	{ "tfc", set_tfc, HANDLING(at) }, { "pfp", set_pfp, HANDLING(at) },			\
	{ "dscp-classes", set_dscp_classes, .field = (at) + offsetof(struct child_draft, c) },	\
	{ "mark", set_mark, HANDLING(at) }, { "set-mark", set_set_mark, HANDLING(at) }
#define DAY 86400

const struct conf_key conn_keys[] = {
	{ "action", set_action, C(action) },
	{ "priority", set_u32, C(priority), .min = 1, .max = 1000000 },
	{ "start", set_start, C(start) },
	{ "version", set_version, C(version) },
	{ "local", set_local, C(local_addr) },
	{ "remote", set_remote, C(remote_host) },
	{ "remote-port", set_u16, C(remote_port), .min = 1, .max = 65535 },
	{ "local-id", set_local_id, C(local_id) },
	{ "remote-id", set_ident, C(remote_id) },
	{ "unique", set_unique, C(unique) },

	{ "auth", set_auth, WHOLE },
	{ "psk", set_psk, C(psk) },
	{ "psk-file", set_psk_file, C(psk) },
	{ "ppk", set_psk, C(ppk) },
	{ "ppk-id", set_text, .field = offsetof(struct conn_draft, c.ppk_id),
	  .max = sizeof(((struct conf_conn *)0)->ppk_id) },
	{ "ppk-required", set_bool, C(ppk_required) },
	{ "key", set_key, WHOLE },
	{ "key-pin", set_psk, C(key_pin) },
	{ "key-pin-file", set_psk_file, C(key_pin) },
	{ "remote-key", set_remote_key, C(remote_key) },
	{ "cert", set_cert, WHOLE },
	{ "ca", set_ca, C(ca) },
	{ "crl", set_crl, C(crls) },
	{ "revocation", set_revocation, C(revocation) },
	{ "ocsp", set_ocsp, C(ocsp) },
	{ "cert-lookup", set_cert_lookup, WHOLE },
	{ "cert-url", set_cert_url, WHOLE },
	{ "cert-bundle-url", set_bundle_url, C(bundle_url) },
	{ "aggressive", set_aggressive, WHOLE },
	{ "rsa-encryption", set_rsa_encryption, C(rsa_encryption) },
	{ "dss", set_bool, C(dss) },
	{ "base-exchange", set_base, WHOLE },
	{ "private-group", set_private_group, WHOLE },
	{ "xauth", set_xauth, C(xauth) },
	{ "lifetime-policy", set_life_policy, C(life_policy) },
	{ "parallel-sas", set_u32, C(parallel_sas), .min = 1, .max = CONF_SAS_MAX },
	{ "commit-bit", set_bool, C(commit_bit) },
	{ "mode-config", set_mode_config, C(config_push) },
	{ "banner", set_text, C(banner), .max = sizeof(((struct conf_conn *)0)->banner) },
	{ "save-password", set_bool, C(save_password) },
	{ "rsa-pss", set_bool, C(rsa_pss) },
	{ "eap", set_eap, WHOLE },
	{ "eap-identity", set_name, C(eap_identity), .max = 253 },
	{ "user", set_name, C(user), .max = 253 },
	{ "password", set_psk, C(password) },
	{ "password-file", set_psk_file, C(password) },
	{ "users", set_users, C(users) },
	{ "pam", set_pam, C(pam), .max = 63 },
	{ "radius", set_server, C(radius.addr) },
	{ "radius-port", set_u16, C(radius.port), .min = 1, .max = 65535 },
	{ "radius-secret", set_psk, C(radius_secret) },

	{ "legacy", set_text, TEXT(legacy) },
	{ "ike", set_text, TEXT(ike) },
	{ "reauth", set_duration, C(reauth), .min = 10, .max = 30 * DAY },
	{ "ike-lifetime", set_duration, C(ike_rekey), .min = 10, .max = 30 * DAY },

	CHILD_KEYS(offsetof(struct conn_draft, child)),
	{ "address", set_address, WHOLE },
	{ "device", set_device, C(device) },
	{ "vrf", set_device, C(vrf) },
	{ "pool", set_pool, WHOLE },
	{ "dns", set_dns, WHOLE },
	{ "dns-domain", set_domain, WHOLE },
	{ "virtual-address", set_virtual, WHOLE },
	{ "peer-dns", set_bool, C(peer_dns) },
	{ "routes", set_bool, C(routes) },
	{ "mtu", set_mtu, C(mtu), .min = 576, .max = 65535 },

	{ "replay-window", set_replay_window, C(replay_window), .max = KEYWAY_REPLAY_MAX },
	{ "dpd", set_duration, C(dpd), .min = 1, .max = DAY },
	{ "keepalive", set_duration, C(keepalive), .min = 1, .max = DAY },
	{ "fragmentation", set_fragmentation, C(fragment_size), .min = 576, .max = 65535 },
	{ "childless", set_bool, C(childless) },
	{ "mobike", set_mobike, C(mobike) },
	{ "redirect", set_bool, C(redirect) },
	{ "redirect-to", set_gateway, C(redirect_to) },
	{ "resume", set_bool, C(resume) },
	{ "crash-detection", set_bool, C(crash_detection) },
	{ "encap", set_bool, C(force_encap) },
	{ "export-keys", set_bool, C(export_keys) },
	{ "tcp", set_tcp, C(tcp) },
};

const unsigned int conn_n_keys = COUNT(conn_keys);

_Static_assert(COUNT(conn_keys) <= READER_KEYS_MAX, "the reader has room for each key");

static const struct conf_key child_keys[] = { CHILD_KEYS(0) };

#define CHILD_SECTION "child "

static bool child_name_is_new(const struct conn_draft *d, const char *name)
{
	for (unsigned int i = 1; i < d->n_child; i++)
		if (strcmp(d->child[i].c.name, name) == 0)
			return false;
	return strcmp(d->c.name, name) != 0;
}

struct conf_reader *conn_open_section(struct conf_reader *r, const char *section, void *object,
				      void **into)
{
	struct conn_draft *d = object;
	const char *name = section + strlen(CHILD_SECTION);
	struct child_draft *child = &d->child[d->n_child];

	if (strncmp(section, CHILD_SECTION, strlen(CHILD_SECTION)) != 0)
		return NULL;
	name += strspn(name, " \t");
	if (d->n_child == CONF_CHILDREN_MAX) {
		reader_complain(r, r->line, "more than %d children", CONF_CHILDREN_MAX - 1);
		return r;
	}
	if (!conf_is_name(name))
		reader_complain(r, r->line, "\"%.60s\" cannot name a child: up to %d letters, digits and -._",
				name, CONF_NAME_MAX - 1);
	else if (!child_name_is_new(d, name))
		reader_complain(r, r->line, "a second child \"%s\"", name);
	d->n_child++;
	memset(child, 0, sizeof(*child));
	snprintf(child->c.name, sizeof(child->c.name), "%.31s", name);
	/* Sections come last: what the connection says of it is known. */
	child->c.handling = d->child[0].c.handling;
	memcpy(child->c.dscp_class, d->child[0].c.dscp_class, sizeof(child->c.dscp_class));
	child->c.n_dscp_class = d->child[0].c.n_dscp_class;
	child->c.inactivity = d->child[0].c.inactivity;
	child->r = (struct conf_reader){
		.path = r->path, .dir = r->dir, .errors = r->errors, .keys = child_keys,
		.n_keys = COUNT(child_keys),
	};
	*into = child;
	return &child->r;
}
