// SPDX-License-Identifier: GPL-2.0
/*
 * keyway sa, keyway policy: the kernel's entries by hand, without the daemon, as `ip xfrm` does for XFRM.
 *
 * RFCs: 4301 §4.5 (manual keying).
 */
#include <errno.h>
#include <linux/keyway.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/manual.h"
#include "kernel/genl.h"

/* What a verb does. */
struct verb {
	const char *name;
	uint8_t cmd;
	uint16_t flags;		/* of the request */
	int min;		/* words after it */
	int max;
	const char *first;	/* the word that a first argument alone goes with; NULL = none does */
	const char *usage;
};

static const struct verb sa_verbs[] = {
	{ "add", KEYWAY_CMD_SA_NEW, 0, 1, -1, NULL,
	  "in|out spi SPI policy ID [encr NAME key KEY] [integ NAME key KEY] [esn] [udp PORT:PORT] ..." },
	{ "del", KEYWAY_CMD_SA_DEL, 0, 3, -1, NULL, "in|out spi SPI [policy ID]" },
	{ "list", KEYWAY_CMD_SA_GET, NLM_F_DUMP, 0, 2, NULL, "[policy ID]" },
	{ "flush", KEYWAY_CMD_SA_FLUSH, 0, 0, 2, NULL, "[policy ID]" },
	{ "dummy", KEYWAY_CMD_SA_DUMMY, 0, 5, 7, NULL, "out spi SPI policy ID [tfc BYTES]" },
	{ 0 },
};

static const struct verb policy_verbs[] = {
	{ "add", KEYWAY_CMD_POLICY_NEW, 0, 1, -1, NULL,
	  "dev DEVICE local-net NET remote-net NET [local ADDRESS] [remote ADDRESS] ..." },
	{ "del", KEYWAY_CMD_POLICY_DEL, 0, 1, 1, "id", "ID" },
	{ "list", KEYWAY_CMD_POLICY_GET, NLM_F_DUMP, 0, 2, NULL, "[dev DEVICE]" },
	{ "flush", KEYWAY_CMD_POLICY_FLUSH, 0, 0, 2, NULL, "[dev DEVICE]" },
	{ 0 },
};

struct request {
	const struct genl_set *set;
	const struct verb *verb;
	int argc;
	char **argv;
	json_t *list;		/* NULL: print as it comes */
	json_t *made;		/* the id of a new policy */
};

static int fill(struct nl_msg *msg, void *ctx, char why[KERNEL_WHY])
{
	const struct request *r = ctx;
	char first[16], *words[2] = { first, r->argv[0] };

	if (r->verb->first) {
		snprintf(first, sizeof(first), "%s", r->verb->first);
		return manual_fill(msg, r->set, 2, words, why);
	}
	return r->argc ? manual_fill(msg, r->set, r->argc, r->argv, why) : 0;
}

static int on_reply(struct nlmsghdr *nlh, void *ctx)
{
	struct request *r = ctx;
	struct nlattr *nest;
	json_t *j;

	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	nest = nla_find(genlmsg_attrdata(genlmsg_hdr(nlh), 0), genlmsg_attrlen(genlmsg_hdr(nlh), 0), r->set->nest);
	if (!nest)
		return -EBADMSG;
	if (!r->list && r->verb->flags & NLM_F_DUMP) {
		manual_print(r->set, nest);
		return 0;
	}
	j = manual_json(r->set, nest);
	if (!j)
		return -EBADMSG;
	if (r->list)
		return json_array_append_new(r->list, j) ? -ENOMEM : 0;
	json_decref(r->made);
	r->made = j;
	return 0;
}

static int ask(const struct request *r, char why[KERNEL_WHY])
{
	const struct kernel_request k = {
		.cmd = r->verb->cmd, .flags = r->verb->flags, .fill = fill, .reply = on_reply,
		/* fill() only reads it, on_reply() writes where the caller can see */
		.ctx = (void *)(uintptr_t)r,
	};
	struct kernel_genl *kernel;
	int err = kernel_genl_new(&kernel, why);

	if (err)
		return err;
	err = kernel_genl_connect(kernel, why);
	if (!err)
		err = kernel_genl_request(kernel, &k, why);
	kernel_genl_free(kernel);
	return err;
}

/* What a command that succeeded says: a list, the number of a new policy, or nothing. */
static void report(const struct cli *cli, struct request *r, const char *plural)
{
	json_t *id = json_object_get(r->made, "id");
	json_t *answer;

	if (!cli->json) {
		if (id)
			printf("%jd\n", (intmax_t)json_integer_value(id));
		return;
	}
	answer = json_pack("{s:b}", "ok", 1);
	if (r->list)
		json_object_set(answer, plural, r->list);
	if (id)
		json_object_set(answer, "id", id);
	client_print_json(answer);
	json_decref(answer);
}

static int fail(const struct cli *cli, const char *why)
{
	json_t *j;

	if (cli->json) {
		j = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", "refused", "error", why);
		client_print_json(j);
		json_decref(j);
	}
	fprintf(stderr, "keyway: %s\n", why);
	return CLI_FAILED;
}

static int usage(const char *noun, const struct verb *verbs)
{
	const struct verb *v;

	for (v = verbs; v->name; v++)
		fprintf(stderr, "%s keyway %s %s %s\n", v == verbs ? "usage:" : "      ", noun, v->name, v->usage);
	return CLI_USAGE;
}

static int run(const struct cli *cli, const char *noun, const struct genl_set *set, const struct verb *verbs,
	       int argc, char **argv)
{
	struct request r = { .set = set, .verb = verbs, .argc = argc ? argc - 1 : 0, .argv = argv + 1 };
	const char *name = argc ? argv[0] : "list";
	char why[KERNEL_WHY];
	int err;

	while (r.verb->name && strcmp(r.verb->name, name) != 0)
		r.verb++;
	if (!r.verb->name || r.argc < r.verb->min || (r.verb->max >= 0 && r.argc > r.verb->max))
		return usage(noun, verbs);
	if (cli->json && r.verb->flags & NLM_F_DUMP)
		r.list = json_array();
	err = ask(&r, why);
	if (!err)
		report(cli, &r, set == &genl_sa_set ? "sas" : "policies");
	json_decref(r.list);
	json_decref(r.made);
	return err ? fail(cli, why) : CLI_OK;
}

int cmd_sa(const struct cli *cli, int argc, char **argv)
{
	return run(cli, "sa", &genl_sa_set, sa_verbs, argc, argv);
}

int cmd_policy(const struct cli *cli, int argc, char **argv)
{
	return run(cli, "policy", &genl_policy_set, policy_verbs, argc, argv);
}
