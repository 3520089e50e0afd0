// SPDX-License-Identifier: GPL-2.0
/* Connections as a whole: defaults, every key, and each way to be refused. */
#include "unit/config/fixture.h"
#include "wire/isakmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PSK "remote = 192.0.2.2\npsk = \"secret\"\n"
#define NETS "local-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n"
#define GOOD PSK NETS
#define PEER_KEY "ed25519:gKvuQDTlxNYGEDbkg0uL0Q2FhxTvSShqixRAPS38xFU="

static char *ident_text(const struct ident *id)
{
	static char text[IDENT_STRLEN];

	return ident_print(text, id->type, KW_SPAN(id->data, id->len));
}

static char *nets_text(const struct ts_list *list)
{
	static char text[1024];

	return ts_list_print(text, sizeof(text), list);
}

static void four_lines_are_a_connection(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD);

	assert_string_equal(c->name, "office");
	assert_int_equal(c->start, CONF_START_UP);
	assert_int_equal(c->local_auth, CONF_AUTH_PSK);
	assert_int_equal(c->remote_auth, CONF_AUTH_PSK);
	assert_true(kw_secret_equal(&c->psk, KW_SPAN_STR("secret")));
	assert_false(ip_addr_is_set(&c->local_addr));
	assert_string_equal(c->remote_host, "192.0.2.2");
	assert_int_equal(c->remote_port, 500);
	assert_string_equal(ident_text(&c->local_id), "any");
	assert_string_equal(ident_text(&c->remote_id), "any");
	assert_int_equal(c->ike.n, 3);
	assert_int_equal(c->child->esp.n, 3);
	assert_int_equal(c->ike_rekey, 4 * 3600);
	assert_int_equal(c->child->rekey, 3600);
	assert_int_equal(c->child->rekey_bytes, 0);
	assert_int_equal(c->child->rekey_packets, 0);
	assert_string_equal(nets_text(&c->child->local_ts), "10.1.0.0/16");
	assert_string_equal(nets_text(&c->child->remote_ts), "10.2.0.0/16");
	assert_string_equal(c->device, "kw-office");
	assert_int_equal(c->n_device_addr, 0);
	assert_true(c->routes);
	assert_int_equal(c->mtu, 0);
	assert_int_equal(c->replay_window, 1024);
	assert_int_equal(c->dpd, 30);
	assert_int_equal(c->keepalive, 20);
	assert_int_equal(c->fragment_size, 1280);
	assert_false(c->force_encap);
	assert_false(c->rsa_pss);
	conf_conn_free(c);
}

static void every_key_arrives(void **state)
{
	char line[1024];
	struct conf_conn *c = fixture_accept(*state,
		"[connection]\n"
		"start = trap\nlocal = 192.0.2.1\nremote = 192.0.2.2\nremote-port = 4500\n"
		"local-id = gw.example.org\nremote-id = user@example.org\nauth = psk\npsk = 0x0102\n"
		"rsa-pss = yes\nike = aes-gcm-16-128+x25519+prf-hmac-sha2-256\nesp = chacha20-poly1305+esn\n"
		"pfs = ecp-256\nike-lifetime = 8h\nchild-lifetime = 50m, 10G, 1000000p\n"
		"local-net = 10.1.0.0/16[tcp/443], 2001:db8:1::/48\n"
		"remote-net = 10.2.0.1-10.2.0.9, 2001:db8:2::/48[icmpv6/128]\n"
		"address = 10.9.0.1/24, fd00::1/64\ndevice = tunnel0\nroutes = no\nmtu = 1400\n"
		"replay-window = 64\ndpd = never\nfragmentation = 1400\nencap = yes\n");

	assert_int_equal(c->start, CONF_START_TRAP);
	assert_true(ip_addr_is_set(&c->local_addr));
	assert_int_equal(c->remote_port, 4500);
	assert_string_equal(ident_text(&c->local_id), "gw.example.org");
	assert_string_equal(ident_text(&c->remote_id), "user@example.org");
	assert_true(kw_secret_equal(&c->psk, KW_SPAN_STR("\x01\x02")));
	assert_true(c->rsa_pss);
	assert_string_equal(proposal_list_print(line, sizeof(line), &c->ike),
			    "ike: aes-gcm-16-128 / prf-hmac-sha2-256 / x25519");
	assert_string_equal(proposal_list_print(line, sizeof(line), &c->child->esp),
			    "esp: chacha20-poly1305 / ecp-256 / esn");
	assert_int_equal(c->ike_rekey, 8 * 3600);
	assert_int_equal(c->child->rekey, 3000);
	assert_int_equal(c->child->rekey_bytes, 10737418240);
	assert_int_equal(c->child->rekey_packets, 1000000);
	assert_string_equal(nets_text(&c->child->local_ts), "10.1.0.0/16[tcp/443], 2001:db8:1::/48");
	assert_string_equal(nets_text(&c->child->remote_ts),
			    "10.2.0.1-10.2.0.9, 2001:db8:2::/48[icmpv6/128]");
	assert_int_equal(c->n_device_addr, 2);
	assert_int_equal(c->device_addr_bits[0], 24);
	assert_int_equal(c->device_addr_bits[1], 64);
	assert_string_equal(c->device, "tunnel0");
	assert_false(c->routes);
	assert_int_equal(c->mtu, 1400);
	assert_int_equal(c->replay_window, 64);
	assert_int_equal(c->dpd, 0);
	assert_int_equal(c->fragment_size, 1400);
	assert_true(c->force_encap);
	conf_conn_free(c);
}

static void values_at_their_limits_are_accepted(void **state)
{
	static const char *const lines[] = {
		"start = none", "start = up", "local = any", "remote-port = 1", "remote-port = 65535",
		"rsa-pss = off", "ike-lifetime = 10s", "ike-lifetime = 30d", "ike-lifetime = never",
		"child-lifetime = 5s", "child-lifetime = 30d", "child-lifetime = 1K", "child-lifetime = 1p",
		"child-lifetime = never, 2T", "device = fifteen-letters", "routes = on", "mtu = auto",
		"mtu = 576", "mtu = 65535", "replay-window = 0", "replay-window = 32",
		"replay-window = 65536", "dpd = 1", "dpd = 1d", "dpd = 0", "fragmentation = yes",
		"fragmentation = no", "fragmentation = 576", "fragmentation = 65535", "encap = true",
		"pfs = no", "pfs = yes", "pfs = x25519", "auth = psk, psk",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), GOOD "%s\n", lines[i]);
		conf_conn_free(fixture_accept(*state, text));
	}
}

static void start_and_fragmentation_mean_what_they_say(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "start = none\nfragmentation = no\n");

	assert_int_equal(c->start, CONF_START_NONE);
	assert_int_equal(c->fragment_size, 0);
	conf_conn_free(c);
	c = fixture_accept(*state, GOOD "fragmentation = yes\npfs = yes\n");
	assert_int_equal(c->fragment_size, 1280);
	assert_int_equal(c->child->esp.p[1].n, 1 + 7 + 2);	/* cipher, groups, esn and no-esn */
	conf_conn_free(c);
}

static void sections_add_children(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "esp = aes-gcm-16-128\nchild-lifetime = 2h\n"
		"[child lab]\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\npfs = x25519\n"
		"[child dmz]\nremote-net = 10.5.0.0/16\nchild-lifetime = 10G\nesp = chacha20-poly1305\n");
	uint64_t digest = c->digest;

	assert_int_equal(c->n_child, 3);
	assert_string_equal(c->child[0].name, "office");
	assert_string_equal(nets_text(&c->child[0].remote_ts), "10.2.0.0/16");
	assert_string_equal(c->child[1].name, "lab");
	assert_string_equal(nets_text(&c->child[1].local_ts), "10.3.0.0/16");
	assert_int_equal(c->child[1].rekey, 7200);
	assert_int_equal(c->child[1].esp.p[0].t[0].key_bits, 128);
	assert_int_equal(c->child[1].esp.p[0].t[3].id, KE_CURVE25519);
	/* what a section leaves out is as above, but the nets behind the peer */
	assert_string_equal(nets_text(&c->child[2].local_ts), "10.1.0.0/16");
	assert_string_equal(nets_text(&c->child[2].remote_ts), "10.5.0.0/16");
	assert_int_equal(c->child[2].rekey_bytes, 10737418240);
	assert_int_equal(c->child[2].esp.p[0].t[0].id, ENCR_CHACHA20_POLY1305);
	conf_conn_free(c);
	c = fixture_accept(*state, GOOD "esp = aes-gcm-16-128\nchild-lifetime = 2h\n"
		"[child lab]\nlocal-net = 10.3.0.0/16\nremote-net = 10.4.0.0/16\npfs = x25519\n"
		"[child dmz]\nremote-net = 10.6.0.0/16\nchild-lifetime = 10G\nesp = chacha20-poly1305\n");
	assert_int_not_equal(c->digest, digest);
	conf_conn_free(c);
	c = fixture_accept(*state, "remote = gw\npsk = \"x\"\nlocal-net = 10.1.0.0/16\n"
		"[child only]\nremote-net = 10.4.0.0/16\n");
	assert_int_equal(c->n_child, 1);
	assert_string_equal(c->child[0].name, "only");
	conf_conn_free(c);
}

