// SPDX-License-Identifier: GPL-2.0
/* Two engines back to back in one process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"

#include "crypto/setup.h"
#include "ikev2/version.h"
#include "lib/log.h"
#include "lib/secret.h"

const char *pair_dir = "/tmp";
const struct ike_version *pair_also;

static struct ip_addr ip(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(&a, text), 0);
	return a;
}

/* ---- the network ---- */

static void datagram_free(struct datagram *d)
{
	list_del(&d->node);
	free(d->bytes);
	free(d);
}

/* From inside to outside of the NAT in front of a, and back. */
static void translate(struct pair *p, struct datagram *d)
{
	if (!ip_addr_is_set(&p->nat))
		return;
	if (d->from == &p->a) {
		d->src.addr = p->nat;
		d->src.port += p->nat_port_offset;
	} else if (ip_addr_equal(&d->dst.addr, &p->nat)) {
		d->dst.addr = p->a.addr;
		d->dst.port -= p->nat_port_offset;
	}
}

/* The number of an open stream that has these ends on this side; 0: none. */
static unsigned int stream_find(const struct side *s, const struct endpoint *local,
				const struct endpoint *remote)
{
	for (unsigned int i = 1; i <= s->p->n_stream; i++) {
		const struct pair_stream *t = &s->p->stream[i];
		bool ours = t->opener == s;

		if (t->open && endpoint_equal(ours ? &t->local : &t->remote, local) &&
		    endpoint_equal(ours ? &t->remote : &t->local, remote))
			return i;
	}
	return 0;
}

static int net_send(void *ctx, enum net_socket socket, const struct endpoint *local,
		    const struct endpoint *remote, struct kw_span bytes)
{
	struct side *s = ctx;
	struct pair *p = s->p;
	struct datagram *d;

	if (s->no_route)
		return -ENETUNREACH;
	if (socket == NET_SOCKET_TCP && !stream_find(s, local, remote))
		return -ENOTCONN;
	d = calloc(1, sizeof(*d));
	d->from = s;
	d->to = s == &p->a ? &p->b : &p->a;
	d->socket = socket;
	d->src = *local;
	d->dst = *remote;
	d->due = p->w.now;
	d->len = bytes.len;
	d->bytes = malloc(bytes.len + 1);
	memcpy(d->bytes, bytes.p, bytes.len);
	list_init(&d->node);
	translate(p, d);
	p->sent++;
	p->bytes_to[d->to == &p->b] += d->len;
	if ((p->on_send && p->on_send(p, d) == FATE_DROP) ||
	    !ip_addr_equal(&d->dst.addr, &d->to->addr)) {
		datagram_free(d);
		return 0;
	}
	list_add_tail(&p->wire, &d->node);
	return 0;
}

static void net_keepalive(void *ctx, const struct endpoint *local, const struct endpoint *remote)
{
	(void)local;
	(void)remote;
	((struct side *)ctx)->keepalives++;
}

static int net_source(void *ctx, const struct ip_addr *remote, struct ip_addr *local)
{
	struct side *s = ctx;

	(void)remote;
	if (s->no_route)
		return -ENETUNREACH;
	*local = s->addr;
	return 0;
}

static int net_dial(void *ctx, struct endpoint *local, const struct endpoint *remote)
{
	struct side *s = ctx;
	struct pair *p = s->p;
	struct pair_stream *t = &p->stream[p->n_stream + 1];

	if (p->no_tcp || s->no_route)
		return -ECONNREFUSED;
	assert_true(p->n_stream + 1 < PAIR_STREAMS);
	p->n_stream++;
	assert_true(!ip_addr_is_set(&local->addr) || ip_addr_equal(&local->addr, &s->addr));
	*local = (struct endpoint){ .addr = s->addr, .port = (uint16_t)(40000 + p->n_stream) };
	*t = (struct pair_stream){ .opener = s, .local = *local, .remote = *remote, .open = true };
	return 0;
}

static int net_take(void *ctx, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
		    char why[KERNEL_WHY])
{
	struct side *s = ctx;

	*id = stream_find(s, local, remote);
	if (!*id) {
		snprintf(why, KERNEL_WHY, "there is no such stream");
		return -ENOTCONN;
	}
	s->p->stream[*id].taken[s == &s->p->b] = true;
	return 0;
}

