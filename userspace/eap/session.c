// SPDX-License-Identifier: GPL-2.0
/*
 * The conversation around a method.
 *
 *   server                                client
 *   Request/Identity               -->
 *                                  <--    Response/Identity
 *   Request/METHOD                 -->
 *                                  <--    Response/Nak (others)      or Response/METHOD
 *   Request/another, or more       -->    ...
 *   Success or Failure             -->
 *
 * RFC 3748 §2, §4, §5.1-5.3.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "eap/method.h"
#include "lib/log.h"
#include "wire/isakmp.h"

static const struct eap_method *const methods[] = { &eap_mschapv2, &eap_tls, &eap_gtc, &eap_md5 };

static const struct eap_method *find_method(uint8_t type)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i]->type == type)
			return methods[i];
	return NULL;
}

struct eap *eap_new(const struct conf_conn *conf, bool server)
{
	struct eap *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->conf = conf;
	e->server = server;
	return e;
}

static void end_method(struct eap *e)
{
	if (e->state)
		e->method->end(e->state);
	e->state = NULL;
	e->method = NULL;
}

void eap_free(struct eap *e)
{
	if (!e)
		return;
	end_method(e);
	ident_drop(&e->peer);
	kw_secret_drop(&e->msk);
	cert_path_drop(&e->ask);
	free(e);
}

const struct ident *eap_peer(const struct eap *e)
{
	return &e->peer;
}

const struct kw_secret *eap_msk(const struct eap *e)
{
	return &e->msk;
}

void eap_take_path(struct eap *e, struct cert_path *path)
{
	*path = e->ask;
	e->ask.n = 0;
}

const char *eap_why(const struct eap *e)
{
	return e->why;
}

enum eap_verdict eap_fail(struct eap *e, const char *fmt, ...)
{
	va_list ap;

	if (e->why[0])
		return EAP_FAILED;
	va_start(ap, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, ap);
	va_end(ap);
	return EAP_FAILED;
}

char *eap_name_print(char buf[80], struct kw_span name)
{
	size_t n = name.len < 79 ? name.len : 79;

	for (size_t i = 0; i < n; i++)
		buf[i] = name.p[i] < ' ' || name.p[i] == 0x7f ? '?' : (char)name.p[i];
	buf[n] = '\0';
	return buf;
}

struct kw_span eap_without_domain(struct kw_span name)
{
	const uint8_t *slash = name.len ? memchr(name.p, '\\', name.len) : NULL;

	return slash ? KW_SPAN(slash + 1, name.p + name.len - slash - 1) : name;
}

const struct conf_user *eap_find_user(const struct eap *e, struct kw_span name)
{
	const struct conf_user *u = conf_users_find(e->conf->users, name);

	return u ? u : conf_users_find(e->conf->users, eap_without_domain(name));
}

int eap_user_ident(struct ident *id, struct kw_span name)
{
	uint8_t type = name.len && memchr(name.p, '@', name.len) ? ID_RFC822_ADDR : ID_FQDN;

	ident_drop(id);
	return ident_copy(id, type, name);
}

int eap_set_peer(struct eap *e, const struct conf_user *user)
{
	return eap_user_ident(&e->peer, KW_SPAN(user->name, strlen(user->name)));
}

static enum eap_verdict take_method(struct eap *e, const struct eap_method *method)
{
	end_method(e);
	e->method = method;
	if (method->begin(e))
		return eap_fail(e, "no memory for EAP");
	return EAP_GO_ON;
}

/* ---- server ---- */

static void open_request(struct eap *e, uint8_t type, struct kw_writer *out)
{
	e->id++;
	eap_open(out, EAP_CODE_REQUEST, e->id, type);
}

static enum eap_verdict ask_identity(struct eap *e, struct kw_writer *out)
{
	e->asked = true;
	rand_bytes(&e->id, 1);
	open_request(e, EAP_TYPE_IDENTITY, out);
	eap_close(out);
	return EAP_GO_ON;
}

static enum eap_verdict server_method(struct eap *e, struct kw_span in, struct kw_writer *out)
{
	const size_t start = out->len;
	enum eap_verdict v;

	open_request(e, e->method->type, out);
	v = e->method->server(e, in, out);
	if (v == EAP_GO_ON) {
		eap_close(out);
		return out->bad ? eap_fail(e, "an EAP packet became too long") : EAP_GO_ON;
	}
	out->len = start;
	e->id--;
	e->done = v == EAP_DONE;
	return v;
}

/* The first of ours that the client can and that was not tried. list NULL: the client has not said. */
static enum eap_verdict next_method(struct eap *e, const struct kw_span *list, struct kw_writer *out)
{
	char ours[64], theirs[128];

	for (unsigned int i = 0; i < e->conf->n_eap; i++) {
		uint8_t type = e->conf->eap[i];

		if (e->tried & 1u << i || (list && !(list->len && memchr(list->p, type, list->len))))
			continue;
		e->tried |= 1u << i;
		if (take_method(e, find_method(type)) != EAP_GO_ON)
			return EAP_FAILED;
		return server_method(e, KW_SPAN(NULL, 0), out);
	}
	eap_types_print(ours, sizeof(ours), e->conf->eap, e->conf->n_eap);
	if (!list || !list->len || !list->p[0])
		return eap_fail(e, "the peer takes none of our EAP methods (%s) and offers no other", ours);
	return eap_fail(e, "no EAP method in common: the peer wants %s, eap here is %s",
			eap_types_print(theirs, sizeof(theirs), list->p, list->len < 16 ? list->len : 16), ours);
}