static void children_say_how_their_packets_are_handled(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "start = trap\ninactivity = 1m\n"
		"dscp = af41\nttl = copy\nmark = 0x10/0xf0\nset-mark = 9\n"
		"[child lab]\nremote-net = 10.4.0.0/16\ndscp = copy\necn = no\ndf = clear\nttl = 64\n"
		"mss-clamp = no\nmark = 7\ntfc = mtu\n[child dmz]\nremote-net = 10.5.0.0/16\ndf = set\ntfc = 500\n");
	const struct handling *h = &c->child[0].handling;

	assert_true(h->dscp_fixed && h->dscp == 34);
	assert_true(h->ttl_copied && !h->ttl);
	assert_true(h->mark == 0x10 && h->mark_mask == 0xf0 && h->set_mark == 9);
	assert_true(!h->no_ecn && !h->no_mss_clamp && h->df == HANDLING_DF_COPY);
	h = &c->child[1].handling;
	assert_true(!h->dscp_fixed && h->no_ecn && h->no_mss_clamp && h->df == HANDLING_DF_CLEAR);
	assert_true(!h->ttl_copied && h->ttl == 64);
	assert_int_equal(h->tfc, 65535);
	assert_true(h->mark == 7 && h->mark_mask == UINT32_MAX && h->set_mark == 9);
	/* what a section leaves out is as above */
	h = &c->child[2].handling;
	assert_int_equal(h->tfc, 500);
	assert_true(c->child[0].inactivity == 60 && c->child[1].inactivity == 60);
	assert_true(h->dscp_fixed && h->dscp == 34 && h->ttl_copied && h->df == HANDLING_DF_SET && h->mark == 0x10);
	conf_conn_free(c);
	c = fixture_accept(*state, GOOD);
	h = &c->child[0].handling;
	assert_true(!h->dscp_fixed && !h->no_ecn && !h->ttl && !h->ttl_copied && !h->no_mss_clamp && !h->df);
	assert_true(!h->mark_mask && !h->set_mark);
	conf_conn_free(c);
}

static void children_may_be_of_one_packet_each(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "start = trap\npfp = remote, remote-port\n"
		"[child lab]\nremote-net = 10.4.0.0/16\npfp = local\n"
		"[child dmz]\nremote-net = 10.5.0.0/16\n[child all]\nremote-net = 10.6.0.0/16\npfp = no\n");

	/* a port is one of a protocol */
	assert_int_equal(c->child[0].handling.pfp,
			 HANDLING_PFP_REMOTE | HANDLING_PFP_PROTO | HANDLING_PFP_REMOTE_PORT);
	assert_int_equal(c->child[1].handling.pfp, HANDLING_PFP_LOCAL);
	assert_int_equal(c->child[2].handling.pfp, c->child[0].handling.pfp);
	assert_int_equal(c->child[3].handling.pfp, 0);
	conf_conn_free(c);
}

static void rarer_wishes_about_packets(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "fragment = after\nflow-label = copy\nicmp-errors = no\n"
		"plaintext-in = yes\nverify-checksums = yes\n[child lab]\nremote-net = 10.4.0.0/16\nfragment = before\n"
		"flow-label = zero\nicmp-errors = yes\nplaintext-in = no\nverify-checksums = no\n");
	const struct handling *h = &c->child[0].handling;

	assert_true(h->fragment_after && h->flow_label_copied && h->no_icmp && h->plain_in && h->verify_csum);
	h = &c->child[1].handling;
	assert_false(h->fragment_after || h->flow_label_copied || h->no_icmp || h->plain_in || h->verify_csum);
	conf_conn_free(c);
}

static void dscps_have_names(void **state)
{
	static const struct {
		const char *line;
		uint8_t dscp;
	} rows[] = {
		{ "dscp = ef\n", 46 }, { "dscp = cs0\n", 0 }, { "dscp = cs6\n", 48 }, { "dscp = af11\n", 10 },
		{ "dscp = af43\n", 38 }, { "dscp = 0\n", 0 }, { "dscp = 63\n", 63 },
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_conn *c;

		snprintf(text, sizeof(text), "%s%s", GOOD, rows[i].line);
		c = fixture_accept(*state, text);
		assert_true(c->child[0].handling.dscp_fixed);
		assert_int_equal(c->child[0].handling.dscp, rows[i].dscp);
		conf_conn_free(c);
	}
}

static const char *offers_text(const struct conf_child *c)
{
	static char text[1024];
	size_t used;

	proposal_list_print(text, sizeof(text), &c->esp);
	used = strlen(text);
	if (c->ah.n)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", used ? " | " : "");
	if (c->ah.n)
		proposal_list_print(text + used, sizeof(text) - used, &c->ah);
	return text;
}

#define SHORT_ESP "esp = aes-gcm-16-128+no-esn\n"
#define SHORT_AH "ah = hmac-sha2-256-128+no-esn\n"
#define V1 "version = ike1\n"

/* AH stands in place of ESP, or with IKEv1 around it; a section that names one of them means that one. */
static void ah_is_written_as_esp_is(void **state)
{
	static const struct {
		const char *text, *first, *second;
	} rows[] = {
		{ GOOD "ah = yes\n", "ah: hmac-sha2-256-128, hmac-sha2-512-256 / esn, no-esn", NULL },
		{ GOOD SHORT_AH "pfs = x25519\n", "ah: hmac-sha2-256-128 / x25519 / no-esn", NULL },
		{ GOOD SHORT_ESP "ah = no\n", "esp: aes-gcm-16-128 / no-esn", NULL },
		{ GOOD SHORT_ESP SHORT_AH V1, "esp: aes-gcm-16-128 / no-esn | ah: hmac-sha2-256-128 / no-esn", NULL },
		{ GOOD SHORT_ESP SHORT_AH V1 "pfs = ecp-256\n",
		  "esp: aes-gcm-16-128 / ecp-256 / no-esn | ah: hmac-sha2-256-128 / ecp-256 / no-esn", NULL },
		{ GOOD SHORT_ESP "[child x]\nremote-net = 10.4.0.0/16\n" SHORT_AH, "esp: aes-gcm-16-128 / no-esn",
		  "ah: hmac-sha2-256-128 / no-esn" },
		{ GOOD SHORT_AH "[child x]\nremote-net = 10.4.0.0/16\n" SHORT_ESP, "ah: hmac-sha2-256-128 / no-esn",
		  "esp: aes-gcm-16-128 / no-esn" },
		{ GOOD SHORT_AH "[child x]\nremote-net = 10.4.0.0/16\n", "ah: hmac-sha2-256-128 / no-esn",
		  "ah: hmac-sha2-256-128 / no-esn" },
		{ GOOD SHORT_ESP SHORT_AH V1 "[child x]\nremote-net = 10.4.0.0/16\nah = no\n",
		  "esp: aes-gcm-16-128 / no-esn | ah: hmac-sha2-256-128 / no-esn", "esp: aes-gcm-16-128 / no-esn" },
		{ GOOD "ah = aes-256-gmac+no-esn\n" V1, "ah: aes-256-gmac / no-esn", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_conn *c = fixture_accept(*state, rows[i].text);

		assert_int_equal(c->n_child, rows[i].second ? 2 : 1);
		assert_string_equal(offers_text(&c->child[0]), rows[i].first);
		if (rows[i].second)
			assert_string_equal(offers_text(&c->child[1]), rows[i].second);
		assert_int_equal(conf_child_protocol(&c->child[0]),
				 conf_child_offer(&c->child[0])->p[0].protocol);
		conf_conn_free(c);
	}
}

static void a_rule_has_no_peer(void **state)
{
	struct conf_conn *c = fixture_accept(*state, "action = bypass\nlocal-net = [tcp/22]\n");
	struct conf_errors errors;
	struct conf *conf = NULL;

	assert_int_equal(c->action, CONF_BYPASS);
	assert_int_equal(c->priority, 500);
	assert_int_equal(c->n_child, 1);
	assert_string_equal(nets_text(&c->child->local_ts), "0.0.0.0/0[tcp/22], ::/0[tcp/22]");
	assert_string_equal(nets_text(&c->child->remote_ts), "0.0.0.0/0, ::/0");
	conf_conn_free(c);
	c = fixture_accept(*state, "action = discard\nremote-net = ::/0\npriority = 9\nmark = 3\n");
	assert_int_equal(c->action, CONF_DISCARD);
	assert_int_equal(c->priority, 9);
	assert_string_equal(nets_text(&c->child->local_ts), "::/0");
	assert_int_equal(c->child->handling.mark, 3);
	conf_conn_free(c);
	c = fixture_accept(*state, "action = protect\n" GOOD);
	assert_int_equal(c->action, CONF_PROTECT);
	conf_conn_free(c);
	fixture_refuse(*state, "action = drop\n" GOOD, 1, "protect, bypass or discard");
	fixture_refuse(*state, "action = discard\n", 0, "which packets?");
	fixture_refuse(*state, GOOD "priority = 9\n", 5, "priority is for");
	fixture_refuse(*state, "action = discard\nremote-net = 10.2.0.0/16\nremote = gw\n", 3, "has no peer");
	fixture_refuse(*state, "action = bypass\nremote-net = 10.2.0.0/16\ndscp = ef\n", 3, "has no peer");
	fixture_refuse(*state, "action = bypass\nremote-net = 10.2.0.0/16\n[child x]\nremote-net = 10.3.0.0/16\n", 0,
		       "no children");
	fixture_refuse(*state, "action = bypass\nlocal-net = ::/0\nremote-net = 10.2.0.0/16\n", 3, "same families");
	/* None has a device, so none takes another's. */
	fixture_write(*state, "a.conf", "action = bypass\nremote-net = 10.2.0.0/16\n", 0600);
	fixture_write(*state, "b.conf", "action = discard\nremote-net = 10.2.0.0/16\n", 0600);
	assert_int_equal(conf_load(*state, &conf, &errors), 0);
	assert_int_equal(conf->n, 2);
	conf_free(conf);
}

static void classes_are_sets_of_dscps(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "dscp-classes = ef+cs5, 0+af11\n"
		"[child lab]\nremote-net = 10.4.0.0/16\ndscp-classes = 63\n[child dmz]\nremote-net = 10.5.0.0/16\n"
		"[child all]\nremote-net = 10.6.0.0/16\ndscp-classes = none\n");

	assert_int_equal(c->child[0].n_dscp_class, 2);
	assert_true(c->child[0].dscp_class[0] == (1ull << 46 | 1ull << 40));
	assert_true(c->child[0].dscp_class[1] == (1ull << 0 | 1ull << 10));
	assert_int_equal(c->child[1].n_dscp_class, 1);
	assert_true(c->child[1].dscp_class[0] == 1ull << 63);
	assert_int_equal(c->child[2].n_dscp_class, 2);
	assert_int_equal(c->child[3].n_dscp_class, 0);
	conf_conn_free(c);
}

