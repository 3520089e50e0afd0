// SPDX-License-Identifier: GPL-2.0
/*
 * keyway bundle: the certificates of a file as the document that cert-bundle-url names (RFC 7296 §3.6).
 *
 * Octet by octet what the daemon computes the hash of: it makes the same bundle from the same file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "crypto/cert.h"
#include "crypto/setup.h"
#include "wire/cert_url.h"

#define CERTS_MAX 8u	/* as cert takes */

static int write_file(const char *path, struct kw_span octets)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(octets.p, 1, octets.len, f) == octets.len;

	if (f && fclose(f))
		ok = false;
	if (ok)
		return CLI_OK;
	fprintf(stderr, "keyway: %s: %s\n", path, strerror(errno));
	return CLI_FAILED;
}

static int write_bundle(const char *path, struct cert *const *cert, unsigned int n)
{
	struct kw_span der[CERTS_MAX];
	size_t room = 16;
	struct kw_writer w;
	uint8_t *octets;
	int status;

	for (unsigned int i = 0; i < n; i++) {
		der[i] = cert_der(cert[i]);
		room += 8 + der[i].len;
	}
	octets = malloc(room);
	if (!octets) {
		fprintf(stderr, "keyway: no memory\n");
		return CLI_FAILED;
	}
	w = kw_writer(octets, room);
	cert_bundle_build(&w, der, n);
	status = write_file(path, kw_written(&w));
	free(octets);
	return status;
}

int cmd_bundle(const struct cli *cli, int argc, char **argv)
{
	struct cert *cert[CERTS_MAX];
	char err[300];
	int n, status;

	(void)cli;
	(void)argc;
	if (crypto_setup())
		return CLI_FAILED;
	n = cert_load(argv[0], cert, CERTS_MAX, err, sizeof(err));
	if (n <= 0) {
		fprintf(stderr, "keyway: %s\n", n < 0 ? err : "no certificate in the file");
		return CLI_FAILED;
	}
	status = write_bundle(argv[1], cert, (unsigned int)n);
	while (n)
		cert_put(cert[--n]);
	return status;
}
