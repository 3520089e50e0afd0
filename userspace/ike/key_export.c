// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of Wireshark's tables.
 *
 *   ikev2_decryption_table: SPIi, SPIr, SK_ei, SK_er, "encryption", SK_ai, SK_ar, "integrity"
 *   ikev1_decryption_table: initiator's cookie, encryption key
 *   esp_sa: "IPv4|IPv6", "source", "destination", "0xSPI", "encryption", "0xKEY", "authentication", "0xKEY"
 *
 * The names are those of Wireshark 4.0; what it has no name for is not told, which is said.
 */
#include "ike/key_export.h"

#include <stdio.h>
#include <string.h>

#include "crypto/alg.h"
#include "ike/conn.h"
#include "lib/log.h"

#define LINE_LEN 1024u
#define HEX_LEN (2u * 64u + 1u)	/* of the longest key */

struct name {
	uint16_t id, bits;
	const char *ike, *esp;		/* NULL: none */
};

#define AES_SIZES(id, name, rest, esp) \
	{ id, 128, name "-128" rest, esp }, { id, 192, name "-192" rest, esp }, { id, 256, name "-256" rest, esp }

static const struct name encrs[] = {
	{ ENCR_NULL, 0, NULL, "NULL" },
	{ ENCR_3DES, 0, "3DES [RFC2451]", "TripleDES-CBC [RFC2451]" },
	AES_SIZES(ENCR_AES_CBC, "AES-CBC", " [RFC3602]", "AES-CBC [RFC3602]"),
	AES_SIZES(ENCR_AES_CTR, "AES-CTR", " [RFC5930]", "AES-CTR [RFC3686]"),
	AES_SIZES(ENCR_AES_GCM_8, "AES-GCM", " with 8 octet ICV [RFC5282]", "AES-GCM with 8 octet ICV [RFC4106]"),
	AES_SIZES(ENCR_AES_GCM_12, "AES-GCM", " with 12 octet ICV [RFC5282]", "AES-GCM with 12 octet ICV [RFC4106]"),
	AES_SIZES(ENCR_AES_GCM_16, "AES-GCM", " with 16 octet ICV [RFC5282]", "AES-GCM with 16 octet ICV [RFC4106]"),
	AES_SIZES(ENCR_AES_CCM_8, "AES-CCM", " with 8 octet ICV [RFC5282]", NULL),
	AES_SIZES(ENCR_AES_CCM_12, "AES-CCM", " with 12 octet ICV [RFC5282]", NULL),
	AES_SIZES(ENCR_AES_CCM_16, "AES-CCM", " with 16 octet ICV [RFC5282]", NULL),
};

static const struct name integs[] = {
	{ INTEG_NONE, 0, "NONE [RFC4306]", "NULL" },
	{ INTEG_HMAC_SHA1_96, 0, "HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]" },
	{ INTEG_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]" },
	{ INTEG_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]" },
	{ INTEG_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]" },
	{ INTEG_AES_XCBC_96, 0, "ANY 96-bits of Authentication [No Checking]", "ANY 96 bit authentication [no checking]" },
	{ INTEG_AES_CMAC_96, 0, "ANY 96-bits of Authentication [No Checking]", "ANY 96 bit authentication [no checking]" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct name none;

static const struct name *find(const struct name *all, size_t n, uint16_t id, uint16_t bits)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].id == id && all[i].bits == bits)
			return &all[i];
	return &none;
}

static bool wanted(const struct ike_sa *sa)
{
	return sa->conn && sa->conn->conf->export_keys && sa->e->env->keys;
}

/* The line is wiped: it is as secret as the keys. */
static void tell(const struct ike_sa *sa, enum key_table table, char line[LINE_LEN], const char *whose)
{
	const struct env *env = sa->e->env;

	env->keys(env->keys_ctx, table, line);
	kw_wipe(line, LINE_LEN);
	log_warn(conn_name(sa->conn), "export-keys = yes: the keys of %s are written to %s", whose, key_table_name(table));
}

static void no_name(const struct ike_sa *sa, const char *whose)
{
	log_warn(conn_name(sa->conn), "export-keys = yes: Wireshark has no name for the algorithms of %s", whose);
}