static void sha1_is_noticed(void **state)
{
	static const char *const with[] = {
		GOOD "ike = aes-cbc-128+hmac-sha1-96+modp-2048\n", GOOD "esp = aes-cbc-128+hmac-sha1-96\n",
		GOOD "ike = aes-gcm-16-128+prf-hmac-sha1+x25519\n", GOOD "ah = hmac-sha1-96\n",
	};
	struct conf_conn *c = fixture_accept(*state, GOOD);

	assert_false(c->sha1);
	conf_conn_free(c);
	for (unsigned int i = 0; i < 4; i++) {
		c = fixture_accept(*state, with[i]);
		assert_true(c->sha1);
		conf_conn_free(c);
	}
}

static void remote_access_needs_few_words(void **state)
{
	struct conf_conn *c = fixture_accept(*state, "remote = any\npsk = \"x\"\npool = 10.9.0.0/24, fd09::/64\n");
	char text[RANGE_STRLEN];

	assert_int_equal(c->n_child, 1);
	assert_string_equal(nets_text(&c->child->local_ts), "0.0.0.0/0, ::/0");
	assert_string_equal(nets_text(&c->child->remote_ts), "10.9.0.0/24, fd09::/64");
	assert_true(c->child->remote_virtual && !c->child->local_virtual);
	assert_string_equal(ip_range_print(text, &c->pool[0].give), "10.9.0.1-10.9.0.254");
	conf_conn_free(c);
	c = fixture_accept(*state, PSK "virtual-address = yes\n");
	assert_int_equal(c->n_virtual, 2);
	assert_string_equal(nets_text(&c->child->local_ts), "0.0.0.0/0, ::/0");
	assert_string_equal(nets_text(&c->child->remote_ts), "0.0.0.0/0, ::/0");
	assert_true(c->child->remote_virtual && c->child->local_virtual && c->peer_dns);
	conf_conn_free(c);
	c = fixture_accept(*state, PSK "virtual-address = 10.9.0.7\nremote-net = 10.1.0.0/16\n");
	assert_string_equal(nets_text(&c->child->local_ts), "0.0.0.0/0");
	assert_true(!c->child->remote_virtual && c->child->local_virtual);
	conf_conn_free(c);
	conf_conn_free(fixture_accept(*state, GOOD "virtual-address = no\n"));
}

