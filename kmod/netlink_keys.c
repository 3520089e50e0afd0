// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: the algorithms and keys of an SA that is to be made.
 *
 * RFCs: 8221
 */
#include "netlink_keys.h"

#include "algs.h"
#include "crypto.h"
#include "netlink_attr.h"

static int parse_encr(const struct nlattr *nest, struct nlattr *tb[], struct kw_keys *keys,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *key = tb[KEYWAY_A_SA_ENCR_KEY];
	const struct kw_encr *encr;
	int len;

	encr = kw_encr_find(nla_get_u16(tb[KEYWAY_A_SA_ENCR]));
	if (!encr)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_ENCR], -EOPNOTSUPP,
				 "This encryption algorithm is not supported.");
	len = kw_encr_key_len(encr, kw_nl_u16_or(tb[KEYWAY_A_SA_ENCR_BITS], 0));
	if (len < 0)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_ENCR_BITS] ?: nest, -EINVAL,
				 "The encryption algorithm has no keys of this length.");
	if (len && !key)
		return KW_REFUSE(extack, nest, -EINVAL, "An SA needs a key.");
	if (key && nla_len(key) != len + encr->salt)
		return KW_REFUSE(extack, key, -EINVAL,
				 "Key and salt are not as long as the algorithm and bits ask for.");
	keys->encr = encr;
	keys->encr_key = key ? nla_data(key) : NULL;
	keys->encr_len = len + encr->salt;
	return 0;
}

static int parse_integ(const struct nlattr *nest, struct nlattr *tb[], struct kw_keys *keys,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *key = tb[KEYWAY_A_SA_INTEG_KEY];
	const struct kw_integ *integ;

	integ = kw_integ_find(nla_get_u16(tb[KEYWAY_A_SA_INTEG]));
	if (!integ)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_INTEG], -EOPNOTSUPP,
				 "This integrity algorithm is not supported.");
	if (!key)
		return KW_REFUSE(extack, nest, -EINVAL, "An SA needs a key for its integrity.");
	if (nla_len(key) != integ->key)
		return KW_REFUSE(extack, key, -EINVAL,
				 "The key is not as long as the integrity algorithm asks for.");
	keys->integ = integ;
	keys->integ_key = nla_data(key);
	keys->integ_len = integ->key;
	return 0;
}

static int parse_ah_keys(const struct nlattr *nest, struct nlattr *tb[], struct kw_keys *keys,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *encr = tb[KEYWAY_A_SA_ENCR] ?: tb[KEYWAY_A_SA_ENCR_KEY];

	if (encr)
		return KW_REFUSE(extack, encr, -EINVAL, "AH does not encrypt.");
	if (!kw_nl_u16_or(tb[KEYWAY_A_SA_INTEG], 0))
		return KW_REFUSE(extack, nest, -EINVAL, "AH needs an integrity algorithm.");
	return parse_integ(nest, tb, keys, extack);
}

int kw_nl_parse_keys(const struct nlattr *nest, struct nlattr *tb[], u8 proto,
		     struct kw_keys *keys, struct netlink_ext_ack *extack)
{
	bool integ = kw_nl_u16_or(tb[KEYWAY_A_SA_INTEG], 0);
	int ret;

	if (proto == IPPROTO_AH)
		return parse_ah_keys(nest, tb, keys, extack);
	if (!tb[KEYWAY_A_SA_ENCR])
		return KW_REFUSE(extack, nest, -EINVAL, "An SA needs an encryption algorithm.");
	ret = parse_encr(nest, tb, keys, extack);
	if (ret)
		return ret;
	if (!kw_encr_needs_integ(keys->encr)) {
		if (integ || tb[KEYWAY_A_SA_INTEG_KEY])
			return KW_REFUSE(extack, tb[KEYWAY_A_SA_INTEG] ?: tb[KEYWAY_A_SA_INTEG_KEY],
					 -EINVAL,
					 "The encryption algorithm brings its own integrity.");
		return 0;
	}
	/* RFC 8221 section 4: encryption alone is not secure. */
	if (!integ)
		return KW_REFUSE(extack, nest, -EINVAL,
				 "The encryption algorithm needs an integrity algorithm beside it.");
	ret = parse_integ(nest, tb, keys, extack);
	if (ret)
		return ret;
	if (keys->integ->iv)
		return KW_REFUSE(extack, tb[KEYWAY_A_SA_INTEG], -EINVAL,
				 "AES-GMAC as integrity is AH's; for ESP it is encryption algorithm 21.");
	return 0;
}