static enum eap_verdict server_run(struct eap *e, const struct eap_packet *p, struct kw_writer *out)
{
	if (p->code != EAP_CODE_RESPONSE || p->id != e->id)
		return eap_fail(e, "the peer's EAP packet answers nothing that was asked");
	e->heard = p->id;
	if (!e->method) {
		if (p->type != EAP_TYPE_IDENTITY)
			return eap_fail(e, "the peer does not say who it is in EAP");
		e->name_len = p->data.len < EAP_NAME_MAX ? p->data.len : EAP_NAME_MAX;
		if (e->name_len)
			memcpy(e->name, p->data.p, e->name_len);
		return next_method(e, NULL, out);
	}
	if (p->type == EAP_TYPE_NAK && !e->begun)
		return next_method(e, &p->data, out);
	if (p->type != e->method->type)
		return eap_fail(e, "the peer changes its EAP method half-way");
	e->begun = true;
	return server_method(e, p->data, out);
}

/* ---- client ---- */

static enum eap_verdict tell_identity(struct eap *e, struct kw_writer *out)
{
	const struct conf_conn *c = e->conf;
	const char *name = c->eap_identity ? c->eap_identity : c->user;
	char text[IDENT_STRLEN] = "";

	if (!name && c->local_id.type)
		name = ident_print(text, c->local_id.type, KW_SPAN(c->local_id.data, c->local_id.len));
	eap_open(out, EAP_CODE_RESPONSE, e->id, EAP_TYPE_IDENTITY);
	kw_put_span(out, KW_SPAN(name ? name : text, strlen(name ? name : text)));
	eap_close(out);
	return EAP_GO_ON;
}

static enum eap_verdict tell_notification(struct eap *e, struct kw_span text, struct kw_writer *out)
{
	char said[80];

	log_info(e->conf->name, "the peer says in EAP: \"%s\"", eap_name_print(said, text));
	eap_open(out, EAP_CODE_RESPONSE, e->id, EAP_TYPE_NOTIFICATION);
	eap_close(out);
	return EAP_GO_ON;
}

/* What is said of it later, when the server gives up. */
static enum eap_verdict want_others(struct eap *e, uint8_t offered, struct kw_writer *out)
{
	char theirs[EAP_NAME_LEN], ours[64];

	snprintf(e->why, sizeof(e->why), "no EAP method in common: the peer offers %s, eap here is %s",
		 eap_type_print(theirs, offered),
		 eap_types_print(ours, sizeof(ours), e->conf->eap, e->conf->n_eap));
	eap_open(out, EAP_CODE_RESPONSE, e->id, EAP_TYPE_NAK);
	kw_put_span(out, KW_SPAN(e->conf->eap, e->conf->n_eap));
	eap_close(out);
	return EAP_GO_ON;
}

static enum eap_verdict client_method(struct eap *e, const struct eap_packet *p, struct kw_writer *out)
{
	if (!e->method) {
		if (!memchr(e->conf->eap, p->type, e->conf->n_eap))
			return want_others(e, p->type, out);
		e->why[0] = '\0';
		if (take_method(e, find_method(p->type)) != EAP_GO_ON)
			return EAP_FAILED;
	}
	if (p->type != e->method->type)
		return eap_fail(e, "the peer changes its EAP method half-way");
	eap_open(out, EAP_CODE_RESPONSE, e->id, p->type);
	if (e->method->client(e, p->data, out) != EAP_GO_ON) {
		out->len = 0;
		return EAP_FAILED;
	}
	eap_close(out);
	return out->bad ? eap_fail(e, "an EAP packet became too long") : EAP_GO_ON;
}

static enum eap_verdict client_run(struct eap *e, const struct eap_packet *p, struct kw_writer *out)
{
	if (p->code == EAP_CODE_SUCCESS && e->done)
		return EAP_DONE;
	if (p->code == EAP_CODE_SUCCESS)
		return eap_fail(e, "the peer calls EAP done before it has proved anything");
	if (p->code == EAP_CODE_FAILURE)
		return eap_fail(e, "the peer refused us in EAP%s: wrong user, or wrong password or key",
				e->method ? "" : " before any method was tried");
	if (p->code != EAP_CODE_REQUEST)
		return eap_fail(e, "the peer answers in EAP where it should ask");
	e->id = p->id;
	switch (p->type) {
	case EAP_TYPE_IDENTITY:
		return tell_identity(e, out);
	case EAP_TYPE_NOTIFICATION:
		return tell_notification(e, p->data, out);
	default:
		return client_method(e, p, out);
	}
}

void eap_refuse(struct eap *e, const char *why, struct kw_writer *out)
{
	eap_fail(e, "EAP-TLS: %s", why);
	kw_secret_drop(&e->msk);
	out->len = 0;
	if (e->server)
		eap_build_verdict(out, EAP_CODE_FAILURE, e->heard);
}

enum eap_verdict eap_run(struct eap *e, struct kw_span in, int64_t unix_now, struct kw_writer *out)
{
	struct eap_packet p;
	enum eap_verdict v;

	e->unix_now = unix_now;
	if (e->server && !e->asked)
		return ask_identity(e, out);
	if (eap_parse(in, &p))
		v = eap_fail(e, "the peer's EAP packet does not parse");
	else
		v = e->server ? server_run(e, &p, out) : client_run(e, &p, out);
	if (v == EAP_GO_ON)
		return v;
	out->len = 0;
	/* RFC 3748 §4.2: with the identifier of the response it follows. */
	if (e->server)
		eap_build_verdict(out, v == EAP_DONE ? EAP_CODE_SUCCESS : EAP_CODE_FAILURE, e->id);
	if (v == EAP_FAILED)
		kw_secret_drop(&e->msk);
	return v;
}