static void wrong_lines_are_refused_with_number_and_reason(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *part;
	} rows[] = {
		{ GOOD "remot = x\n", 5, "unknown key \"remot\": did you mean remote?" },
		{ GOOD "local-networks = x\n", 5,
		  "unknown key \"local-networks\": did you mean local-net?" },
		{ GOOD "zebra = x\n", 5, "unknown key \"zebra\" (see keyway.conf(5))" },
		{ GOOD "mtu = 1400\nmtu = 1400\n", 6, "mtu is set twice, first in line 5" },
		{ GOOD "mtu =\n", 5, "mtu has no value" },
		{ GOOD "[keyway]\n", 5, "unknown section [keyway]" },
		{ GOOD "[child x]\nremote-net = 10.4.0.0/16\ndpd = 3s\n", 7, "unknown key \"dpd\"" },
		{ GOOD "[child x y]\nremote-net = 10.4.0.0/16\n", 5, "cannot name a child" },
		{ GOOD "[child office]\nremote-net = 10.4.0.0/16\n", 5, "a second child" },
		{ GOOD "[child x]\nesp = rot13\nremote-net = 10.4.0.0/16\n", 6, "esp: unknown" },
		{ GOOD "[child x]\n", 0, "remote-net is missing" },
		{ GOOD "nonsense\n", 5, "neither" },
		{ GOOD "start = yes\n", 5, "start is none, trap or up, not \"yes\"" },
		{ GOOD "local = gw\n", 5, "local is an address" },
		{ GOOD "local = 0.0.0.0\n", 5, "local is an address" },
		{ GOOD "local = 2001:db8::1\n", 5, "not of one family" },
		{ GOOD "local = 192.0.2.2\n", 1, "the same address" },
		{ GOOD "remote-port = 0\n", 5, "a number from 1 to 65535" },
		{ GOOD "remote-port = 65536\n", 5, "a number from 1 to 65535" },
		{ GOOD "local-id = two words\n", 5, "local-id is a name" },
		{ GOOD "local-id = any\n", 5, "local-id cannot be any" },
		{ GOOD "auth = rsa\n", 5, "auth is psk, pubkey, cert, eap or xauth, not \"rsa\"" },
		{ GOOD "auth = psk, psk, psk\n", 5, "at most two words" },
		{ GOOD "auth = psk, cert\nremote-id = x\n", 5, "ca is missing" },
		{ GOOD "psk-file = nowhere\n", 5, "nowhere: No such file" },
		{ GOOD "key = key.pem\n", 5, "key is set, but auth makes no use of it" },
		{ GOOD "rsa-pss = maybe\n", 5, "rsa-pss is yes or no" },
		{ GOOD "ike = aes-gcm-16\n", 5, "ike: aes-gcm-16 needs a key size" },
		{ GOOD "esp = rot13\n", 5, "esp: unknown algorithm" },
		{ GOOD "ah = rot13\n", 5, "ah: unknown algorithm" },
		{ GOOD "ah = aes-gcm-16-256\n", 5, "ah: AH encrypts nothing" },
		{ GOOD "ah = yes\nesp = aes-gcm-16-128\n", 5, "IKEv2 has no AH around ESP" },
		{ GOOD "[child x]\nremote-net = 10.4.0.0/16\nah = yes\nesp = aes-gcm-16-128\n", 7,
		  "IKEv2 has no AH around ESP" },
		{ GOOD "encap = yes\nah = yes\n", 6, "AH does not run in it" },
		{ GOOD "ah = yes\ntfc = mtu\n", 6, "tfc pads what ESP encrypts" },
		{ GOOD V1 "ah = aes-cmac-96\n", 6, "IKEv1 has no name for aes-cmac-96" },
		{ GOOD "ah = hmac-sha2-256-128+x25519\npfs = no\n", 6, "pfs is no, but ah names" },
		{ GOOD "ah = hmac-sha2-256-128+ke1-x25519\n", 5, "ah: an additional key exchange needs a first one" },
		{ GOOD "pfs = sometimes\n", 5, "pfs is yes, no or a list of groups" },
		{ GOOD "pfs = aes-gcm-16-128\n", 5, "is not a key exchange group" },
		{ GOOD "pfs = no\nesp = aes-gcm-16-128+x25519\n", 5, "pfs is no, but esp names" },
		{ GOOD "ike-lifetime = soon\n", 5, "ike-lifetime is a time such as" },
		{ GOOD "ike-lifetime = 1s\n", 5, "ike-lifetime is 1 s: between 10 and" },
		{ GOOD "child-lifetime = 10GB\n", 5, "child-lifetime is a time" },
		{ GOOD "child-lifetime = 0p\n", 5, "child-lifetime is a time" },
		{ GOOD "address = 10.0.0.1/33\n", 5, "not an address" },
		{ GOOD "address = 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5\n", 5,
		  "more than 4 addresses" },
		{ GOOD "device = a-name-too-long1\n", 5, "has 16 letters, Linux allows 15" },
		{ GOOD "device = a/b\n", 5, "cannot be the name of a device" },
		{ GOOD "device = ..\n", 5, "cannot be the name of a device" },
		{ GOOD "routes = 1\n", 5, "routes is yes or no" },
		{ GOOD "mtu = 500\n", 5, "mtu is a number from 576" },
		{ GOOD "replay-window = 31\n", 5, "at least 32" },
		{ GOOD "replay-window = 65537\n", 5, "a number from 0 to 65536" },
		{ GOOD "dpd = 2d\n", 5, "dpd is 172800 s" },
		{ GOOD "keepalive = 2d\n", 5, "keepalive is 172800 s" },
		{ GOOD "fragmentation = 100\n", 5, "a number from 576" },
		{ GOOD "dscp = 64\n", 5, "dscp is copy, a number from 0 to 63 or a name" },
		{ GOOD "dscp = af14\n", 5, "dscp is copy, a number from 0 to 63 or a name" },
		{ GOOD "dscp = cs8\n", 5, "dscp is copy, a number from 0 to 63 or a name" },
		{ GOOD "ecn = yes\n", 5, "ecn is copy or no" },
		{ GOOD "df = yes\n", 5, "df is copy, set or clear" },
		{ GOOD "ttl = 0\n", 5, "ttl is auto, copy or a number from 1 to 255" },
		{ GOOD "ttl = 256\n", 5, "ttl is auto, copy or a number from 1 to 255" },
		{ GOOD "mss-clamp = 1400\n", 5, "mss-clamp is yes or no" },
		{ GOOD "inactivity = 1m\n", 5, "inactivity goes with start = trap or none" },
		{ GOOD "start = trap\ninactivity = 1h\n", 6, "it has to be shorter than child-lifetime" },
		{ GOOD "start = trap\ninactivity = 4s\n", 6, "inactivity is 4 s: between 5 and" },
		{ GOOD "tfc = yes\n", 5, "tfc is no, mtu or a number of octets" },
		{ GOOD "tfc = 65536\n", 5, "tfc is no, mtu or a number of octets" },
		{ GOOD "version = ike1\ntfc = mtu\n", 6, "tfc is IKEv2's" },
		{ GOOD "redirect-to = any\n", 5, "redirect-to is an address or a host name" },
		{ GOOD "redirect-to = gw/2\n", 5, "redirect-to is an address, a host name" },
		{ GOOD "version = ike1\nredirect-to = 192.0.2.3\n", 6, "redirect-to needs version = ike2" },
		{ GOOD "dscp-classes = ef+64\n", 5, "DSCPs joined by +" },
		{ GOOD "dscp-classes = ef+cs5, cs5\n", 5, "a DSCP in two classes" },
		{ GOOD "dscp-classes = 1,2,3,4,5,6,7,8\n", 5, "more than 7 classes" },
		{ GOOD "version = ike1\ndscp-classes = ef\n", 6, "IKEv2 alone" },
		{ GOOD "start = trap\npfp = remote\ndscp-classes = ef\n", 7, "do not go with pfp" },
		{ GOOD "start = trap\npfp = port\n", 6, "pfp is no, local, remote, proto, local-port or remote-port" },
		{ GOOD "pfp = remote\n", 5, "start = trap" },
		{ GOOD "start = trap\npfp = remote\nreauth = 1h\n", 6, "reauth" },
		{ GOOD "version = ike1\nstart = trap\npfp = remote\n", 7, "IKEv2 alone" },
		{ GOOD "mark = 0x\n", 5, "mark is a number such as" },
		{ GOOD "mark = 4294967296\n", 5, "mark is a number such as" },
		{ GOOD "mark = -1\n", 5, "mark is a number such as" },
		{ GOOD "mark = 0x1f/0xf\n", 5, "mark: the mask 0xf leaves out bits of the mark 0x1f" },
		{ GOOD "mark = 0/0\n", 5, "mark: the mask 0x0" },
		{ GOOD "set-mark = 0\n", 5, "set-mark is a number" },
		{ PSK "mode = transport\ndscp = ef\n", 4, "dscp is of tunnel mode" },
		{ GOOD "[child x]\nmode = transport\nlocal-net = [udp]\nremote-net = [udp]\nttl = 1\n", 9, "ttl is of tunnel mode" },
		{ PSK "remote-net = 10.2.0.0/16\n", 0, "local-net is missing" },
		{ PSK "local-net = 10.1.0.0/16\n", 0, "remote-net is missing" },
		{ GOOD "pool = 10.9.0.1/24\n", 5, "is no net such as 10.9.0.0/24" },
		{ GOOD "pool = 10.9.0.0/24, 10.9.0.7\n", 5, "10.9.0.7/32 is in the pool twice" },
		{ GOOD "pool = 10.9.0.0/24\ndns = ns.example\n", 6, "not the address of a name server" },
		{ GOOD "pool = 10.9.0.0/24\ndns-domain = a b\n", 6, "is not a domain such as" },
		{ GOOD "dns = 10.1.0.1\n", 5, "dns is what a gateway tells its clients: it goes with pool" },
		{ GOOD "pool = 10.9.0.0/24\nvirtual-address = yes\n", 6, "not both" },
		{ GOOD "virtual-address = maybe\n", 5, "virtual-address is yes, no, or" },
		{ GOOD "virtual-address = yes, ipv4\n", 5, "virtual-address is yes, no, or" },
		{ GOOD "peer-dns = no\n", 5, "peer-dns goes with virtual-address" },
		{ "remote = any\npsk = \"x\"\nvirtual-address = yes\n", 3, "but remote is any" },
		{ PSK "mode = transport\nvirtual-address = yes\n", 4, "mode = transport has none" },
		{ PSK "local-net = 10.1.0.0/16\npool = 10.9.0.0/24, fd09::/64\n", 4,
		  "pool has fd09::/64, but local-net has no IPv6 net" },
		{ PSK "remote-net = 10.2.0.0/16, fd01::/64\nvirtual-address = ipv4\n", 3,
		  "remote-net has fd01::/64, but virtual-address has no IPv6 net" },
		{ PSK "local-net = 10.1.0.1/16\nremote-net = 10.2.0.0/16\n", 3,
		  "\"10.1.0.1/16\" is not a net" },
		{ PSK "local-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16, 2001:db8::/32\n", 4,
		  "remote-net has 2001:db8::/32, but local-net has no IPv6 net" },
		{ PSK "local-net = 10.1.0.0/16\nremote-net = 0.0.0.0/0\n", 4,
		  "contains the peer's own address" },
		{ "psk = \"x\"\n" NETS, 0, "remote is missing" },
		{ "remote = -x\npsk = \"x\"\n" NETS, 1,
		  "remote is an address, a host name or any" },
		{ "remote = ::\npsk = \"x\"\n" NETS, 1,
		  "remote is an address, a host name or any" },
		{ "remote = any\nstart = up\npsk = \"x\"\n" NETS, 2, "start must be none" },
		{ "remote = 192.0.2.2\npsk = text\n" NETS, 2, "psk is \"text in quotes\"" },
		{ "remote = 192.0.2.2\npsk = \"\"\n" NETS, 2, "psk has no value" },
		{ "remote = 192.0.2.2\n" NETS, 0, "nothing proves who the peer is" },
		{ "remote = 192.0.2.2\nremote-key = ed25519:AAAA\n" NETS, 2,
		  "remote-key is ed25519:BASE64" },
		{ GOOD "remote-key = " PEER_KEY "\n", 0, "say with auth which one counts" },
		{ GOOD "auth = psk\nremote-key = " PEER_KEY "\n", 6,
		  "remote-key is set, but auth makes no use" },
	};

	fixture_key(*state, "key.pem");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_refuse(*state, rows[i].text, rows[i].line, rows[i].part);
}

#define GATEWAY "remote = any\nauth = cert, eap\ncert = gw.crt\nkey = gw.key\n" NETS
#define CLIENT "remote = gw.example.org\nauth = eap, cert\nca = gw.crt\n" NETS
#define ALICE "user = alice\npassword = \"x\"\n"

static void eap_is_a_matter_of_three_lines(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_write(*state, "users", "# staff\nbob = \"b\"\nalice = \"a # b\" # boss\nEXAMPLE\\c d = 0x00ff\n",
		      0600);
	c = fixture_accept(*state, GATEWAY "users = users\n");
	assert_int_equal(c->local_auth, CONF_AUTH_CERT);
	assert_int_equal(c->remote_auth, CONF_AUTH_EAP);
	assert_int_equal(c->remote_id.type, 0);
	assert_int_equal(c->n_eap, 1);
	assert_int_equal(c->eap[0], 26);
	assert_int_equal(c->users->n, 3);
	assert_true(kw_secret_equal(&conf_users_find(c->users, KW_SPAN_STR("alice"))->secret,
				    KW_SPAN_STR("a # b")));
	assert_true(kw_secret_equal(&conf_users_find(c->users, KW_SPAN_STR("EXAMPLE\\c d"))->secret,
				    KW_SPAN_STR("\0\xff")));
	assert_null(conf_users_find(c->users, KW_SPAN_STR("alic")));
	assert_null(conf_users_find(c->users, KW_SPAN_STR("alice2")));
	assert_null(conf_users_find(c->users, KW_SPAN(NULL, 0)));
	conf_conn_free(c);
	c = fixture_accept(*state, GATEWAY "radius = 2001:db8::9\nradius-secret = \"x\"\nradius-port = 1645\n");
	assert_int_equal(c->radius.port, 1645);
	assert_int_equal(c->radius.addr.family, AF_INET6);
	assert_true(kw_secret_equal(&c->radius_secret, KW_SPAN_STR("x")));
	conf_conn_free(c);
	c = fixture_accept(*state, CLIENT ALICE "eap = gtc, mschapv2\neap-identity = somebody\n");
	assert_int_equal(c->local_auth, CONF_AUTH_EAP);
	assert_string_equal(c->user, "alice");
	assert_string_equal(c->eap_identity, "somebody");
	assert_true(kw_secret_equal(&c->password, KW_SPAN_STR("x")));
	assert_int_equal(c->n_eap, 2);
	assert_string_equal(ident_text(&c->remote_id), "gw.example.org");
	conf_conn_free(c);
}