static void net_hang_up(void *ctx, const struct endpoint *local, const struct endpoint *remote)
{
	struct side *s = ctx;
	unsigned int i = stream_find(s, local, remote);

	s->p->stream[i].left[s == &s->p->b] = true;
}

static void on_key(void *ctx, enum key_table table, const char *line)
{
	struct side *s = ctx;

	if (s->n_key[table] < PAIR_KEYS)
		snprintf(s->key[table][s->n_key[table]], PAIR_KEY_LINE, "%s", line);
	s->n_key[table]++;
}

static void set_dns(void *ctx, const struct env_dns *dns)
{
	struct cp *in_use = &((struct side *)ctx)->dns;

	assert_true(dns->device[0] && dns->n_server <= CP_DNS_MAX && dns->n_domain <= CP_DOMAINS_MAX);
	in_use->n_dns = dns->n_server;
	in_use->n_domain = dns->n_domain;
	for (unsigned int i = 0; i < dns->n_server; i++)
		in_use->dns[i] = dns->server[i];
	for (unsigned int i = 0; i < dns->n_domain; i++)
		memcpy(in_use->domain[i], dns->domain[i], CP_DOMAIN_LEN);
}

static const struct env_net_ops net_ops = { .send = net_send,
					    .keepalive = net_keepalive,
					    .source = net_source,
					    .dial = net_dial,
					    .take = net_take,
					    .hang_up = net_hang_up };

static void on_event(void *ctx, const struct engine_event *ev)
{
	struct side *s = ctx;

	s->events[ev->type]++;
	if (ev->failure)
		s->failure = *ev->failure;
}

/* ---- set up and take down ---- */

struct conf *side_conf(const char *const *name_text)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_errors errors = { 0 };

	conf->daemon = (struct conf_daemon){
		.cookie_threshold = 100,
		.half_open_max = 1000,
		.half_open_per_peer = 100,
		.retransmit_ms = 1000,
		.retransmit_tries = 6,
		.port = 500,
		.natt_port = 4500,
	};
	conf->conn = calloc(16, sizeof(conf->conn[0]));
	for (; name_text[0]; name_text += 2) {
		struct kw_span text = KW_SPAN(name_text[1], strlen(name_text[1]));

		if (conf_load_text(name_text[0], pair_dir, text, &conf->conn[conf->n], &errors))
			fail_msg("line %u: %s", errors.e[0].line, errors.e[0].text);
		conf->n++;
	}
	return conf;
}

enum fate mishap_fate(struct pair *p, struct datagram *d)
{
	struct mishap *m = p->ctx;
	struct datagram *copy;

	if (m->count++ != m->which)
		return FATE_DELIVER;
	if (!m->twice)
		return FATE_DROP;
	copy = malloc(sizeof(*copy));
	*copy = *d;
	copy->bytes = malloc(d->len + 1);
	memcpy(copy->bytes, d->bytes, d->len);
	copy->due += 300;
	list_init(&copy->node);
	list_add_tail(&p->wire, &copy->node);
	return FATE_DELIVER;
}

void side_configure(struct side *s, const char *name, const char *text)
{
	const char *const one[] = { name, text, NULL };
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_configure(s->e, side_conf(one), false, NULL, NULL, why), 0);
}

static void side_start(struct side *s, const char *conf)
{
	assert_int_equal(engine_new(&s->e, &s->env, s->versions, s->versions[1] ? 2 : 1),
			 0);
	if (conf)
		side_configure(s, "t", conf);
}

static void side_init(struct pair *p, struct side *s, const char *name, const char *addr,
		      uint32_t first_spi)
{
	s->p = p;
	s->name = name;
	s->addr = ip(addr);
	fake_kernel_init(&s->kernel, &p->w, first_spi);
	s->version = ikev2;
	s->versions[0] = &s->version;
	s->versions[1] = pair_also;
	s->env = (struct env){
		.net = &net_ops,
		.net_ctx = s,
		.time = &world_timer_ops,
		.time_ctx = &p->w,
		.job = &world_job_ops,
		.job_ctx = &p->w,
		.resolve = &world_resolve_ops,
		.resolve_ctx = &p->w,
		.dialog = &world_dialog_ops,
		.dialog_ctx = &p->w,
		.pam = &world_pam_ops,
		.pam_ctx = &p->w,
		.fetch = &world_fetch_ops,
		.fetch_ctx = &p->w,
		.kernel = &fake_kernel_ops,
		.kernel_ctx = &s->kernel,
		.keys = on_key,
		.keys_ctx = s,
		.dns = set_dns,
		.dns_ctx = s,
		.event = on_event,
		.event_ctx = s,
	};
}

