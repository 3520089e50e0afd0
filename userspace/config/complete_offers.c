// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection and its children offer: the lists of algorithms, with groups from "pfs".
 *
 * RFCs: 8247 and 8221 (algorithms), 9370 (additional key exchanges), 4302 (what AH cannot do).
 */
#include "config/complete.h"

#include "config/offer.h"
#include "config/value.h"
#include "wire/isakmp.h"

#include <stdio.h>

static bool has_groups(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_KE)
				return true;
	return false;
}

/* Of the list that key names. */
static void complete_pfs(struct conf_reader *r, const struct conn_draft *d,
			 const struct child_draft *child, struct proposal_list *list,
			 const char *key)
{
	char why[256], text[sizeof(child->pfs)];
	bool on;

	snprintf(text, sizeof(text), "%s", child->pfs);
	if (value_bool(text, &on)) {
		if (!on && has_groups(list))
			reader_complain(r, complete_child_line(r, child, "pfs"),
					"pfs is no, but %s names key exchange groups", key);
		if (!on)
			return;
		snprintf(text, sizeof(text), "%s", OFFER_GROUPS);
	}
	if (text[0] && offer_add_groups(list, text, d->legacy, why, sizeof(why)))
		reader_complain(r, complete_child_line(r, child, "pfs"),
				"pfs is yes, no or a list of groups: %s", why);
}

/* RFC 9370: what is additional needs a first one; and only IKEv2 has it. */
static bool addke_is_lost(const struct proposal_list *list, bool v1)
{
	return proposal_has_addke(list) && (v1 || !has_groups(list));
}

/* One of the child's two lists: text is cut up in place, and key is what it stands behind. */
static void complete_list(struct conf_reader *r, const struct conn_draft *d,
			  const struct child_draft *child, struct proposal_list *list,
			  uint8_t protocol, const char *key, char *text)
{
	const bool v1 = d->c.version == CONF_IKE1;
	char why[256];

	if (offer_parse(list, protocol, text, d->legacy, why, sizeof(why)))
		reader_complain(r, complete_child_line(r, child, key), "%s: %s", key, why);
	else
		complete_pfs(r, d, child, list, key);
	if (addke_is_lost(list, v1))
		reader_complain(
			r, complete_child_line(r, child, key),
			v1 ? "%s: IKEv1 has no additional key exchanges"
			   : "%s: an additional key exchange needs a first one, such as x25519",
			key);
}

bool complete_wants_ah(const struct child_draft *child)
{
	bool on;

	return child->ah[0] && (!value_bool(child->ah, &on) || on);
}

/* IANA has no number for it among those of IKEv1. */
static void check_ah_v1(struct conf_reader *r, const struct child_draft *child)
{
	const struct proposal_list *list = &child->c.ah;

	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++)
			if (list->p[i].t[k].type == TRANSFORM_INTEG &&
			    list->p[i].t[k].id == INTEG_AES_CMAC_96)
				reader_complain(
					r, complete_child_line(r, child, "ah"),
					"ah: IKEv1 has no name for aes-cmac-96: use aes-xcbc-96");
}

/* What AH cannot do (RFC 4302), and what IKEv2 cannot (RFC 7296 §1.3.1: no bundles). */
static void check_ah(struct conf_reader *r, const struct conn_draft *d,
		     const struct child_draft *child)
{
	const unsigned int line = complete_child_line(r, child, "ah");
	const bool v1 = d->c.version == CONF_IKE1;

	if (child->esp[0] && !v1)
		reader_complain(
			r, line,
			"esp and ah: IKEv2 has no AH around ESP, so write one of them (version = ike1 can do both)");
	if (d->c.force_encap)
		reader_complain(
			r, line,
			"encap = yes asks for UDP, and AH does not run in it: a NAT changes the addresses that AH covers");
	if (child->c.handling.tfc && !child->esp[0] && !v1)
		reader_complain(r, complete_child_line(r, child, "tfc"),
				"tfc pads what ESP encrypts: AH has no room for it");
	if (v1)
		check_ah_v1(r, child);
}

void complete_offers(struct conf_reader *r, const struct conn_draft *d, struct child_draft *child)
{
	const bool v1 = d->c.version == CONF_IKE1, ah = complete_wants_ah(child);
	char esp_text[sizeof(child->esp)], ah_text[sizeof(child->ah)];
	bool on;

	snprintf(esp_text, sizeof(esp_text), "%s",
		 child->esp[0] ? child->esp
		 : v1	       ? OFFER_ESP_V1
			       : OFFER_ESP);
	snprintf(ah_text, sizeof(ah_text), "%s", value_bool(child->ah, &on) ? OFFER_AH : child->ah);
	if (child->esp[0] || !ah)
		complete_list(r, d, child, &child->c.esp, PROTO_ESP, "esp", esp_text);
	if (!ah)
		return;
	complete_list(r, d, child, &child->c.ah, PROTO_AH, "ah", ah_text);
	check_ah(r, d, child);
}

void complete_ike(struct conf_reader *r, struct conn_draft *d)
{
	const bool v1 = d->c.version == CONF_IKE1;
	char why[256], text[sizeof(d->ike)];

	if (d->legacy[0] && offer_check_legacy(d->legacy, why, sizeof(why)))
		reader_complain(r, reader_line(r, "legacy"), "legacy: %s", why);

	d->c.ike_default = !d->ike[0];
	snprintf(text, sizeof(text), "%s", d->ike[0] ? d->ike : v1 ? OFFER_IKE_V1 : OFFER_IKE);
	if (offer_parse(&d->c.ike, PROTO_IKE, text, d->legacy, why, sizeof(why)))
		reader_complain(r, reader_line(r, "ike"), "ike: %s", why);
	if (addke_is_lost(&d->c.ike, v1))
		reader_complain(r, reader_line(r, "ike"),
				"ike: IKEv1 has no additional key exchanges");
}

bool complete_has_sha1(const struct proposal_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		for (unsigned int k = 0; k < list->p[i].n; k++) {
			const struct transform *t = &list->p[i].t[k];

			if ((t->type == TRANSFORM_INTEG && t->id == INTEG_HMAC_SHA1_96) ||
			    (t->type == TRANSFORM_PRF && t->id == PRF_HMAC_SHA1))
				return true;
		}
	return false;
}