static void what_does_not_go_with_eap_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *part;
	} rows[] = {
		{ GATEWAY, 2, "nothing to judge the peer's EAP by" },
		{ GATEWAY "users = nowhere\n", 7, "nowhere: No such file" },
		{ GATEWAY "users = open\n", 7, "lets everybody at it" },
		{ GATEWAY "users = users\nuser = x\n", 8, "user is set, but auth makes no use of it" },
		{ GATEWAY "users = users\neap = peap\n", 8, "eap is mschapv2" },
		{ GATEWAY "eap = tls\n", 2, "ca is missing" },
		{ GATEWAY "eap = mschapv2, tls\nca = gw.crt\n", 2, "users is missing" },
		{ GATEWAY "users = users\neap = md5, md5\n", 8, "eap names md5 twice" },
		{ GATEWAY "users = users\nstart = up\n", 8, "start must be none" },
		{ GATEWAY "users = users\nppk = \"x\"\nppk-id = y\n", 8, "a ppk cannot be used beside EAP" },
		{ GATEWAY "radius = 10.0.0.9\n", 2, "radius-secret is missing" },
		{ GATEWAY "radius = server\nradius-secret = \"x\"\n", 7, "radius is the address of a server" },
		{ GATEWAY "radius = 10.0.0.9\nradius-secret = \"x\"\neap = md5\n", 9, "chooses the EAP method" },
		{ GATEWAY "radius = 10.0.0.9\nradius-secret = \"x\"\nusers = users\n", 9, "users is set, but" },
		{ GATEWAY "users = users\nradius-port = 1645\n", 8, "radius-port is set, but" },
		{ CLIENT ALICE "radius = 10.0.0.9\nradius-secret = \"x\"\n", 8, "radius is set, but" },
		{ CLIENT, 2, "nothing to prove ourselves with by EAP" },
		{ CLIENT "user = alice\n", 2, "password is missing" },
		{ CLIENT "user = alice\neap = mschapv2\n", 2, "password is missing" },
		{ CLIENT "password = \"x\"\n", 2, "user is missing" },
		{ CLIENT "user = alice\npassword = x\n", 7, "password is \"text in quotes\"" },
		{ CLIENT ALICE "users = users\n", 8, "users is set, but auth makes no use of it" },
		{ "remote = gw\nauth = eap\nremote-id = any\neap = mschapv2\n" ALICE NETS, 4, "not safe" },
		{ "remote = gw\nauth = eap\ncert = gw.crt\nkey = gw.key\nca = gw.crt\nuser = x\n" NETS, 6,
		  "user is set, but auth makes no use of it" },
		{ "remote = gw\nauth = eap, psk\npsk = \"x\"\n" ALICE NETS, 2, "not by psk" },
		{ GOOD "user = alice\n", 5, "user is set, but auth makes no use of it" },
		{ GOOD "eap = md5\n", 5, "eap is set, but auth makes no use of it" },
	};

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_write(*state, "users", "alice = \"a\"\n", 0600);
	fixture_write(*state, "open", "alice = \"a\"\n", 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_refuse(*state, rows[i].text, rows[i].line, rows[i].part);
}

/* IKEv1's users: draft-beaulieu-ike-xauth-02. */
#define DIAL_IN "version = ike1\nremote = any\npsk = \"a\"\nlocal-id = gw.example.org\nlocal-net = 10.1.0.0/24\n"
#define DIAL_OUT "version = ike1\nremote = gw.example.org\npsk = \"a\"\nlocal-id = me.example.org\nvirtual-address = yes\n"

#define HYBRID "version = ike1\nremote = gw.example.org\nauth = xauth, cert\nca = gw.crt\n" NETS

static void xauth_asks_for_a_user(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_write(*state, "users", "alice = \"a\"\n", 0600);
	c = fixture_accept(*state, DIAL_IN "pool = 10.9.0.0/24\nxauth = server\nusers = users\n"
					   "mode-config = push\nbanner = Mind the gap\n");
	assert_int_equal(c->xauth, CONF_XAUTH_SERVER);
	assert_true(c->config_push && !c->save_password);
	assert_string_equal(c->banner, "Mind the gap");
	conf_conn_free(c);
	c = fixture_accept(*state, DIAL_OUT "xauth = client\nuser = alice\npassword = \"a\"\n");
	assert_int_equal(c->xauth, CONF_XAUTH_CLIENT);
	assert_string_equal(c->user, "alice");
	conf_conn_free(c);
	c = fixture_accept(*state, HYBRID "xauth = client\nuser = alice\npassword = \"a\"\n");
	assert_true(c->local_auth == CONF_AUTH_XAUTH && c->remote_auth == CONF_AUTH_CERT);
	conf_conn_free(c);
}

static void what_does_not_go_with_xauth_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *part;
	} rows[] = {
		{ DIAL_IN "pool = 10.9.0.0/24\nxauth = server\n", 7, "users is missing" },
		{ DIAL_IN "pool = 10.9.0.0/24\nxauth = server\nradius = 10.0.0.9\n", 0, "radius-secret is missing" },
		{ DIAL_IN "pool = 10.9.0.0/24\nxauth = server\nradius = 10.0.0.9\nradius-secret = \"x\"\nusers = users\n", 10,
		  "the RADIUS server judges" },
		{ DIAL_OUT "radius = 10.0.0.9\nradius-secret = \"x\"\n", 6, "auth makes no use of it" },
		{ DIAL_IN "pool = 10.9.0.0/24\n", 6, "all who know the pre-shared key would be one client" },
		{ DIAL_OUT "xauth = client\n", 6, "user is missing" },
		{ DIAL_OUT "xauth = client\nuser = alice\n", 6, "password is missing" },
		{ DIAL_OUT "xauth = client\nuser = alice\npassword = \"a\"\nusers = users\n", 9,
		  "auth makes no use of it" },
		{ DIAL_OUT "user = alice\n", 6, "auth makes no use of it" },
		{ DIAL_OUT "xauth = both\n", 6, "xauth" },
		{ "remote = gw\npsk = \"a\"\nmode-config = push\n" NETS, 3, "for IKEv1 alone" },
		{ "remote = gw\npsk = \"a\"\nxauth = server\n" NETS, 3, "for IKEv1 alone" },
		{ "remote = gw\npsk = \"a\"\nlifetime-policy = obey\n" NETS, 3, "for IKEv1 alone" },
		{ "remote = gw\nauth = xauth, cert\nca = gw.crt\n" NETS, 2, "IKEv2 has eap" },
		{ HYBRID "xauth = server\nusers = users\n", 3, "this needs xauth = client" },
		{ HYBRID, 3, "this needs xauth = client" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nrsa-encryption = yes\n" NETS, 4, "needs raw keys on both sides" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nbase-exchange = yes\n" NETS, 4, "base-exchange = with-psk" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nbase-exchange = with-psk\naggressive = with-psk\n" NETS, 4,
		  "one way of phase 1" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\npfs = private\n" NETS, 0, "needs private-group" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nike = aes-cbc-256+hmac-sha2-256-128+private\n"
		  "private-group = any\n" NETS, 4, "has to be known to both sides" },
		{ "remote = gw\npsk = \"a\"\npfs = private\n" NETS, 0, "is for IKEv1 alone" },
		{ "remote = gw\npsk = \"a\"\nprivate-group = any\n" NETS, 3, "for IKEv1 alone" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nprivate-group = users\n" NETS, 4, "no DH PARAMETERS in PEM" },
		{ "version = ike1\nremote = gw\npsk = \"a\"\nprivate-group = small.dh\n" NETS, 4,
		  "small.dh: its prime has less than 2048 bits" },
		{ "version = ike1\nremote = gw\nkey = gw.key\nremote-key = " PEER_KEY "\nrsa-encryption = revised\n" NETS, 5,
		  "needs RSA keys" },
		{ "version = ike1\nremote = any\npsk = \"a\"\nxauth = server\nusers = users\npam = keyway\n" NETS, 6,
		  "one of them judges" },
		{ "version = ike1\nremote = any\npsk = \"a\"\nxauth = server\npam = ../shadow\n" NETS, 5, "a name in /etc/pam.d" },
		{ DIAL_OUT "xauth = client\nuser = alice\npassword = \"a\"\npam = keyway\n", 9, "makes no use of it" },
		{ "remote = gw\npsk = \"a\"\npam = keyway\n" NETS, 3, "for IKEv1 alone" },
		{ "version = ike1\nremote = gw\nkey = dsa.key\nremote-key = " PEER_KEY "\n" NETS, 3, "write dss = yes" },
		{ "remote = gw\nkey = dsa.key\nremote-key = " PEER_KEY "\n" NETS, 2, "DSA keys are for IKEv1 alone" },
		{ "remote = gw\npsk = \"a\"\ndss = yes\n" NETS, 3, "for IKEv1 alone" },
		{ "version = ike1\nremote = gw\nkey = gw.key\nremote-key = " PEER_KEY "\ndss = yes\n" NETS, 5,
		  "key is no DSA key" },
		{ "version = ike1\nremote = gw\nauth = xauth, psk\npsk = \"a\"\nxauth = client\nuser = alice\n"
		  "password = \"a\"\n" NETS, 3, "the gateway proves itself by a certificate" },
	};

	fixture_dsa(*state, "dsa");
	fixture_cert(*state, "gw", "gw.example.org");
	fixture_write(*state, "small.dh",
		      "-----BEGIN DH PARAMETERS-----\nMAYCARcCAQU=\n-----END DH PARAMETERS-----\n", 0600);
	fixture_write(*state, "users", "alice = \"a\"\n", 0600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_refuse(*state, rows[i].text, rows[i].line, rows[i].part);
}

/* In the words and lines of the file of users itself. */
static void a_file_of_users_with_mistakes(void **state)
{
	static const struct {
		const char *users;
		unsigned int line;
		const char *part;
	} rows[] = {
		{ "alice = \"a\"\nbob\n", 2, "neither" },
		{ "alice = \"a\"\nbob = secret\n", 2, "the secret of bob is \"text in quotes\"" },
		{ "alice = \"\"\n", 1, "the secret of alice is" },
		{ "[staff]\nalice = \"a\"\n", 1, "no sections" },
		{ "alice = \"a\"\nbob = \"b\"\nalice = \"c\"\n", 0, "alice is there twice" },
		{ "# nobody\n", 0, "no user in the file" },
	};
	struct conf_errors errors;
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_write(*state, "users", rows[i].users, 0600);
		assert_int_equal(conf_load_text("office", *state, KW_SPAN_STR(GATEWAY "users = users\n"), &c,
						&errors), -22);
		assert_int_equal(errors.n, 1);
		assert_non_null(strstr(errors.e[0].file, "/users"));
		assert_int_equal(errors.e[0].line, rows[i].line);
		assert_non_null(strstr(errors.e[0].text, rows[i].part));
	}
}