static void quiet(const struct log_line *line, void *ctx)
{
	(void)ctx;
	if (getenv("VERBOSE"))
		fprintf(stderr, "%-5s %s: %s\n", log_level_name(line->level), line->subject,
			line->text);
}

struct pair *pair_new(uint64_t seed, const char *conf_a, const char *conf_b)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_int_equal(crypto_setup(), 0);
	p->secrets = kw_secret_live();
	log_set_sink(quiet, NULL);
	log_set_level(LOG_LEVEL_DEBUG);	/* log lines are code too: they run */
	world_init(&p->w, seed);
	list_init(&p->wire);
	side_init(p, &p->a, "a", "192.0.2.1", 0xa0000001);
	side_init(p, &p->b, "b", "192.0.2.2", 0xb0000001);
	side_start(&p->b, conf_b);
	side_start(&p->a, conf_a);
	return p;
}

struct pair *pair_up(uint64_t seed, const char *conf_a, const char *conf_b)
{
	struct pair *p = pair_new(seed, conf_a, conf_b);

	side_up(&p->a);
	pair_settle(p);
	return p;
}

struct pair *pair_established(uint64_t seed)
{
	struct pair *p = pair_up(seed, CONF_A IDS_A PSK, CONF_B IDS_B PSK PASSIVE);

	pair_consistent(p);
	return p;
}

void side_restart(struct side *s, const char *conf)
{
	engine_free(s->e);
	side_start(s, conf);
}

void pair_free(struct pair *p)
{
	engine_free(p->a.e);
	engine_free(p->b.e);
	while (!list_empty(&p->wire))
		datagram_free(pair_first(p));
	world_free(&p->w);
	assert_true(list_empty(&p->w.timers));
	for (unsigned int i = 0; i < 2; i++) {
		struct fake_kernel *k = i ? &p->b.kernel : &p->a.kernel;

		assert_int_equal(fake_kernel_sas(k, false) + fake_kernel_sas(k, true), 0);
		assert_int_equal(fake_kernel_larvals(k), 0);
		assert_int_equal(fake_kernel_policies(k, PRIORITY_OF_BYPASS), 0);
		assert_int_equal(fake_kernel_policies(k, PRIORITY_OF_CHILD) +
					 fake_kernel_policies(k, PRIORITY_OF_TRAP),
				 0);
		assert_false(k->device);
		assert_int_equal((i ? &p->b : &p->a)->dns.n_dns, 0);
	}
	assert_int_equal(kw_secret_live(), p->secrets);
	free(p);
}

void pair_interrupt(struct pair *p, unsigned int how, struct side *lost, const char *conf)
{
	char why[ENGINE_WHY];

	switch (how) {
	case 0:
		side_down(&p->a);
		side_down(&p->b);
		break;
	case 1:
		assert_int_equal(engine_configure(p->b.e, side_conf((const char *const[]){ NULL }), false, NULL, NULL,
						  why), 0);
		break;
	case 2:
		side_restart(lost, conf);
		break;
	}
	if (how < 3)
		pair_run(p, 60000);
	pair_free(p);
}

/* ---- what happens ---- */

struct datagram *pair_first(struct pair *p)
{
	return list_empty(&p->wire) ? NULL : list_entry(p->wire.next, struct datagram, node);
}

unsigned int pair_waiting(const struct pair *p)
{
	unsigned int n = 0;
	struct list *l;

	list_for_each(l, &p->wire)
		n++;
	return n;
}

static void check_traffic(struct pair *p)
{
	if (!p->traffic)
		return;
	if (getenv("VERBOSE") && !fake_kernel_carries(&p->a.kernel, &p->b.kernel))
		fprintf(stderr, "a packet of a is lost\n");
	if (getenv("VERBOSE") && !fake_kernel_carries(&p->b.kernel, &p->a.kernel))
		fprintf(stderr, "a packet of b is lost\n");
	p->lost_ab += !fake_kernel_carries(&p->a.kernel, &p->b.kernel);
	p->lost_ba += !fake_kernel_carries(&p->b.kernel, &p->a.kernel);
}

