// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes payload of a transaction exchange: who the user is, which address and nets he gets. What is kept of it
 * is within its bounds and fit to be used.
 */
#include "ikev1/unity.h"
#include "ikev1/xauth.h"
#include "lib/log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cp *told)
{
	if (told->n_dns > CP_DNS_MAX || told->n_net > CP_NETS_MAX || told->n_domain > CP_DOMAINS_MAX)
		abort();
	for (unsigned int i = 0; i < told->n_net; i++)
		if (ip_addr_cmp(&told->net[i].first, &told->net[i].last) > 0)
			abort();
	for (unsigned int i = 0; i < told->n_domain; i++) {
		const char *d = told->domain[i];

		if (!d[0] || !memchr(d, '\0', CP_DOMAIN_LEN))
			abort();
		for (; *d; d++)
			if (!isalnum((unsigned char)*d) && !strchr("-._", *d))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cp told;
	struct config_payload c;
	char why[128];

	log_set_level(LOG_LEVEL_ERROR);
	if (config_parse(KW_SPAN(data, size), &c, why, sizeof(why)))
		return 0;
	v1_is_xauth(&c);
	if (cp_parse_attrs(c.attrs, &told, why, sizeof(why)))
		return 0;
	v1_unity_read("fuzz", c.attrs, &told);
	check(&told);
	return 0;
}