static void a_name_is_too_long_for_linux_or_for_us(void **state)
{
	struct conf_errors errors;
	struct conf_conn *c;

	assert_int_equal(conf_load_text("a-very-long-name-of-31-letters-", *state,
					KW_SPAN_STR(GOOD), &c, &errors),
			 0);
	assert_string_equal(c->device, "kw-a-very-long-");
	conf_conn_free(c);
	assert_int_equal(conf_load_text("a-very-long-name-of-32-letters--", *state,
					KW_SPAN_STR(GOOD), &c, &errors),
			 -22);
	assert_true(fixture_complains(&errors, NULL, 0, "cannot name a connection"));
	assert_int_equal(conf_load_text("two words", *state, KW_SPAN_STR(GOOD), &c, &errors), -22);
	assert_true(fixture_complains(&errors, NULL, 0, "cannot name a connection"));
}

static void addresses_of_the_device_stand_for_local_net(void **state)
{
	struct conf_conn *c =
		fixture_accept(*state, PSK "address = 10.9.0.1/24\nremote-net = 10.2.0.0/16\n");

	assert_string_equal(nets_text(&c->child->local_ts), "10.9.0.1/32");
	conf_conn_free(c);
}

static void a_peer_anywhere_is_waited_for(void **state)
{
	struct conf_conn *c = fixture_accept(*state, "remote = any\npsk = \"x\"\n" NETS);

	assert_null(c->remote_host);
	assert_int_equal(c->start, CONF_START_NONE);
	conf_conn_free(c);
}

static void our_address_is_our_name_with_a_psk(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD "local = 192.0.2.1\n");

	assert_string_equal(ident_text(&c->local_id), "192.0.2.1");
	conf_conn_free(c);
}

static void raw_keys_name_themselves(void **state)
{
	struct conf_conn *c;

	fixture_key(*state, "key.pem");
	c = fixture_accept(*state, "remote = gw.example.org\nremote-key = " PEER_KEY "\n" NETS);
	assert_int_equal(c->local_auth, CONF_AUTH_PUBKEY);
	assert_int_equal(c->remote_auth, CONF_AUTH_PUBKEY);
	assert_non_null(c->key);
	assert_int_equal(c->local_id.type, ID_KEY_ID);
	assert_int_equal(c->local_id.len, 32);
	/* SHA-256 of the SubjectPublicKeyInfo, by openssl pkey -pubin -outform DER | sha256sum */
	assert_string_equal(
		ident_text(&c->remote_id),
		"keyid:9bf477bf29a3afd869de29d7c1346c9eb4257f3b4572dff4de871b8cc5af743d");
	conf_conn_free(c);
}

static void a_raw_key_needs_ours(void **state)
{
	fixture_refuse(*state, "remote = 192.0.2.2\nremote-key = " PEER_KEY "\n" NETS, 0,
		       "key.pem: No such file");
}

#define CERT "remote = 192.0.2.2\ncert = gw.crt\nkey = gw.key\nca = ca.crt\n" NETS

static void certificates_name_us_and_the_peer_must_be_named(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	c = fixture_accept(*state, CERT "remote-id = peer.example.org\n");
	assert_int_equal(c->local_auth, CONF_AUTH_CERT);
	assert_int_equal(c->remote_auth, CONF_AUTH_CERT);
	assert_int_equal(c->n_cert, 1);
	assert_int_equal(cert_store_count(c->ca), 1);
	assert_string_equal(ident_text(&c->local_id), "CN=gw.example.org");
	conf_conn_free(c);

	c = fixture_accept(*state,
			   "remote = peer.example.org\ncert = gw.crt\nkey = gw.key\nca = ca.crt\n"
			   "local-id = gw.example.org\n" NETS);
	assert_string_equal(ident_text(&c->remote_id), "peer.example.org");
	assert_string_equal(ident_text(&c->local_id), "gw.example.org");
	conf_conn_free(c);

	c = fixture_accept(*state, CERT "remote-id = any\n");
	assert_int_equal(c->remote_id.type, 0);
	conf_conn_free(c);

	fixture_refuse(*state, CERT, 1, "remote-id is missing");
	fixture_refuse(*state, CERT "remote-id = any\nlocal-id = other.example.org\n", 8,
		       "local-id is not in our own certificate");
}

static void keys_and_certificates_must_fit(void **state)
{
	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	fixture_write(*state, "text.crt", "nothing\n", 0644);
	fixture_refuse(*state, "remote = gw\ncert = gw.crt\nkey = ca.key\nca = ca.crt\n" NETS, 3,
		       "the private key does not belong to the certificate CN=gw.example.org");
	fixture_refuse(*state, "remote = gw\ncert = gw.crt\nca = ca.crt\n" NETS, 0,
		       "key is missing");
	fixture_refuse(*state, "remote = gw\ncert = gw.crt\nkey = gw.key\n" NETS, 0,
		       "ca is missing");
	fixture_refuse(*state, "remote = gw\ncert = text.crt\nkey = gw.key\nca = ca.crt\n" NETS, 2,
		       "text.crt");
	fixture_refuse(*state, "remote = gw\ncert = gw.crt\nkey = gw.crt\nca = ca.crt\n" NETS, 3,
		       "gw.crt");
	fixture_refuse(*state,
		       "remote = gw\ncert = gw.crt\nkey = gw.key\nca = ca.crt, no.crt\n" NETS, 4,
		       "no.crt: No such file");
	fixture_refuse(*state, "remote = gw\ncert = .\nkey = gw.key\nca = ca.crt\n" NETS, 2,
		       "is not a regular file");
}

static void one_side_by_psk_the_other_by_certificate(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "ca", "ca.example.org");
	c = fixture_accept(
		*state,
		"remote = gw.example.org\nauth = psk, cert\npsk = \"x\"\nca = ca.crt\n" NETS);
	assert_int_equal(c->local_auth, CONF_AUTH_PSK);
	assert_int_equal(c->remote_auth, CONF_AUTH_CERT);
	conf_conn_free(c);
}

static unsigned int lists_of(const char *dir, const char *text, uint64_t *digest)
{
	struct conf_conn *c = fixture_accept(dir, text);
	struct crl_set *set = cert_store_crls(c->ca);
	unsigned int n = set ? crl_set_count(set) : 0;

	*digest = c->digest;
	crl_set_put(set);
	conf_conn_free(c);
	return n;
}

