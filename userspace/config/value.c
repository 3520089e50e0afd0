// SPDX-License-Identifier: GPL-2.0
/* Values of the configuration: words to numbers. */
#include "config/value.h"

#include <errno.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DURATION_MAX (10u * 365 * 86400)

bool value_bool(const char *text, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "no", false }, { "on", true }, { "off", false },
		{ "true", true },
		{ "false", false },
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(words[i].word, text) == 0) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

/* Digits at *text, which moves behind them; false: none, or more than max. */
static bool take_digits(const char **text, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (**text < '0' || **text > '9')
		return false;
	while (**text >= '0' && **text <= '9') {
		unsigned int digit = (unsigned int)(*(*text)++ - '0');

		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool value_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (!take_digits(&text, max, &v) || *text)
		return false;
	*out = v;
	return true;
}

static uint32_t seconds_of(char unit)
{
	switch (unit) {
	case '\0':
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	}
	return 0;
}

bool value_duration(const char *text, uint32_t *seconds)
{
	uint64_t sum = 0, v;

	if (strcmp(text, "never") == 0) {
		*seconds = 0;
		return true;
	}
	do {
		uint32_t unit;

		if (!take_digits(&text, DURATION_MAX, &v))
			return false;
		unit = seconds_of(*text);
		sum += v * unit;
		if (!unit || sum > DURATION_MAX)
			return false;
		if (*text)
			text++;
	} while (*text);
	*seconds = (uint32_t)sum;
	return true;
}

bool value_size(const char *text, uint64_t *octets)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t v;

	if (!take_digits(&text, 1u << 20, &v))
		return false;
	unit = *text ? strchr(units, *text) : NULL;
	if (!unit || text[1])
		return false;
	*octets = v << 10 * (unit - units + 1);
	return true;
}

bool value_address(const char *text, struct ip_addr *addr, uint8_t *bits)
{
	char copy[ADDR_STRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t v;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (ip_addr_parse(addr, copy))
		return false;
	v = 8 * ip_addr_len(addr);
	if (slash && !value_number(slash + 1, v, &v))
		return false;
	*bits = (uint8_t)v;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int value_hex(const char *text, struct kw_writer *w)
{
	for (; *text; text += 2) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return -EINVAL;
		kw_put_u8(w, (uint8_t)(high << 4 | low));
	}
	return w->bad ? -EINVAL : 0;
}

static int decode_base64(const char *text, struct kw_writer *w)
{
	uint32_t group = 0;
	unsigned int bits = 0, digits = 0;
	int v;

	for (; (v = base64_digit(*text)) >= 0; text++, digits++) {
		group = group << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			kw_put_u8(w, (uint8_t)(group >> bits));
		}
	}
	for (; *text == '=' && digits % 4; text++)
		digits++;
	kw_wipe(&group, sizeof(group));
	return *text || digits % 4 || w->bad ? -EINVAL : 0;
}

int value_secret(const char *text, struct kw_secret *out)
{
	uint8_t octets[1024];
	struct kw_writer w = kw_writer(octets, sizeof(octets));
	int ret = -EINVAL;

	if (strncmp(text, "0x", 2) == 0)
		ret = value_hex(text + 2, &w);
	else if (strncmp(text, "0s", 2) == 0)
		ret = decode_base64(text + 2, &w);
	if (!ret)
		ret = w.len ? kw_secret_copy(out, kw_written(&w)) : -EINVAL;
	kw_wipe(octets, sizeof(octets));
	return ret;
}
