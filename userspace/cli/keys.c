// SPDX-License-Identifier: GPL-2.0
/* Keys of captured IKE SAs, from files in Wireshark's own formats: see keys.h. */
#include "cli/keys.h"

#include "crypto/alg.h"
#include "crypto/mac.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN	4096
#define V2_FIELDS	8
#define V1_FIELDS	2
#define ROWS_MAX	100000

struct keys_v1 {
	uint8_t cookie_i[8];
	struct kw_secret key;
};

struct keys {
	struct keys_v2 *v2;
	struct keys_v1 *v1;
	size_t n_v2, n_v1;
};

/* Names as Wireshark 4.0 writes them, up to the bracket. */
static const struct keys_encr encrs[] = {
	{ "NULL", ENCR_NULL, 0 },
	{ "3DES", ENCR_3DES, 0 },
	{ "AES-CBC-128", ENCR_AES_CBC, 128 },
	{ "AES-CBC-192", ENCR_AES_CBC, 192 },
	{ "AES-CBC-256", ENCR_AES_CBC, 256 },
	{ "AES-CTR-128", ENCR_AES_CTR, 128 },
	{ "AES-CTR-192", ENCR_AES_CTR, 192 },
	{ "AES-CTR-256", ENCR_AES_CTR, 256 },
	{ "AES-GCM-128 with 16 octet ICV", ENCR_AES_GCM_16, 128 },
	{ "AES-GCM-192 with 16 octet ICV", ENCR_AES_GCM_16, 192 },
	{ "AES-GCM-256 with 16 octet ICV", ENCR_AES_GCM_16, 256 },
	{ "AES-GCM-128 with 12 octet ICV", ENCR_AES_GCM_12, 128 },
	{ "AES-GCM-192 with 12 octet ICV", ENCR_AES_GCM_12, 192 },
	{ "AES-GCM-256 with 12 octet ICV", ENCR_AES_GCM_12, 256 },
	{ "AES-GCM-128 with 8 octet ICV", ENCR_AES_GCM_8, 128 },
	{ "AES-GCM-192 with 8 octet ICV", ENCR_AES_GCM_8, 192 },
	{ "AES-GCM-256 with 8 octet ICV", ENCR_AES_GCM_8, 256 },
	{ "AES-CCM-128 with 16 octet ICV", ENCR_AES_CCM_16, 128 },
	{ "AES-CCM-192 with 16 octet ICV", ENCR_AES_CCM_16, 192 },
	{ "AES-CCM-256 with 16 octet ICV", ENCR_AES_CCM_16, 256 },
	{ "AES-CCM-128 with 12 octet ICV", ENCR_AES_CCM_12, 128 },
	{ "AES-CCM-192 with 12 octet ICV", ENCR_AES_CCM_12, 192 },
	{ "AES-CCM-256 with 12 octet ICV", ENCR_AES_CCM_12, 256 },
	{ "AES-CCM-128 with 8 octet ICV", ENCR_AES_CCM_8, 128 },
	{ "AES-CCM-192 with 8 octet ICV", ENCR_AES_CCM_8, 192 },
	{ "AES-CCM-256 with 8 octet ICV", ENCR_AES_CCM_8, 256 },
	{ "CHACHA20_POLY1305", ENCR_CHACHA20_POLY1305,
	  0 }, /* later Wiresharks, and what we export */
};