static void lists_of_revoked_certificates(void **state)
{
	uint64_t digest, again;
	struct conf_conn *c;
	char path[256];

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	fixture_crl(*state, "ca", "one.crl");
	snprintf(path, sizeof(path), "%s/lists", (char *)*state);
	assert_int_equal(mkdir(path, 0755), 0);
	fixture_crl(*state, "ca", "lists/a.crl");
	fixture_crl(*state, "ca", "lists/b.pem");
	fixture_write(*state, "lists/README", "what is here", 0644);
	c = fixture_accept(*state, CERT "remote-id = any\n");
	assert_int_equal(cert_store_revoke(c->ca), REVOKE_RELAXED);
	assert_null(cert_store_crls(c->ca));
	conf_conn_free(c);
	c = fixture_accept(*state, CERT "remote-id = any\nrevocation = ifuri\n");
	assert_int_equal(cert_store_revoke(c->ca), REVOKE_IFURI);
	conf_conn_free(c);
	assert_int_equal(lists_of(*state, CERT "remote-id = any\ncrl = lists\n", &digest), 2);
	assert_int_equal(lists_of(*state, CERT "remote-id = any\ncrl = lists, one.crl\nrevocation = strict\n",
				  &again), 3);
	assert_true(digest != again);
	/* What stands in the lists is not the connection's. */
	fixture_crl(*state, "ca", "lists/c.crl");
	assert_int_equal(lists_of(*state, CERT "remote-id = any\ncrl = lists\n", &again), 3);
	assert_true(digest == again);

	fixture_refuse(*state, CERT "remote-id = any\ncrl = gw.crt\n", 8, "gw.crt: not a CRL");
	fixture_refuse(*state, CERT "remote-id = any\ncrl = none.crl\n", 8, "none.crl");
	fixture_refuse(*state, CERT "remote-id = any\ncrl = one.crl\nrevocation = off\n", 8,
		       "revocation = off makes no use of it");
	fixture_refuse(*state, CERT "remote-id = any\nrevocation = hard\n", 8, "strict");
	fixture_refuse(*state, "remote = gw\npsk = \"x\"\ncrl = one.crl\n" NETS, 3, "auth makes no use of it");
	fixture_write(*state, "lists/c.crl", "half of a", 0644);
	fixture_refuse(*state, CERT "remote-id = any\ncrl = lists\n", 8, "lists/c.crl: not a CRL");
	fixture_remove(*state, "lists/README");
	fixture_remove(*state, "lists/a.crl");
	fixture_remove(*state, "lists/b.pem");
	fixture_remove(*state, "lists/c.crl");
	rmdir(path);
}

/* EAP behind another proof (RFC 4739). */
static void two_proofs(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	c = fixture_accept(*state, CERT "remote-id = any\nauth = cert+eap, cert\nuser = u\npassword = \"p\"\n");
	assert_int_equal(c->local_auth, CONF_AUTH_CERT);
	assert_true(c->local_again && !c->remote_again);
	assert_true(conf_eap_client(c) && !conf_eap_server(c));
	assert_int_equal(c->n_eap, 1);
	conf_conn_free(c);
	fixture_write(*state, "users", "u = \"p\"\n", 0600);
	c = fixture_accept(*state, CERT "remote-id = any\nauth = cert, cert+eap\nusers = users\n");
	assert_true(c->remote_again && !c->local_again);
	assert_int_equal(c->start, CONF_START_NONE);
	conf_conn_free(c);

	fixture_refuse(*state, CERT "remote-id = any\nauth = cert+eap\nuser = u\npassword = \"p\"\n", 8, "only one side");
	fixture_refuse(*state, "remote = 192.0.2.2\nauth = eap+eap, cert\nca = ca.crt\nremote-id = any\nuser = u\n"
			       "password = \"p\"\n" NETS, 2, "+eap goes behind");
	fixture_refuse(*state, CERT "remote-id = any\nauth = cert+eap, cert\n", 8, "set user and password");
	fixture_refuse(*state, CERT "remote-id = any\nauth = cert, cert+eap\nusers = users\nstart = up\n", 10,
		       "only it can begin");
}

/* A key in a token, of a host that has none. */
static void keys_in_tokens(void **state)
{
	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
#define TOKEN "remote = 192.0.2.2\ncert = gw.crt\nkey = pkcs11:token=none;object=gw\nca = ca.crt\nremote-id = any\n" NETS
	fixture_refuse(*state, TOKEN, 3, "pkcs11:token=none;object=gw: ");
	fixture_refuse(*state, TOKEN "key-pin = \"1234\"\n", 3, "pkcs11:token=none;object=gw: ");
	fixture_refuse(*state, CERT "remote-id = any\nkey-pin = \"1234\"\n", 8, "key-pin is for a key in a token");
	fixture_refuse(*state, "remote = 192.0.2.2\ncert = gw.crt\nkey = pkcs11:token=none?pin-value=1234\nca = ca.crt\n"
			       "remote-id = any\n" NETS, 3, "the PIN does not belong into it");
}

static void responses_about_certificates(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	c = fixture_accept(*state, CERT "remote-id = any\n");
	assert_int_equal(c->ocsp, CONF_OCSP_ANSWER);
	conf_conn_free(c);
	c = fixture_accept(*state, CERT "remote-id = any\nocsp = ask\n");
	assert_int_equal(c->ocsp, CONF_OCSP_ASK);
	conf_conn_free(c);
	fixture_refuse(*state, CERT "remote-id = any\nocsp = yes\n", 8, "answer");
	fixture_refuse(*state, CERT "remote-id = any\nocsp = ask\nrevocation = off\n", 8, "makes no use of the answer");
	fixture_refuse(*state, CERT "remote-id = any\nversion = ike1\nocsp = no\n", 9, "IKEv1 does not carry");
	fixture_refuse(*state, "remote = gw\npsk = \"x\"\nocsp = no\n" NETS, 3, "auth makes no use of it");
}

static void certificates_that_are_elsewhere(void **state)
{
	struct conf_conn *c;

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	c = fixture_accept(*state, CERT "remote-id = any\n");
	assert_int_equal(c->n_lookup + c->n_cert_url, 0);
	assert_false(c->lookup_any);
	conf_conn_free(c);
	c = fixture_accept(*state, CERT "remote-id = any\ncert-lookup = http://a/, any, http://b:81/c/\n"
				   "cert-url = http://a/gw.der\n");
	assert_int_equal(c->n_lookup, 2);
	assert_string_equal(c->lookup[1], "http://b:81/c/");
	assert_true(c->lookup_any);
	assert_string_equal(c->cert_url[0], "http://a/gw.der");
	conf_conn_free(c);
	c = fixture_accept(*state, CERT "remote-id = any\ncert-lookup = no\ncert-bundle-url = http://a/gw\n");
	assert_false(c->n_lookup || c->lookup_any);
	assert_string_equal(c->bundle_url, "http://a/gw");
	conf_conn_free(c);

	fixture_refuse(*state, CERT "remote-id = any\ncert-lookup = http://a\n", 8, "end with a slash");
	fixture_refuse(*state, CERT "remote-id = any\ncert-lookup = https://a/\n", 8, "is not a URL such as");
	fixture_refuse(*state, CERT "remote-id = any\ncert-lookup = http://u@a/\n", 8, "is not a URL such as");
	fixture_refuse(*state, CERT "remote-id = any\ncert-lookup = http://a/,http://b/,http://c/,http://d/,http://e/\n",
		       8, "up to 4 beginnings");
	fixture_refuse(*state, CERT "remote-id = any\ncert-url = ftp://a/gw.der\n", 8, "is not a URL such as");
	fixture_refuse(*state, CERT "remote-id = any\ncert-url = http://a/gw.der, http://a/2.der\n", 8,
		       "2 URLs, but cert only 1 certificates");
	fixture_refuse(*state, CERT "remote-id = any\ncert-url = http://a/gw.der\ncert-bundle-url = http://a/b\n", 9,
		       "both cert-url and cert-bundle-url");
	fixture_refuse(*state, CERT "remote-id = any\nversion = ike1\ncert-lookup = any\n", 9, "IKEv1 has no");
	fixture_refuse(*state, "remote = gw\npsk = \"x\"\ncert-lookup = any\n" NETS, 3, "auth makes no use of it");
}

static void secrets_that_everybody_can_read_are_refused(void **state)
{
	struct conf_errors errors;
	struct conf_conn *c;
	char path[128];

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_write(*state, "open.key", "x", 0644);
	fixture_write(*state, "open.psk", "secret\n", 0604);
	fixture_write(*state, "shut.psk", "secret\nmore\n", 0600);
	fixture_refuse(*state, "remote = gw\ncert = gw.crt\nkey = open.key\nca = gw.crt\n" NETS, 3,
		       "mode 0644 lets everybody at it");
	fixture_refuse(*state, "remote = gw\npsk-file = open.psk\n" NETS, 2,
		       "mode 0604 lets everybody at it");
	c = fixture_accept(*state, "remote = gw\npsk-file = shut.psk\n" NETS);
	assert_true(kw_secret_equal(&c->psk, KW_SPAN_STR("secret")));
	conf_conn_free(c);

	fixture_write(*state, "office.conf", GOOD, 0644);
	snprintf(path, sizeof(path), "%s/office.conf", (char *)*state);
	assert_int_equal(conf_load_file(path, &c, &errors), -22);
	assert_true(fixture_complains(&errors, "office.conf", 2, "a file that everybody can read"));
	fixture_write(*state, "office.conf", GOOD, 0640);
	assert_int_equal(conf_load_file(path, &c, &errors), 0);
	assert_string_equal(c->name, "office");
	conf_conn_free(c);
}

static uint64_t digest(const char *dir, const char *text)
{
	struct conf_conn *c = fixture_accept(dir, text);
	uint64_t d = c->digest;

	conf_conn_free(c);
	return d;
}