static void run_jobs(struct pair *p)
{
	while (world_next(&p->w) <= p->w.now && world_step(&p->w))
		check_traffic(p);
}

void side_up(struct side *s)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_up(s->e, "t", why), 0);
	run_jobs(s->p);
}

void side_down(struct side *s)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_down(s->e, "t", why), 0);
	run_jobs(s->p);
}

void side_rekey(struct side *s, bool ike)
{
	char why[ENGINE_WHY] = "";

	assert_int_equal(engine_rekey(s->e, "t", ike, why), 0);
	run_jobs(s->p);
}

void side_expire(struct side *s, bool hard)
{
	const struct fake_sa *sa = fake_kernel_current(&s->kernel);
	struct kernel_event ev = { .type = KERNEL_EXPIRE, .hard = hard, .limit = "bytes" };

	assert_non_null(sa);
	ev.cookie = sa->cookie;
	ev.spi = sa->spi;
	engine_kernel_event(s->e, &ev);
	run_jobs(s->p);
}

void pair_inject(struct pair *p, struct side *to, const struct datagram *d)
{
	enum net_socket socket = d->socket == NET_SOCKET_TCP ? NET_SOCKET_TCP :
				 d->dst.port == 4500	     ? NET_SOCKET_NATT :
							       NET_SOCKET_IKE;
	uint8_t *copy = malloc(d->len + 1);

	/* A block of exactly this size: ASan sees every octet read beyond it. */
	memcpy(copy, d->bytes, d->len);
	engine_input(to->e, socket, &d->dst, &d->src, KW_SPAN(copy, d->len));
	free(copy);
	check_traffic(p);
	run_jobs(p);
}

static void deliver(struct pair *p, struct datagram *d)
{
	list_del(&d->node);
	pair_inject(p, d->to, d);
	datagram_free(d);
}

void pair_deliver(struct pair *p)
{
	run_jobs(p);
	assert_non_null(pair_first(p));
	deliver(p, pair_first(p));
}

void pair_drop(struct pair *p)
{
	run_jobs(p);
	assert_non_null(pair_first(p));
	datagram_free(pair_first(p));
}

void pair_repeat(struct pair *p)
{
	run_jobs(p);
	assert_non_null(pair_first(p));
	pair_inject(p, pair_first(p)->to, pair_first(p));
}

void pair_swap(struct pair *p)
{
	struct list *first;

	run_jobs(p);
	assert_true(pair_waiting(p) >= 2);
	first = p->wire.next;
	list_del(first);
	/* After what is now the first. */
	first->prev = p->wire.next;
	first->next = p->wire.next->next;
	first->next->prev = first;
	first->prev->next = first;
}

void pair_break(struct pair *p, unsigned int number)
{
	struct pair_stream *t = &p->stream[number];
	struct side *other = t->opener == &p->a ? &p->b : &p->a;

	assert_true(t->open);
	t->open = false;
	engine_stream_closed(other->e, &t->remote, &t->local, 0);
	engine_stream_closed(t->opener->e, &t->local, &t->remote, -ECONNRESET);
	run_jobs(p);
}

static struct datagram *first_due(struct pair *p)
{
	struct datagram *best = NULL;
	struct list *l;

	list_for_each(l, &p->wire) {
		struct datagram *d = list_entry(l, struct datagram, node);

		if (!best || d->due < best->due)
			best = d;
	}
	return best;
}

void pair_settle(struct pair *p)
{
	pair_run(p, 0);
}

void pair_run(struct pair *p, uint64_t ms)
{
	uint64_t end = p->w.now + ms;

	for (unsigned int steps = 0; steps < 2000000; steps++) {
		struct datagram *d = first_due(p);
		uint64_t world = world_next(&p->w);

		if ((!d || d->due > end) && world > end) {
			p->w.now = end;
			return;
		}
		if (d && d->due <= world) {
			if (d->due > p->w.now)
				p->w.now = d->due;
			deliver(p, d);
			continue;
		}
		if (world > p->w.now)
			p->w.now = world;
		world_step(&p->w);
		check_traffic(p);
	}
	fail_msg("the world does not come to rest");
}

/* ---- what is ---- */