const char *key_table_name(enum key_table table)
{
	static const char *const name[] = {
		[KEY_TABLE_IKEV2] = "ikev2_decryption_table",
		[KEY_TABLE_IKEV1] = "ikev1_decryption_table",
		[KEY_TABLE_ESP] = "esp_sa",
	};

	return name[table];
}

void key_export_ike(const struct ike_sa *sa, const struct key_export_ike *k)
{
	const struct name *encr = find(encrs, COUNT(encrs), sa->suite.encr, sa->suite.encr_bits);
	const struct name *integ = find(integs, COUNT(integs), sa->suite.integ, 0);
	char hex[6][HEX_LEN], line[LINE_LEN];

	if (!wanted(sa))
		return;
	if (!encr->ike || !integ->ike) {
		no_name(sa, "the IKE SA");
		return;
	}
	snprintf(line, sizeof(line), "%s,%s,%s,%s,\"%s\",%s,%s,\"%s\"",
		 kw_hex(hex[0], HEX_LEN, KW_SPAN(sa->spi_i, IKE_SPI_LEN)),
		 kw_hex(hex[1], HEX_LEN, KW_SPAN(sa->spi_r, IKE_SPI_LEN)),
		 kw_hex(hex[2], HEX_LEN, k->encr_i), kw_hex(hex[3], HEX_LEN, k->encr_r), encr->ike,
		 kw_hex(hex[4], HEX_LEN, k->integ_i), kw_hex(hex[5], HEX_LEN, k->integ_r), integ->ike);
	kw_wipe(hex, sizeof(hex));
	tell(sa, KEY_TABLE_IKEV2, line, "the IKE SA");
}

void key_export_v1(const struct ike_sa *sa, struct kw_span key)
{
	char hex[2][HEX_LEN], line[LINE_LEN];

	if (!wanted(sa))
		return;
	snprintf(line, sizeof(line), "%s,%s", kw_hex(hex[0], HEX_LEN, KW_SPAN(sa->spi_i, IKE_SPI_LEN)),
		 kw_hex(hex[1], HEX_LEN, key));
	kw_wipe(hex, sizeof(hex));
	tell(sa, KEY_TABLE_IKEV1, line, "the IKE SA");
}

static void tell_direction(const struct child_sa *c, bool in, const struct kw_secret *encr,
			   const struct kw_secret *integ)
{
	const struct name *e = find(encrs, COUNT(encrs), c->suite.encr, c->suite.encr_bits);
	const struct name *a = find(integs, COUNT(integs), c->suite.integ, 0);
	const struct ike_sa *sa = c->sa;
	const struct ip_addr *from = in ? &sa->remote.addr : &sa->local.addr;
	const struct ip_addr *to = in ? &sa->local.addr : &sa->remote.addr;
	char hex[2][HEX_LEN], line[LINE_LEN], text[2][ADDR_STRLEN];

	if (c->protocol != PROTO_ESP || !e->esp || !a->esp) {
		no_name(sa, "a child");
		return;
	}
	snprintf(line, sizeof(line), "\"%s\",\"%s\",\"%s\",\"0x%08x\",\"%s\",\"%s%s\",\"%s\",\"%s%s\"",
		 from->family == AF_INET6 ? "IPv6" : "IPv4", ip_addr_print(text[0], from),
		 ip_addr_print(text[1], to), in ? c->spi_in : c->spi_out, e->esp, encr->len ? "0x" : "",
		 kw_hex(hex[0], HEX_LEN, kw_secret_expose(encr)), a->esp, integ->len ? "0x" : "",
		 kw_hex(hex[1], HEX_LEN, kw_secret_expose(integ)));
	kw_wipe(hex, sizeof(hex));
	tell(sa, KEY_TABLE_ESP, line, in ? "a child, inbound," : "a child, outbound,");
}

void key_export_child(const struct child_sa *c, const struct child_keys *k)
{
	if (!wanted(c->sa))
		return;
	tell_direction(c, true, c->initiator ? &k->encr_r : &k->encr_i, c->initiator ? &k->integ_r : &k->integ_i);
	tell_direction(c, false, c->initiator ? &k->encr_i : &k->encr_r, c->initiator ? &k->integ_i : &k->integ_r);
}