static void the_digest_changes_with_content_only(void **state)
{
	uint64_t plain = digest(*state, GOOD), file;

	assert_true(plain == digest(*state, "# hello\n\n" NETS
					    "psk=\"secret\"  # x\n remote =   192.0.2.2\n"));
	assert_true(plain != digest(*state, GOOD "mtu = 1400\n"));
	assert_true(plain != digest(*state, "remote = 192.0.2.2\npsk = \"secreT\"\n" NETS));
	assert_true(digest(*state, GOOD "mtu = 1400\ndpd = 1m\n") !=
		    digest(*state, GOOD "mtu = 1400\ndpd = 2m\n"));

	fixture_cert(*state, "gw", "gw.example.org");
	fixture_cert(*state, "ca", "ca.example.org");
	file = digest(*state, CERT "remote-id = x\n");
	assert_true(file == digest(*state, CERT "remote-id = x\n"));
	fixture_cert(*state, "ca", "ca.example.org");
	assert_true(file != digest(*state, CERT "remote-id = x\n"));

	/* Also of a key that no line names. */
	fixture_key(*state, "key.pem");
	file = digest(*state, "remote = gw\nremote-key = " PEER_KEY "\n" NETS);
	fixture_remove(*state, "key.pem");
	fixture_key(*state, "key.pem");
	assert_true(file != digest(*state, "remote = gw\nremote-key = " PEER_KEY "\n" NETS));

	fixture_write(*state, "p", "one", 0600);
	file = digest(*state, "remote = gw\npsk-file = p\n" NETS);
	fixture_write(*state, "p", "two", 0600);
	assert_true(file != digest(*state, "remote = gw\npsk-file = p\n" NETS));
}

static void several_mistakes_are_all_reported(void **state)
{
	static const char text[] =
		"remot = 192.0.2.2\nmtu = x\nlocal-net = 10.1.0.1/16\nesp = rot13\n";
	struct conf_errors errors;
	struct conf_conn *c;

	assert_int_equal(conf_load_text("office", *state, KW_SPAN_STR(text), &c, &errors), -22);
	assert_true(fixture_complains(&errors, NULL, 1, "unknown key"));
	assert_true(fixture_complains(&errors, NULL, 2, "mtu"));
	assert_true(fixture_complains(&errors, NULL, 3, "local-net"));
	assert_true(fixture_complains(&errors, NULL, 4, "esp"));
	assert_true(fixture_complains(&errors, NULL, 0, "remote is missing"));
	assert_true(fixture_complains(&errors, NULL, 0, "nothing proves"));
	assert_true(fixture_complains(&errors, NULL, 0, "remote-net is missing"));
	assert_int_equal(errors.n, 7);
}

static void more_mistakes_than_room_are_counted(void **state)
{
	struct conf_errors errors;
	struct conf_conn *c;
	char text[4000] = GOOD;

	for (int i = 0; i < 100; i++)
		strcat(text, "unheard-of = 1\n");
	assert_int_equal(conf_load_text("office", *state, KW_SPAN(text, strlen(text)), &c, &errors),
			 -22);
	assert_int_equal(errors.n, 100);
	assert_int_equal(errors.e[31].line, 4 + 32);
}

static void a_directory_is_taken_whole_or_refused_whole(void **state)
{
	size_t secrets = kw_secret_live();
	struct conf_errors errors;
	struct conf *conf = NULL;

	fixture_write(*state, "keyway.conf",
		      "[keyway]\nlog-level = debug\nport = 5500\nretransmit-ms = 500\n", 0644);
	fixture_write(*state, "b.conf", GOOD, 0600);
	fixture_write(*state, "a.conf", GOOD "device = kw-first\n", 0600);
	fixture_write(*state, "readme.txt", "not ours", 0600);
	fixture_write(*state, ".hidden.conf", "not ours", 0600);
	assert_int_equal(conf_load(*state, &conf, &errors), 0);
	assert_int_equal(conf->n, 2);
	assert_string_equal(conf->conn[0]->name, "a");
	assert_string_equal(conf->conn[1]->name, "b");
	assert_int_equal(conf->daemon.port, 5500);
	assert_int_equal(conf->daemon.natt_port, 4500);
	assert_int_equal(conf->daemon.retransmit_ms, 500);
	assert_int_equal(conf->daemon.log_level, 3);
	conf_free(conf);

	fixture_write(*state, "keyway.conf", "log-level = error\nretransmit-tries = 20\nlink = red\n", 0644);
	assert_int_equal(conf_load(*state, &conf, &errors), 0);
	assert_int_equal(conf->daemon.log_level, 0);
	assert_int_equal(conf->daemon.retransmit_tries, 20);
	assert_string_equal(conf->daemon.link, "red");
	conf_free(conf);

	fixture_write(*state, "c.conf", GOOD "mtuu = 1\n", 0600);
	fixture_write(*state, "keyway.conf", "log-lvl = debug\nnatt-port = 500\n", 0644);
	assert_int_equal(conf_load(*state, &conf, &errors), -22);
	assert_true(fixture_complains(&errors, "c.conf", 5, "did you mean mtu?"));
	assert_true(fixture_complains(&errors, "keyway.conf", 1, "did you mean log-level?"));
	assert_true(fixture_complains(&errors, "keyway.conf", 2, "the same"));
	assert_int_equal(errors.n, 3);
	assert_int_equal(kw_secret_live(), secrets);
}

static void who_may_run_in_tcp(void **state)
{
	struct conf_conn *c = fixture_accept(*state, GOOD);

	assert_int_equal(c->tcp, CONF_TCP_NO);
	conf_conn_free(c);
	c = fixture_accept(*state, GOOD "tcp = fallback\n");
	assert_int_equal(c->tcp, CONF_TCP_FALLBACK);
	conf_conn_free(c);
	fixture_refuse(*state, GOOD "tcp = yes\n", 5, "tcp is no, fallback or only");
	fixture_refuse(*state, GOOD "version = ike1\ntcp = only\n", 6, "IKEv1 does not run in TCP");
	fixture_refuse(*state, "remote = 192.0.2.2\nlocal = 192.0.2.1\npsk = \"x\"\nmode = transport\ntcp = only\n",
		       5, "mode = transport does not run in TCP");
}

static void two_connections_cannot_share_a_device(void **state)
{
	struct conf_errors errors;
	struct conf *conf = NULL;

	fixture_write(*state, "a.conf", GOOD "device = kw0\n", 0600);
	fixture_write(*state, "b.conf", GOOD "device = kw0\n", 0600);
	assert_int_equal(conf_load(*state, &conf, &errors), -22);
	assert_true(fixture_complains(&errors, NULL, 0, "device kw0 is also that of connection"));
	assert_int_equal(errors.n, 1);
}

static void an_empty_directory_is_no_mistake_and_a_missing_one_is(void **state)
{
	struct conf_errors errors;
	struct conf *conf = NULL;

	assert_int_equal(conf_load(*state, &conf, &errors), 0);
	assert_int_equal(conf->n, 0);
	assert_int_equal(conf->daemon.port, 500);
	conf_free(conf);
	assert_int_equal(conf_load("/nowhere/at/all", &conf, &errors), -22);
	assert_true(fixture_complains(&errors, "/nowhere/at/all", 0, "No such file"));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(four_lines_are_a_connection),
		EACH(every_key_arrives),
		EACH(values_at_their_limits_are_accepted),
		EACH(start_and_fragmentation_mean_what_they_say),
		EACH(sections_add_children),
		EACH(children_say_how_their_packets_are_handled),
		EACH(children_may_be_of_one_packet_each),
		EACH(rarer_wishes_about_packets),
		EACH(dscps_have_names),
		EACH(ah_is_written_as_esp_is),
		EACH(a_rule_has_no_peer),
		EACH(classes_are_sets_of_dscps),
		EACH(sha1_is_noticed),
		EACH(remote_access_needs_few_words),
		EACH(wrong_lines_are_refused_with_number_and_reason),
		EACH(eap_is_a_matter_of_three_lines),
		EACH(what_does_not_go_with_eap_is_refused),
		EACH(xauth_asks_for_a_user),
		EACH(what_does_not_go_with_xauth_is_refused),
		EACH(a_file_of_users_with_mistakes),
		EACH(a_name_is_too_long_for_linux_or_for_us),
		EACH(addresses_of_the_device_stand_for_local_net),
		EACH(a_peer_anywhere_is_waited_for),
		EACH(our_address_is_our_name_with_a_psk),
		EACH(raw_keys_name_themselves),
		EACH(a_raw_key_needs_ours),
		EACH(certificates_name_us_and_the_peer_must_be_named),
		EACH(keys_and_certificates_must_fit),
		EACH(one_side_by_psk_the_other_by_certificate),
		EACH(lists_of_revoked_certificates),
		EACH(certificates_that_are_elsewhere),
		EACH(responses_about_certificates),
		EACH(keys_in_tokens),
		EACH(two_proofs),
		EACH(secrets_that_everybody_can_read_are_refused),
		EACH(the_digest_changes_with_content_only),
		EACH(several_mistakes_are_all_reported),
		EACH(more_mistakes_than_room_are_counted),
		EACH(a_directory_is_taken_whole_or_refused_whole),
		EACH(who_may_run_in_tcp),
		EACH(two_connections_cannot_share_a_device),
		EACH(an_empty_directory_is_no_mistake_and_a_missing_one_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
