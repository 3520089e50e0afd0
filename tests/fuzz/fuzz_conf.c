// SPDX-License-Identifier: GPL-2.0
/*
 * A connection's file, and its first line as an identity: nothing is accepted with a complaint or
 * refused without one, no secret is left behind, an identity's text means itself.
 */
#include "config/conf.h"
#include "crypto/setup.h"
#include "wire/isakmp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return crypto_setup();
}

static void identity(const char *text)
{
	char printed[IDENT_STRLEN];
	struct ident id, again;

	if (ident_parse(&id, text))
		return;
	ident_print(printed, id.type, KW_SPAN(id.data, id.len));
	/* Long ones are cut, and a DN's text is GnuTLS's. */
	if (id.type && id.type != ID_DER_ASN1_DN && id.len <= 64) {
		if (ident_parse(&again, printed) ||
		    !ident_equal(&id, again.type, KW_SPAN(again.data, again.len)))
			abort();
		ident_drop(&again);
	}
	ident_drop(&id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf_errors errors;
	size_t secrets = kw_secret_live();
	struct conf_conn *conn;
	char first[200] = "";
	int ret = conf_load_text("fuzz", "/nowhere", KW_SPAN(data, size), &conn, &errors);

	if ((ret == 0) != (errors.n == 0) || (ret == 0) != (conn != NULL))
		abort();
	conf_conn_free(conn);
	if (kw_secret_live() != secrets)
		abort();
	memcpy(first, data, size < 199 ? size : 199);
	first[strcspn(first, "\n")] = '\0';
	identity(first);
	return 0;
}