static void view_ike(struct view *v, const struct status_ike *ike)
{
	v->ike++;
	if (!v->ike_id && !strcmp(ike->state, "established")) {
		v->ike_id = ike->id;
		v->nat_local = ike->nat_local;
		v->nat_remote = ike->nat_remote;
		v->remote = ike->remote;
		snprintf(v->ike_algorithms, sizeof(v->ike_algorithms), "%s", ike->algorithms);
		snprintf(v->remote_id, sizeof(v->remote_id), "%s", ike->remote_id);
	}
	for (unsigned int i = 0; i < ike->n_child; i++) {
		const struct status_child *c = &ike->child[i];

		if (strcmp(c->state, "installed") && strcmp(c->state, "inbound"))
			continue;
		v->child++;
		v->child_id = c->id;
		v->spi_in = c->spi_in;
		v->spi_out = c->spi_out;
		v->encap = c->encap;
		v->tcp = c->tcp;
		snprintf(v->child_algorithms, sizeof(v->child_algorithms), "%s", c->algorithms);
		snprintf(v->local_ts, sizeof(v->local_ts), "%s", c->local_ts);
		snprintf(v->remote_ts, sizeof(v->remote_ts), "%s", c->remote_ts);
	}
}

static int take_view(const struct status_conn *c, void *ctx)
{
	struct view *v = ctx;

	v->state = c->state;
	v->wanted = c->wanted;
	v->tries = c->tries;
	v->next_try_ms = c->next_try_ms;
	v->failure = *c->failure;
	v->totals = c->totals;
	for (unsigned int i = 0; i < c->n_ike; i++)
		view_ike(v, &c->ike[i]);
	return 0;
}

struct view side_view(struct side *s)
{
	struct view v = { 0 };

	assert_int_equal(engine_status(s->e, "t", take_view, &v), 0);
	return v;
}

bool side_is_up(struct side *s)
{
	return side_view(s).state == CONN_UP;
}

bool side_has_transport(const struct side *s)
{
	for (unsigned int i = 0; i < sizeof(s->kernel.policy) / sizeof(s->kernel.policy[0]); i++)
		if (s->kernel.policy[i].used && s->kernel.policy[i].priority == PRIORITY_OF_CHILD)
			return s->kernel.policy[i].transport && !s->kernel.policy[i].device;
	return false;
}

bool pair_is_consistent(struct pair *p)
{
	struct view a = side_view(&p->a), b = side_view(&p->b);

	return a.ike == 1 && b.ike == 1 && a.child == 1 && b.child == 1 && a.spi_in == b.spi_out &&
	       a.spi_out == b.spi_in && fake_kernel_larvals(&p->a.kernel) == 0 &&
	       fake_kernel_larvals(&p->b.kernel) == 0 && fake_kernel_sas(&p->a.kernel, true) == 1 &&
	       fake_kernel_sas(&p->b.kernel, true) == 1 &&
	       fake_kernel_carries(&p->a.kernel, &p->b.kernel) &&
	       fake_kernel_carries(&p->b.kernel, &p->a.kernel);
}

void pair_consistent(struct pair *p)
{
	struct view a = side_view(&p->a), b = side_view(&p->b);

	if (pair_is_consistent(p))
		return;
	fail_msg("a: %u IKE, %u child in %08x out %08x, %u larval, %u out, %s %s; "
		 "b: %u IKE, %u child in %08x out %08x, %u larval, %u out, %s %s",
		 a.ike, a.child, a.spi_in, a.spi_out, fake_kernel_larvals(&p->a.kernel),
		 fake_kernel_sas(&p->a.kernel, true),
		 fake_kernel_carries(&p->a.kernel, &p->b.kernel) ? "sends" : "cannot send",
		 a.failure.text, b.ike, b.child, b.spi_in, b.spi_out,
		 fake_kernel_larvals(&p->b.kernel), fake_kernel_sas(&p->b.kernel, true),
		 fake_kernel_carries(&p->b.kernel, &p->a.kernel) ? "sends" : "cannot send",
		 b.failure.text);
}

uint8_t datagram_exchange(const struct datagram *d)
{
	return d->len > 18 ? d->bytes[18] : 0;
}

bool datagram_is_response(const struct datagram *d)
{
	return d->len > 19 && d->bytes[19] & 0x20;
}
