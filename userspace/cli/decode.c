// SPDX-License-Identifier: GPL-2.0
/* keyway decode: every ISAKMP and IKE message of a capture file, for people or as JSON. */
#include "cli/decode.h"

#include "cli/capture.h"
#include "cli/cli.h"
#include "cli/dissect.h"
#include "cli/keys.h"
#include "cli/tree.h"

#include <errno.h>
#include <string.h>

#define ERR_LEN 512

static int load_keys(const struct decode_options *opt, struct keys *keys, char *err, size_t err_len)
{
	int ret = kw_secret_setup();

	if (ret) {
		snprintf(err, err_len, "no locked memory for keys: %s", strerror(-ret));
		return ret;
	}
	if (opt->keys)
		ret = keys_load_v2(keys, opt->keys, err, err_len);
	if (ret == 0 && opt->v1_keys)
		ret = keys_load_v1(keys, opt->v1_keys, err, err_len);
	return ret;
}

static void put(FILE *out, const json_t *tree, bool json)
{
	if (json) {
		json_dumpf(tree, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
		fputc('\n', out);
	} else {
		tree_print(out, tree);
	}
}

static int decode_all(struct capture *c, struct dissector *d, FILE *out, bool json, char *err,
		      size_t err_len)
{
	struct datagram datagram;
	int ret;

	while ((ret = capture_next(c, &datagram, err, err_len)) > 0) {
		json_t *tree = dissect_datagram(d, &datagram);

		if (!tree) {
			snprintf(err, err_len, "no memory");
			return -ENOMEM;
		}
		put(out, tree, json);
		json_decref(tree);
		if (ferror(out)) {
			snprintf(err, err_len, "cannot write: %s", strerror(errno));
			return -EIO;
		}
	}
	return ret;
}

int decode_file(const struct decode_options *opt, FILE *out, char *err, size_t err_len)
{
	struct keys *keys = opt->keys || opt->v1_keys ? keys_new() : NULL;
	struct dissector *d = NULL;
	struct capture *c = NULL;
	int ret = keys ? load_keys(opt, keys, err, err_len) : 0;

	if (ret == 0)
		ret = capture_open(&c, opt->file, err, err_len);
	if (ret == 0) {
		d = dissector_new(keys);
		if (!d) {
			snprintf(err, err_len, "no memory");
			ret = -ENOMEM;
		}
	}
	if (ret == 0)
		ret = decode_all(c, d, out, opt->json, err, err_len);
	dissector_free(d);
	capture_close(c);
	keys_free(keys);
	return ret;
}

int cmd_decode(const struct cli *cli, int argc, char **argv)
{
	struct decode_options opt = { .keys = cli->keys,
				      .v1_keys = cli->v1_keys,
				      .json = cli->json };
	char err[ERR_LEN];

	(void)argc;
	opt.file = argv[0];
	if (decode_file(&opt, stdout, err, sizeof(err)) == 0)
		return CLI_OK;
	fflush(stdout);		/* what stood before the place where the file breaks off */
	fprintf(stderr, "keyway: %s\n", err);
	return CLI_FAILED;
}
