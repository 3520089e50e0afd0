// SPDX-License-Identifier: GPL-2.0
/*
 * Stored messages: requests are repeated until answered, answers when asked again.
 *
 * RFCs: 7296 §2.1, §2.4.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/core.h"
#include "ike/dpd.h"
#include "ike/exchange.h"
#include "ike/retransmit.h"
#include "ike/stream.h"
#include "ike/version.h"

#define RETRANSMIT_CAP_MS 60000u

int sealed_room(struct sealed *s, unsigned int n, size_t octets)
{
	s->d = malloc(n * sizeof(*s->d) + octets);
	if (!s->d)
		return -ENOMEM;
	s->mem = (uint8_t *)(s->d + n);
	return 0;
}

void sealed_drop(struct sealed *s)
{
	free(s->d);
	memset(s, 0, sizeof(*s));
}

static void move(struct sealed *to, struct sealed *from)
{
	sealed_drop(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

static void send_all(struct ike_sa *sa, const struct sealed *s, enum net_socket socket,
		     const struct endpoint *local, const struct endpoint *remote)
{
	const struct env *env = sa->e->env;

	for (unsigned int i = 0; i < s->n; i++) {
		int ret = env->net->send(env->net_ctx, socket, local, remote, s->d[i]);
		char a[ENDPOINT_STRLEN], b[ENDPOINT_STRLEN];

		sa->e->totals.tx_datagrams++;
		if (ret)
			log_debug(ike_sa_subject(sa, a), "sending to %s: %s",
				  endpoint_print(b, remote), strerror(-ret));
	}
}

/* First wait, then 1.8 times as long each time, never beyond the cap, 10 % to either side. */
static uint64_t interval(const struct ike_sa *sa)
{
	uint64_t ms = sa->e->settings.retransmit_ms;

	for (unsigned int i = 1; i < sa->retransmit.tries && ms < RETRANSMIT_CAP_MS; i++)
		ms = ms * 9 / 5;
	return engine_jitter(ms < RETRANSMIT_CAP_MS ? ms : RETRANSMIT_CAP_MS, 10);
}

static void fire(void *arg);

static void send_request(struct ike_sa *sa)
{
	struct retransmit *r = &sa->retransmit;

	r->tries++;
	send_all(sa, &r->request, sa->socket, &sa->local, &sa->remote);
	engine_timer(sa->e, &r->timer, interval(sa), fire, sa);
}

/* Nobody there, as far as we can see. Who may lack our answer still is asked for longer: the answer comes first. */
static bool give_up(struct ike_sa *sa)
{
	if (sa->hint)
		return true;
	if (sa->state == IKE_ST_ESTABLISHED && dpd_answer_open(sa))
		return false;
	return sa->retransmit.tries >= sa->e->settings.retransmit_tries;
}

static void fire(void *arg)
{
	struct ike_sa *sa = arg;
	struct engine *e = sa->e;

	engine_enter(e);
	if (!retransmit_pending(sa)) {
		engine_timer_stop(e, sa->retransmit.timer);
	} else if (sa->run && sa->run->task) {
		/* The answer is here and being worked on: nothing to repeat. */
		engine_timer(e, &sa->retransmit.timer, interval(sa), fire, sa);
	} else if (give_up(sa) || stream_gives_up_udp(sa)) {
		exchange_timeout(sa);
	} else if (stream_used(sa)) {
		/* RFC 9329 §6.2: TCP repeats; only how long we wait is as in UDP. */
		sa->retransmit.tries++;
		engine_timer(e, &sa->retransmit.timer, interval(sa), fire, sa);
	} else {
		e->totals.tx_retransmits++;
		send_request(sa);
		if (sa->version->unanswered)
			sa->version->unanswered(sa, sa->retransmit.tries);
	}
	engine_leave(e);
}

void retransmit_request(struct ike_sa *sa, struct sealed *s)
{
	struct retransmit *r = &sa->retransmit;

	move(&r->request, s);
	r->tries = 0;
	r->first_ms = engine_now(sa->e);
	send_request(sa);
}

void retransmit_now(struct ike_sa *sa)
{
	if (!retransmit_pending(sa) || (sa->run && sa->run->task))
		return;
	send_request(sa);
}

void retransmit_answered(struct ike_sa *sa)
{
	sealed_drop(&sa->retransmit.request);
	engine_timer_stop(sa->e, sa->retransmit.timer);
}

bool retransmit_pending(const struct ike_sa *sa)
{
	return sa->retransmit.request.n > 0;
}

void retransmit_answer(struct ike_sa *sa, struct sealed *s, enum net_socket socket,
		       const struct endpoint *local, const struct endpoint *remote)
{
	move(&sa->retransmit.answer, s);
	send_all(sa, &sa->retransmit.answer, socket, local, remote);
}

void retransmit_repeat(struct ike_sa *sa, enum net_socket socket, const struct endpoint *local,
		       const struct endpoint *remote)
{
	send_all(sa, &sa->retransmit.answer, socket, local, remote);
}

void retransmit_drop(struct ike_sa *sa)
{
	sealed_drop(&sa->retransmit.request);
	sealed_drop(&sa->retransmit.answer);
	engine_timer_drop(sa->e, &sa->retransmit.timer);
}