static const struct keys_integ integs[] = {
	{ "NONE", INTEG_NONE, -1, 0 },
	{ "HMAC_SHA1_96", INTEG_HMAC_SHA1_96, MAC_HMAC_SHA1, 12 },
	{ "HMAC_SHA1_160", INTEG_NONE, MAC_HMAC_SHA1, 20 },
	{ "HMAC_SHA2_256_96", INTEG_NONE, MAC_HMAC_SHA2_256, 12 },
	{ "HMAC_SHA2_256_128", INTEG_HMAC_SHA2_256_128, MAC_HMAC_SHA2_256, 16 },
	{ "HMAC_SHA2_384_192", INTEG_HMAC_SHA2_384_192, MAC_HMAC_SHA2_384, 24 },
	{ "HMAC_SHA2_512_256", INTEG_HMAC_SHA2_512_256, MAC_HMAC_SHA2_512, 32 },
	{ "HMAC_MD5_96", INTEG_NONE, -1, 12 },
	{ "HMAC_MD5_128", INTEG_NONE, -1, 16 },
	{ "ANY 64-bits of Authentication", INTEG_NONE, -1, 8 },
	{ "ANY 96-bits of Authentication", INTEG_NONE, -1, 12 },
	{ "ANY 128-bits of Authentication", INTEG_NONE, -1, 16 },
	{ "ANY 160-bits of Authentication", INTEG_NONE, -1, 20 },
	{ "ANY 192-bits of Authentication", INTEG_NONE, -1, 24 },
	{ "ANY 256-bits of Authentication", INTEG_NONE, -1, 32 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* text is name, or name and " [where from]". */
static bool is_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 &&
	       (text[len] == '\0' || strncmp(text + len, " [", 2) == 0);
}

static const struct keys_encr *encr_by_name(const char *text)
{
	for (size_t i = 0; i < COUNT(encrs); i++)
		if (is_name(text, encrs[i].name))
			return &encrs[i];
	return NULL;
}

static const struct keys_integ *integ_by_name(const char *text)
{
	for (size_t i = 0; i < COUNT(integs); i++)
		if (is_name(text, integs[i].name))
			return &integs[i];
	return NULL;
}

/*
 * Cuts a line at its commas, in place; takes off quotes and blanks around a field. 0 when there are
 * more than max.
 */
static unsigned int split(char *line, char **field, unsigned int max)
{
	unsigned int n = 0;
	char *at = line;

	while (at) {
		char *end;

		if (n == max)
			return 0;
		at += strspn(at, " \t");
		if (*at == '"') {
			field[n++] = ++at;
			end = strchr(at, '"');
			if (!end)
				return 0;
			*end++ = '\0';
			at = strchr(end, ',');
			at = at ? at + 1 : NULL;
			continue;
		}
		field[n++] = at;
		end = strchr(at, ',');
		if (end)
			*end++ = '\0';
		at[strcspn(at, " \t\r\n")] = '\0';
		at = end;
	}
	return n;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* out[len] from exactly 2 * len digits. */
static bool hex(uint8_t *out, size_t len, const char *text)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int hex_secret(struct kw_secret *s, const char *text)
{
	size_t len = strlen(text) / 2;
	int ret;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		len--;
	}
	if (!len)
		return *text ? -EINVAL : 0;	/* an empty field is an empty key */
	ret = kw_secret_new(s, len);
	if (ret)
		return ret;
	if (hex(s->p, len, text))
		return 0;
	kw_secret_drop(s);
	return -EINVAL;
}

static void v2_drop(struct keys_v2 *row)
{
	kw_secret_drop(&row->sk_ei);
	kw_secret_drop(&row->sk_er);
	kw_secret_drop(&row->sk_ai);
	kw_secret_drop(&row->sk_ar);
}

/* NULL, or what is wrong with the line. */
static const char *v2_line(struct keys *k, char *line)
{
	struct keys_v2 row = { 0 }, *grown;
	char *f[V2_FIELDS];
	const char *wrong = NULL;

	if (split(line, f, V2_FIELDS) != V2_FIELDS)
		return "8 fields are wanted: SPIi,SPIr,SK_ei,SK_er,\"encryption\",SK_ai,SK_ar,\"integrity\"";
	row.encr = encr_by_name(f[4]);
	row.integ = integ_by_name(f[7]);
	if (!row.encr)
		return "the encryption's name is not known";
	if (!row.integ)
		return "the integrity's name is not known";
	if (!hex(row.spi_i, sizeof(row.spi_i), f[0]) || !hex(row.spi_r, sizeof(row.spi_r), f[1]))
		return "an SPI is not 16 hexadecimal digits";
	if (hex_secret(&row.sk_ei, f[2]) || hex_secret(&row.sk_er, f[3]) ||
	    hex_secret(&row.sk_ai, f[5]) || hex_secret(&row.sk_ar, f[6]))
		wrong = "a key is not hexadecimal";
	grown = wrong ? NULL : reallocarray(k->v2, k->n_v2 + 1, sizeof(*grown));
	if (!grown) {
		v2_drop(&row);
		return wrong ? wrong : "no memory";
	}
	k->v2 = grown;
	k->v2[k->n_v2++] = row;
	return NULL;
}

static const char *v1_line(struct keys *k, char *line)
{
	struct keys_v1 row = { 0 }, *grown;
	char *f[V1_FIELDS];

	if (split(line, f, V1_FIELDS) != V1_FIELDS)
		return "2 fields are wanted: initiator's cookie,key";
	if (!hex(row.cookie_i, sizeof(row.cookie_i), f[0]))
		return "the cookie is not 16 hexadecimal digits";
	if (hex_secret(&row.key, f[1]) || !row.key.len)
		return "the key is not hexadecimal";
	grown = reallocarray(k->v1, k->n_v1 + 1, sizeof(*grown));
	if (!grown) {
		kw_secret_drop(&row.key);
		return "no memory";
	}
	k->v1 = grown;
	k->v1[k->n_v1++] = row;
	return NULL;
}

static int load(struct keys *k, const char *path, const char *(*take)(struct keys *k, char *line),
		char *err, size_t err_len)
{
	FILE *f = fopen(path, "re");
	unsigned int number = 0;
	const char *wrong = NULL;
	char line[LINE_LEN];
	int ret;

	if (!f) {
		ret = -errno;
		snprintf(err, err_len, "%s: %s", path, strerror(errno));
		return ret;
	}
	setvbuf(f, NULL, _IONBF, 0);	/* keys shall not stay in a buffer that nobody wipes */
	while (!wrong && fgets(line, sizeof(line), f)) {
		number++;
		if (number > ROWS_MAX)
			wrong = "too many lines";
		else if (!strchr(line, '\n') && !feof(f))
			wrong = "line too long";
		else if (line[strspn(line, " \t\r\n")] && line[strspn(line, " \t")] != '#')
			wrong = take(k, line);
	}
	kw_wipe(line, sizeof(line));
	if (!wrong && ferror(f))
		wrong = strerror(errno);
	fclose(f);
	if (wrong)
		snprintf(err, err_len, "%s:%u: %s", path, number, wrong);
	return wrong ? -EINVAL : 0;
}

struct keys *keys_new(void)
{
	return calloc(1, sizeof(struct keys));
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n_v2; i++)
		v2_drop(&k->v2[i]);
	for (size_t i = 0; i < k->n_v1; i++)
		kw_secret_drop(&k->v1[i].key);
	free(k->v2);
	free(k->v1);
	free(k);
}

int keys_load_v2(struct keys *k, const char *path, char *err, size_t err_len)
{
	return load(k, path, v2_line, err, err_len);
}

int keys_load_v1(struct keys *k, const char *path, char *err, size_t err_len)
{
	return load(k, path, v1_line, err, err_len);
}

const struct keys_v2 *keys_find_v2(const struct keys *k, const struct ike_header *h)
{
	for (size_t i = 0; i < k->n_v2; i++)
		if (memcmp(k->v2[i].spi_i, h->spi_i, sizeof(h->spi_i)) == 0 &&
		    memcmp(k->v2[i].spi_r, h->spi_r, sizeof(h->spi_r)) == 0)
			return &k->v2[i];
	return NULL;
}

const struct kw_secret *keys_find_v1(const struct keys *k, const struct ike_header *h)
{
	for (size_t i = 0; i < k->n_v1; i++)
		if (memcmp(k->v1[i].cookie_i, h->spi_i, sizeof(h->spi_i)) == 0)
			return &k->v1[i].key;
	return NULL;
}
