// SPDX-License-Identifier: GPL-2.0
/*
 * struct child_sa and the policy it serves: in and out of the kernel.
 *
 * RFCs: 7296 §2.8 (rekeying without loss), §2.17 (which key is whose); 4301 §4.1 (AH around ESP).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ike/access.h"
#include "ike/child.h"
#include "ike/connect.h"
#include "ike/key_export.h"
#include "ike/narrow.h"
#include "ike/natd.h"
#include "ike/rekey.h"
#include "ike/stream.h"

#define PRIORITY_BYPASS	100u
#define PRIORITY_CHILD	1000u
#define PRIORITY_TRAP	2000u	/* below every child: catches what none covers */
#define TWIN_MS		5000u	/* a peer that takes two children for one deletes the older within this time */

/* An old inbound SA that still receives what was under way when its child was deleted. */
struct drain {
	struct list node;		/* policy->drains */
	struct child_policy *policy;
	uint8_t protocol;
	uint32_t spi, ah;
	struct env_timer *timer;
};

static const char *const state_names[] = {
	[CHILD_LARVAL] = "larval",
	[CHILD_INBOUND] = "inbound",
	[CHILD_INSTALLED] = "installed",
	[CHILD_REKEYED] = "rekeyed",
	[CHILD_DELETING] = "deleting",
};

const char *child_state_name(enum child_state state)
{
	return state_names[state];
}

void child_set_state(struct child_sa *c, enum child_state state)
{
	if (c->state == state)
		return;
	log_debug(conn_name(c->sa->conn), "child #%llu %08x_in %08x_out: %s -> %s",
		  (unsigned long long)c->id, c->spi_in, c->spi_out, child_state_name(c->state),
		  child_state_name(state));
	c->state = state;
}

void child_keys_drop(struct child_keys *k)
{
	kw_secret_drop(&k->encr_i);
	kw_secret_drop(&k->integ_i);
	kw_secret_drop(&k->encr_r);
	kw_secret_drop(&k->integ_r);
	kw_secret_drop(&k->ah_i);
	kw_secret_drop(&k->ah_r);
}

/* ---- policies ---- */

static void policy_memory_free(struct child_policy *p)
{
	free(p->local_ts);
	free(p->remote_ts);
	free(p);
}

static struct child_policy *policy_new(struct conn *conn, const struct conf_child *conf,
				       const struct ts_list *local_ts,
				       const struct ts_list *remote_ts,
				       const struct ip_addr *remote)
{
	struct child_policy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->local_ts = ts_list_keep(local_ts);
	p->remote_ts = ts_list_keep(remote_ts);
	if (!p->local_ts || !p->remote_ts) {
		policy_memory_free(p);
		return NULL;
	}
	p->conn = conn;
	p->conf = conf;
	p->cookie = engine_new_id(conn->e);
	p->remote = *remote;
	list_init(&p->children);
	list_init(&p->drains);
	list_add_tail(&conn->policies, &p->node);
	map_add(&conn->e->policy_by_cookie, &p->by_cookie, KW_SPAN(&p->cookie, sizeof(p->cookie)));
	return p;
}

static void drain_free(struct drain *d)
{
	list_del(&d->node);
	engine_timer_drop(d->policy->conn->e, &d->timer);
	free(d);
}

static void fold_counters(struct child_policy *p)
{
	struct engine *e = p->conn->e;
	struct kernel_counters k = { 0 }, *sum = &p->conn->gone;

	if (e->env->kernel->counters(e->env->kernel_ctx, p->id, &k))
		return;
	sum->in_bytes += k.in_bytes;
	sum->in_packets += k.in_packets;
	sum->out_bytes += k.out_bytes;
	sum->out_packets += k.out_packets;
	sum->in_drops += k.in_drops;
	sum->out_drops += k.out_drops;
}

static void policy_free(struct child_policy *p)
{
	struct engine *e = p->conn->e;
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &p->drains)
		drain_free(list_entry(l, struct drain, node));
	if (p->id) {
		fold_counters(p);
		e->env->kernel->policy_remove(e->env->kernel_ctx, p->id);
	}
	if (p->trap)
		p->conn->n_trap--;
	map_del(&e->policy_by_cookie, &p->by_cookie);
	list_del(&p->node);
	policy_memory_free(p);
}

static struct child_policy *policy_find(struct conn *conn, const struct conf_child *conf,
					const struct ts_list *local_ts,
					const struct ts_list *remote_ts,
					const struct ip_addr *remote)
{
	struct list *l;

	list_for_each(l, &conn->policies) {
		struct child_policy *p = list_entry(l, struct child_policy, node);

		/*
		 * With one peer only, or one that is known by the address lent to him, a new address is the
		 * same peer at another place.
		 */
		if (!p->trap && p->conf == conf &&
		    (conn->conf->remote_host || conf->remote_virtual || ip_addr_equal(&p->remote, remote)) &&
		    ts_list_equal(p->local_ts, local_ts) &&
		    ts_list_equal(p->remote_ts, remote_ts))
			return p;
	}
	return NULL;
}

struct child_policy *child_policy_find(struct engine *e, uint64_t cookie)
{
	for (struct map_node *n = map_first(&e->policy_by_cookie, KW_SPAN(&cookie, sizeof(cookie)));
	     n; n = map_next(n)) {
		struct child_policy *p = container_of(n, struct child_policy, by_cookie);

		if (p->cookie == cookie)
			return p;
	}
	return NULL;
}

static enum kernel_action kernel_action(enum conf_action action)
{
	switch (action) {
	case CONF_PROTECT:
		return KERNEL_PROTECT;
	case CONF_BYPASS:
		return KERNEL_BYPASS;
	case CONF_DISCARD:
		break;
	}
	return KERNEL_DISCARD;
}

static struct kernel_policy kernel_policy(const struct child_policy *p, uint32_t priority)
{
	const struct conf_conn *conf = p->conn->conf;
	bool transport = p->conf->transport;

	return (struct kernel_policy){
		.cookie = p->cookie, .device = transport || conf->action != CONF_PROTECT ? NULL : conf->device,
		.action = kernel_action(conf->action), .transport = transport, .local_ts = p->local_ts,
		.remote_ts = p->remote_ts, .priority = priority, .handling = &p->conf->handling,
	};
}

/* Without a device: policies are met by packets wherever they come from; IKE's own must pass. */
static int let_ike_pass(struct engine *e, char why[KERNEL_WHY])
{
	const uint8_t udp = IPPROTO_UDP;
	const uint16_t port[] = { e->settings.port, e->settings.natt_port };
	struct ts_list local = { 0 }, remote = { 0 };
	struct kernel_policy kp = {
		.cookie = engine_new_id(e), .action = KERNEL_BYPASS, .local_ts = &local,
		.remote_ts = &remote, .priority = PRIORITY_BYPASS,
	};

	if (e->bypass)
		return 0;
	for (unsigned int i = 0; i < 4; i++)
		local.ts[local.n++] = (struct ts){
			.protocol = udp, .port_first = port[i & 1], .port_last = port[i & 1],
			.range = ip_range_any(i & 2 ? AF_INET6 : AF_INET),
		};
	for (unsigned int i = 0; i < 2; i++)
		remote.ts[remote.n++] = (struct ts){
			.port_last = 65535, .range = ip_range_any(i ? AF_INET6 : AF_INET),
		};
	return e->env->kernel->policy_install(e->env->kernel_ctx, &kp, &e->bypass, why);
}

static bool has_no_device(const struct conf_conn *conf)
{
	if (conf->action != CONF_PROTECT)
		return true;
	for (unsigned int i = 0; i < conf->n_child; i++)
		if (!conf->child[i].transport)
			return false;
	return true;
}

static bool is_met_everywhere(const struct conf_conn *conf)
{
	if (conf->action != CONF_PROTECT)
		return true;
	for (unsigned int i = 0; i < conf->n_child; i++)
		if (conf->child[i].transport)
			return true;
	return false;
}

#define DEVICE_ADDR_MAX 12	/* those of the configuration, and lent ones while one IKE SA follows another */

int child_device_update(struct conn *c, struct failure *f)
{
	const struct conf_conn *conf = c->conf;
	const struct env *env = c->e->env;
	struct ip_addr addr[DEVICE_ADDR_MAX];
	uint8_t bits[DEVICE_ADDR_MAX];
	unsigned int n = conf->n_device_addr;
	char why[KERNEL_WHY] = "";
	struct ts_list nets;
	struct ip_addr peer;
	int ret;

	memcpy(addr, conf->device_addr, sizeof(conf->device_addr));
	memcpy(bits, conf->device_addr_bits, sizeof(conf->device_addr_bits));
	n += access_addresses(c, addr + n, DEVICE_ADDR_MAX - n);
	for (unsigned int i = conf->n_device_addr; i < n; i++)
		bits[i] = (uint8_t)(8 * ip_addr_len(&addr[i]));
	access_routes(c, &nets);
	peer = access_peer(c);
	c->device_asked = true;
	ret = env->kernel->device_ensure(env->kernel_ctx, conf->device, conf->vrf, conf->mtu, addr, bits, n,
					 conf->routes ? &nets : NULL, &peer, why);
	if (ret) {
		failure_set(f, FAILURE_KERNEL, "cannot set up device %s: %s", conf->device,
			    why[0] ? why : strerror(-ret));
		return ret;
	}
	c->device = true;
	return 0;
}

int child_device_ensure(struct conn *c, struct failure *f)
{
	const struct conf_conn *conf = c->conf;
	char why[KERNEL_WHY] = "";

	if (is_met_everywhere(conf) && let_ike_pass(c->e, why)) {
		failure_set(f, FAILURE_KERNEL, "the kernel refused to let IKE pass: %s", why);
		return -EIO;
	}
	if (c->device || has_no_device(conf))
		return 0;
	return child_device_update(c, f);
}

void child_device_remove(struct conn *c)
{
	if (c->device)
		access_device_goes(c);
	if (c->device_asked)
		c->e->env->kernel->device_remove(c->e->env->kernel_ctx, c->conf->device);
	c->device = c->device_asked = false;
}

void child_selectors(const struct conf_child *conf, const struct ip_addr *local,
		     const struct ip_addr *remote, struct ts_list *local_ts, struct ts_list *remote_ts)
{
	*local_ts = conf->local_ts;
	*remote_ts = conf->remote_ts;
	for (unsigned int i = 0; conf->transport && i < local_ts->n; i++)
		local_ts->ts[i].range = (struct ip_range){ .first = *local, .last = *local };
	for (unsigned int i = 0; conf->transport && i < remote_ts->n; i++)
		remote_ts->ts[i].range = (struct ip_range){ .first = *remote, .last = *remote };
}

static int trap_install(struct conn *c, const struct conf_child *conf, struct failure *f)
{
	const struct env *env = c->e->env;
	static const struct ip_addr nowhere;
	struct ip_addr remote = nowhere;
	struct ts_list local_ts, remote_ts;
	struct child_policy *p;
	struct kernel_policy kp;
	char why[KERNEL_WHY] = "";
	int ret;

	/* Hosts whose addresses are not known yet cannot be told from others. */
	if (conf->transport && (!ip_addr_is_set(&c->conf->local_addr) || !c->conf->remote_host ||
				ip_addr_parse(&remote, c->conf->remote_host))) {
		c->n_trap++;
		return 0;
	}
	child_selectors(conf, &c->conf->local_addr, &remote, &local_ts, &remote_ts);
	p = policy_new(c, conf, &local_ts, &remote_ts, &nowhere);
	if (!p) {
		failure_set(f, FAILURE_LOCAL, "no memory for a policy");
		return -ENOMEM;
	}
	kp = kernel_policy(p, c->conf->action == CONF_PROTECT ? PRIORITY_TRAP : c->conf->priority);
	ret = env->kernel->policy_install(env->kernel_ctx, &kp, &p->id, why);
	if (ret) {
		p->id = 0;
		policy_free(p);
		failure_set(f, FAILURE_KERNEL, "the kernel refused the policy: %s",
			    why[0] ? why : strerror(-ret));
		return ret;
	}
	p->trap = true;
	c->n_trap++;
	return 0;
}

int child_trap_install(struct conn *c, struct failure *f)
{
	int ret = child_device_ensure(c, f);

	/* In the order of the configuration: of equal ones the first is asked first. */
	while (!ret && c->n_trap < c->conf->n_child)
		ret = trap_install(c, &c->conf->child[c->n_trap], f);
	return ret;
}

static void child_free(struct child_sa *c)
{
	struct engine *e = c->sa->e;

	engine_timer_drop(e, &c->timer);
	kw_secret_drop(&c->out_encr);
	kw_secret_drop(&c->out_integ);
	kw_secret_drop(&c->out_ah);
	map_del(&e->child_by_cookie, &c->by_cookie);
	list_del(&c->node);
	list_del(&c->policy_node);
	free(c);
}

void child_policies_remove(struct conn *c)
{
	struct list *l, *tmp;

	list_for_each_safe(l, tmp, &c->policies) {
		struct child_policy *p = list_entry(l, struct child_policy, node);
		struct list *cl, *ctmp;

		list_for_each_safe(cl, ctmp, &p->children)
			child_free(list_entry(cl, struct child_sa, policy_node));
		policy_free(p);
	}
}

/* ---- children ---- */

struct child_sa *child_find(struct engine *e, uint64_t id)
{
	for (struct map_node *n = map_first(&e->child_by_cookie, KW_SPAN(&id, sizeof(id))); n;
	     n = map_next(n)) {
		struct child_sa *c = container_of(n, struct child_sa, by_cookie);

		if (c->id == id)
			return c;
	}
	return NULL;
}

static bool sends_by(const struct child_sa *c, uint8_t protocol, uint32_t spi)
{
	return (c->spi_out == spi && (!protocol || protocol == c->protocol)) ||
	       (c->ah_out && c->ah_out == spi && protocol != PROTO_ESP);
}

struct child_sa *child_by_spi_out(struct ike_sa *sa, uint8_t protocol, uint32_t spi_out)
{
	struct list *l;

	list_for_each(l, &sa->children) {
		struct child_sa *c = list_entry(l, struct child_sa, node);

		if (sends_by(c, protocol, spi_out) && c->state != CHILD_LARVAL)
			return c;
	}
	return NULL;
}

struct child_sa *child_of_old_sa(const struct ike_sa *sa, const struct conf_child *conf,
				 const struct ts_list *local_ts, const struct ts_list *remote_ts)
{
	struct child_policy *p = policy_find(sa->conn, conf, local_ts, remote_ts, &sa->remote.addr);
	struct list *l;

	if (!p)
		return NULL;
	list_for_each(l, &p->children) {
		struct child_sa *c = list_entry(l, struct child_sa, policy_node);

		if (c->sa != sa && c->state == CHILD_INSTALLED && !c->replaced_by && !c->dscp_class && c->sa->redundant &&
		    c->sa->state == IKE_ST_ESTABLISHED)
			return c;
	}
	return NULL;
}

unsigned int child_count_live(const struct ike_sa *sa)
{
	unsigned int n = 0;
	struct list *l;

	list_for_each(l, &sa->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->state == CHILD_INBOUND || c->state == CHILD_INSTALLED)
			n++;
	}
	return n;
}

bool child_has_no_way(const struct ike_sa *sa, const struct conf_child *conf, struct failure *f)
{
	if (stream_used(sa) && (conf->ah.n || conf->transport)) {
		/* A stream's own packets are between the two hosts, as those of transport mode are. */
		failure_set(f, FAILURE_PROPOSAL, "%s does not run in TCP (RFC 9329): %s, or tcp = no",
			    conf->ah.n ? "AH" : "transport mode", conf->ah.n ? "use esp in place of ah" : "take mode = tunnel");
		return true;
	}
	if (!conf->ah.n || !natd_encap(sa))
		return false;
	snprintf(f->differs, sizeof(f->differs), "NAT");
	failure_set(f, FAILURE_PROPOSAL,
		    "AH covers the addresses that a NAT changes, and there is one in front of %s: use esp in place of ah",
		    sa->nat_local ? "this side" : "the peer");
	return true;
}

char *child_suite_print(char *buf, size_t cap, const struct child_sa *c)
{
	char text[160], ah[160];

	suite_print(text, sizeof(text), &c->suite);
	snprintf(buf, cap, "%s%s%s", text, c->ah_in ? " in ah " : "",
		 c->ah_in ? suite_print(ah, sizeof(ah), &c->ah) : "");
	return buf;
}

/* AH around ESP has an SPI of its own. */
static int alloc_spis(struct child_sa *c, const struct ike_sa *sa, char why[KERNEL_WHY])
{
	const struct env *env = sa->e->env;
	const struct ip_addr *local = &sa->local.addr;
	int ret = env->kernel->spi_alloc(env->kernel_ctx, c->protocol, local, &c->spi_in, why);

	if (ret || !c->conf->esp.n || !c->conf->ah.n)
		return ret;
	ret = env->kernel->spi_alloc(env->kernel_ctx, PROTO_AH, local, &c->ah_in, why);
	if (ret)
		env->kernel->spi_free(env->kernel_ctx, c->protocol, local, c->spi_in);
	return ret;
}

struct child_sa *child_new(struct ike_sa *sa, const struct conf_child *conf, bool initiator,
			   struct failure *f)
{
	struct child_sa *c = calloc(1, sizeof(*c));
	char why[KERNEL_WHY] = "";
	int ret;

	if (!c) {
		failure_set(f, FAILURE_LOCAL, "no memory for a child");
		return NULL;
	}
	c->conf = conf;
	c->protocol = conf_child_protocol(conf);
	ret = alloc_spis(c, sa, why);
	if (ret) {
		failure_set(f, FAILURE_KERNEL, "the kernel gave no SPI: %s",
			    why[0] ? why : strerror(-ret));
		free(c);
		return NULL;
	}
	c->sa = sa;
	c->initiator = initiator;
	c->spi_local = sa->local.addr;
	c->id = engine_new_id(sa->e);
	c->created_ms = engine_now(sa->e);
	c->rekey_at_ms = UINT64_MAX;
	c->rekey = conf->rekey;
	c->rekey_bytes = conf->rekey_bytes;
	list_init(&c->policy_node);
	list_add_tail(&sa->children, &c->node);
	map_add(&sa->e->child_by_cookie, &c->by_cookie, KW_SPAN(&c->id, sizeof(c->id)));
	return c;
}

static struct kernel_sa kernel_sa(const struct child_sa *c, enum kernel_dir dir,
				  const struct kw_secret *encr, const struct kw_secret *integ)
{
	const struct conf_child *conf = c->conf;

	return (struct kernel_sa){
		.protocol = c->protocol,
		.spi = dir == KERNEL_OUT ? c->spi_out : c->spi_in,
		.ah_spi = dir == KERNEL_OUT ? c->ah_out : c->ah_in,
		.encr = c->suite.encr,
		.encr_key_bits = c->suite.encr_bits,
		.integ = c->suite.integ,
		.encr_key = encr,
		.integ_key = integ,
		.esn = c->suite.esn,
		.replay_window = c->sa->conn->conf->replay_window,
		.soft_bytes = c->rekey_bytes,
		.hard_bytes = c->rekey_bytes / 4 * 5,
		.soft_packets = conf->rekey_packets,
		.hard_packets = conf->rekey_packets / 4 * 5,
		.hard_seconds = rekey_hard_seconds(c->rekey),
		.idle_seconds = conf->inactivity,
		.verify_csum = conf->handling.verify_csum,
		.tfc = c->no_tfc || c->protocol == PROTO_AH ? 0 : conf->handling.tfc,
		.dscps = c->dscp_class ? conf->dscp_class[c->dscp_class - 1] : 0,
	};
}

/* AH around ESP: what passes is counted, and has its limits, within it. */
static struct kernel_sa kernel_sa_around(const struct child_sa *c, enum kernel_dir dir, const struct kw_secret *integ)
{
	return (struct kernel_sa){
		.protocol = PROTO_AH,
		.spi = dir == KERNEL_OUT ? c->ah_out : c->ah_in,
		.integ = c->ah.integ,
		.integ_key = integ,
		.esn = c->ah.esn,
		.replay_window = c->sa->conn->conf->replay_window,
		.hard_seconds = rekey_hard_seconds(c->rekey),
	};
}

static struct kernel_child kernel_child(const struct child_sa *c)
{
	const struct ike_sa *sa = c->sa;

	return (struct kernel_child){
		.sa_cookie = c->id,
		.local = sa->local.addr,
		.remote = sa->remote.addr,
		.encap = c->encap,
		.encap_local_port = sa->local.port,
		.encap_remote_port = sa->remote.port,
		.stream = c->stream,
		.policy_id = c->policy ? c->policy->id : 0,
	};
}

/* Which key protects what we send: that of the exchange's initiator when it was us (§2.17). */
static int keep_out_keys(struct child_sa *c, const struct child_keys *keys)
{
	int ret = 0;

	if (keys->encr_i.len)
		ret = kw_secret_dup(&c->out_encr, c->initiator ? &keys->encr_i : &keys->encr_r);
	if (!ret && keys->integ_i.len)
		ret = kw_secret_dup(&c->out_integ, c->initiator ? &keys->integ_i : &keys->integ_r);
	if (!ret && keys->ah_i.len)
		ret = kw_secret_dup(&c->out_ah, c->initiator ? &keys->ah_i : &keys->ah_r);
	return ret;
}

static void forget_out_keys(struct child_sa *c)
{
	kw_secret_drop(&c->out_encr);
	kw_secret_drop(&c->out_integ);
	kw_secret_drop(&c->out_ah);
}

static struct child_policy *choose_policy(struct child_sa *c, const struct ts_list *local_ts,
					  const struct ts_list *remote_ts,
					  struct child_sa *replaces)
{
	struct conn *conn = c->sa->conn;
	struct child_policy *p = replaces ? replaces->policy : NULL;

	if (p && ts_list_equal(p->local_ts, local_ts) && ts_list_equal(p->remote_ts, remote_ts))
		return p;
	p = policy_find(conn, c->conf, local_ts, remote_ts, &c->sa->remote.addr);
	return p ? p : policy_new(conn, c->conf, local_ts, remote_ts,
				    &c->sa->remote.addr);
}

static bool holds_class(const struct child_sa *c, const struct ike_sa *sa)
{
	return c->sa == sa && (c->state == CHILD_INBOUND || c->state == CHILD_INSTALLED) && !c->replaced_by;
}

unsigned int child_free_class(const struct child_policy *p, const struct ike_sa *sa)
{
	unsigned int class = 0;
	uint32_t taken = 0;
	struct list *l;

	list_for_each(l, &p->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, policy_node);

		if (holds_class(c, sa))
			taken |= 1u << c->dscp_class;
	}
	while (taken >> class & 1)
		class++;
	return class;
}

/* Of the one that was made last. */
static unsigned int youngest_class(const struct child_policy *p, const struct ike_sa *sa)
{
	const struct child_sa *youngest = NULL;
	struct list *l;

	list_for_each(l, &p->children) {
		const struct child_sa *c = list_entry(l, struct child_sa, policy_node);

		if (holds_class(c, sa) && (!youngest || c->id > youngest->id))
			youngest = c;
	}
	return youngest ? youngest->dscp_class : 0;
}

/*
 * New keys are for what the old ones were; another child is for the class that has none (RFC 4301 §4.1). If all have,
 * both sides have made the last one at once, and one of the two will go.
 */
static unsigned int choose_class(const struct child_sa *c, const struct child_sa *replaces)
{
	unsigned int class = replaces ? replaces->dscp_class : child_free_class(c->policy, c->sa);

	return class <= c->conf->n_dscp_class ? class : youngest_class(c->policy, c->sa);
}

static int install(struct child_sa *c, const struct child_keys *keys, bool defer_out,
		   char why[KERNEL_WHY])
{
	const struct env *env = c->sa->e->env;
	struct child_policy *p = c->policy;
	struct kernel_policy kp = kernel_policy(p, PRIORITY_CHILD);
	struct kernel_sa in = kernel_sa(c, KERNEL_IN, c->initiator ? &keys->encr_r : &keys->encr_i,
					c->initiator ? &keys->integ_r : &keys->integ_i);
	struct kernel_sa in_ah = kernel_sa_around(c, KERNEL_IN, c->initiator ? &keys->ah_r : &keys->ah_i);
	struct kernel_sa out = kernel_sa(c, KERNEL_OUT, &c->out_encr, &c->out_integ);
	struct kernel_sa out_ah = kernel_sa_around(c, KERNEL_OUT, &c->out_ah);
	struct kernel_child kc = kernel_child(c);

	kp.local = c->sa->local.addr;
	kp.remote = c->sa->remote.addr;
	kc.policy = p->id ? NULL : &kp;
	kc.in = &in;
	kc.in_ah = c->ah_in ? &in_ah : NULL;
	kc.out = defer_out ? NULL : &out;
	kc.out_ah = c->ah_in && !defer_out ? &out_ah : NULL;
	return env->kernel->child_install(env->kernel_ctx, &kc, &p->id, why);
}

static void switch_fire(void *arg)
{
	struct child_sa *c = arg;
	struct engine *e = c->sa->e;

	engine_enter(e);
	/* The peer should have deleted what lost a collision. */
	if (c->replaced_by)
		task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
	else
		child_switch(c);
	engine_leave(e);
}

/* How its ESP travels: bare, in UDP or in TCP. 0 or -errno with a sentence. */
static int choose_way(struct child_sa *c, char why[KERNEL_WHY])
{
	const struct ike_sa *sa = c->sa;
	const struct env *env = sa->e->env;

	c->encap = natd_encap(sa);
	c->tcp = stream_used(sa);
	c->stream = 0;
	if (!c->tcp)
		return 0;
	return env->net->take(env->net_ctx, &sa->local, &sa->remote, &c->stream, why);
}

int child_install(struct child_sa *c, const struct child_keys *keys, const struct ts_list *local_ts,
		  const struct ts_list *remote_ts, struct child_sa *replaces, bool defer_out,
		  struct failure *f)
{
	char why[KERNEL_WHY] = "";
	int ret = child_has_no_way(c->sa, c->conf, f) ? -EOPNOTSUPP : child_device_ensure(c->sa->conn, f);

	if (ret)
		return ret;
	c->policy = choose_policy(c, local_ts, remote_ts, replaces);
	c->dscp_class = c->policy ? choose_class(c, replaces) : 0;
	ret = c->policy ? choose_way(c, why) : -ENOMEM;
	if (!ret)
		ret = keep_out_keys(c, keys);
	if (!ret)
		key_export_child(c, keys);
	if (!ret)
		ret = install(c, keys, defer_out, why);
	if (!defer_out || ret)
		forget_out_keys(c);
	if (ret) {
		if (c->policy && !c->policy->id)
			policy_free(c->policy);
		c->policy = NULL;
		failure_set(f, ret == -ENOMEM ? FAILURE_LOCAL : FAILURE_KERNEL,
			    "the kernel refused the child SA: %s", why[0] ? why : strerror(-ret));
		return ret;
	}
	list_add_tail(&c->policy->children, &c->policy_node);
	c->replaces = replaces ? replaces->id : 0;
	child_set_state(c, defer_out ? CHILD_INBOUND : CHILD_INSTALLED);
	if (defer_out)
		engine_timer(c->sa->e, &c->timer, CHILD_SWITCH_MS, switch_fire, c);
	else
		rekey_schedule_child(c);
	return 0;
}

void child_up(struct child_sa *c)
{
	struct conn *conn = c->sa->conn;
	char ts[2][200], alg[240];

	log_info(conn_name(conn), "child #%llu is up: %s === %s, %s%s, SPIs %08x_in %08x_out%s",
		 (unsigned long long)c->id,
		 ts_list_print(ts[0], sizeof(ts[0]), c->policy->local_ts),
		 ts_list_print(ts[1], sizeof(ts[1]), c->policy->remote_ts),
		 c->protocol == PROTO_AH ? "ah " : "", child_suite_print(alg, sizeof(alg), c), c->spi_in, c->spi_out,
		 c->encap ? ", in UDP" : c->tcp ? ", in TCP" : "");
	engine_event(c->sa->e, EVENT_CHILD_UP, conn, c->sa->id, c->id, 0,
		     "child SA is up: %s === %s", ts[0], ts[1]);
	if (c->conf->local_virtual)
		access_refresh(conn);
	connect_on_child_up(c);
}

void child_switch(struct child_sa *c)
{
	const struct env *env = c->sa->e->env;
	struct kernel_sa out = kernel_sa(c, KERNEL_OUT, &c->out_encr, &c->out_integ);
	struct kernel_sa out_ah = kernel_sa_around(c, KERNEL_OUT, &c->out_ah);
	struct kernel_child kc = kernel_child(c);
	char why[KERNEL_WHY] = "";
	int ret;

	if (c->state != CHILD_INBOUND)
		return;
	kc.out = &out;
	kc.out_ah = c->ah_in ? &out_ah : NULL;
	ret = env->kernel->child_install(env->kernel_ctx, &kc, &c->policy->id, why);
	forget_out_keys(c);
	child_set_state(c, CHILD_INSTALLED);
	rekey_schedule_child(c);
	if (ret) {
		/* Receives but cannot send: a rekey gives it another chance, the peer notices nothing. */
		log_error(conn_name(c->sa->conn), "the kernel refused the outbound SA %08x: %s",
			  c->spi_out, why[0] ? why : strerror(-ret));
		rekey_child_failed(c);
	}
}

static void replaced_fire(void *arg)
{
	struct child_sa *c = arg;
	struct engine *e = c->sa->e;

	engine_enter(e);
	task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
	engine_leave(e);
}

void child_replaced(struct child_sa *old, struct child_sa *by)
{
	old->replaced_by = by->id;
	/* Whoever rekeyed deletes it (§2.8); if he forgets, we do. */
	engine_timer(old->sa->e, &old->timer, CHILD_REPLACED_MS, replaced_fire, old);
	if (old->state != CHILD_DELETING)
		child_set_state(old, CHILD_REKEYED);
	log_info(conn_name(by->sa->conn), "child #%llu rekeyed as #%llu: SPIs %08x_in %08x_out",
		 (unsigned long long)old->id, (unsigned long long)by->id, by->spi_in, by->spi_out);
	engine_event(by->sa->e, EVENT_CHILD_REKEYED, by->sa->conn, by->sa->id, by->id, old->id,
		     "child rekeyed: SPIs %08x_in %08x_out", by->spi_in, by->spi_out);
}

/* With the AH around it; ah: 0 = none. */
static void remove_sa(const struct child_policy *p, enum kernel_dir dir, uint8_t protocol, uint32_t spi, uint32_t ah)
{
	const struct env *env = p->conn->e->env;

	env->kernel->sa_remove(env->kernel_ctx, protocol, dir, p->id, spi);
	if (ah)
		env->kernel->sa_remove(env->kernel_ctx, PROTO_AH, dir, p->id, ah);
}

static void drained(void *arg)
{
	struct drain *d = arg;

	remove_sa(d->policy, KERNEL_IN, d->protocol, d->spi, d->ah);
	drain_free(d);
}

/* The old inbound SA lives on a little; without memory for that it goes at once. */
static void drain_start(struct child_policy *p, const struct child_sa *c)
{
	struct drain *d = calloc(1, sizeof(*d));

	if (!d) {
		remove_sa(p, KERNEL_IN, c->protocol, c->spi_in, c->ah_in);
		return;
	}
	d->policy = p;
	d->protocol = c->protocol;
	d->spi = c->spi_in;
	d->ah = c->ah_in;
	list_add_tail(&p->drains, &d->node);
	engine_timer(p->conn->e, &d->timer, CHILD_DRAIN_MS, drained, d);
}

static void switch_successors(struct child_sa *c)
{
	struct list *l;

	list_for_each(l, &c->policy->children) {
		struct child_sa *next = list_entry(l, struct child_sa, policy_node);

		if (next->replaces == c->id && next->state == CHILD_INBOUND && !next->replaced_by)
			child_switch(next);
	}
}

/* The peer deletes the newer one (it lost a collision) before the older is gone: that one is in use again. */
static bool revive_predecessor(struct child_sa *c)
{
	struct child_sa *old = c->replaces ? child_find(c->sa->e, c->replaces) : NULL;

	if (!old || old->replaced_by != c->id || old->state != CHILD_REKEYED)
		return false;
	old->replaced_by = 0;
	child_set_state(old, CHILD_INSTALLED);
	rekey_child_failed(old);
	return true;
}

static bool has_young_twin(const struct child_sa *c)
{
	struct list *l;

	list_for_each(l, &c->policy->children) {
		const struct child_sa *twin = list_entry(l, struct child_sa, policy_node);

		if (twin != c && twin->sa == c->sa && twin->state == CHILD_INSTALLED &&
		    engine_now(c->sa->e) - twin->created_ms < TWIN_MS)
			return true;
	}
	return false;
}

/* Making it again would have the peer delete the other one, and so on for ever. */
static void learn_of_twins(const struct child_sa *c)
{
	struct conn *conn = c->sa->conn;
	struct failure f = { 0 };

	if (!conn || !c->conf->n_dscp_class || conn->one_class || c->state != CHILD_INSTALLED || c->replaced_by ||
	    c->sa->state != IKE_ST_ESTABLISHED || !has_young_twin(c))
		return;
	conn->one_class = true;
	failure_set(&f, FAILURE_PEER,
		    "the peer lets one child with these nets stand, so all of dscp-classes share it: if it is a keyway, it needs the same line");
	conn_fail(conn, &f);
}

static void tell_gone(struct child_sa *c)
{
	log_info(conn_name(c->sa->conn), "child #%llu is gone: SPIs %08x_in %08x_out",
		 (unsigned long long)c->id, c->spi_in, c->spi_out);
	engine_event(c->sa->e, EVENT_CHILD_DOWN, c->sa->conn, c->sa->id, c->id, 0,
		     "child SA is down");
}

static void uninstall(struct child_sa *c)
{
	struct child_policy *p = c->policy;

	learn_of_twins(c);
	switch_successors(c);
	list_del(&c->policy_node);
	if (list_empty(&p->children)) {
		policy_free(p);
		return;
	}
	if (c->state != CHILD_INBOUND)
		remove_sa(p, KERNEL_OUT, c->protocol, c->spi_out, c->ah_out);
	drain_start(p, c);
}

static void free_spis(const struct child_sa *c)
{
	const struct env *env = c->sa->e->env;

	env->kernel->spi_free(env->kernel_ctx, c->protocol, &c->spi_local, c->spi_in);
	if (c->ah_in)
		env->kernel->spi_free(env->kernel_ctx, PROTO_AH, &c->spi_local, c->ah_in);
}

void child_remove(struct child_sa *c)
{
	struct ike_sa *sa = c->sa;
	bool missed = c->policy && !c->replaced_by && !revive_predecessor(c);

	if (!c->policy)
		free_spis(c);
	else
		uninstall(c);
	if (missed && sa->conn)
		tell_gone(c);
	child_free(c);
	if (missed && sa->conn)
		connect_on_child_gone(sa->conn, sa);
}

void child_move(struct child_sa *c, struct ike_sa *to)
{
	list_del(&c->node);
	list_add_tail(&to->children, &c->node);
	c->sa = to;
}

/* With the AH around it, as remove_sa(). */
static int move_sa(const struct child_sa *c, enum kernel_dir dir, uint32_t spi, uint32_t ah, char why[KERNEL_WHY])
{
	const struct env *env = c->sa->e->env;
	struct endpoint local = c->sa->local, remote = c->sa->remote;
	int ret;

	if (!c->encap)
		local.port = remote.port = 0;
	ret = env->kernel->sa_move(env->kernel_ctx, c->protocol, dir, c->policy->id, spi, &local, &remote,
				   c->stream, why);
	if (!ret && ah)
		ret = env->kernel->sa_move(env->kernel_ctx, PROTO_AH, dir, c->policy->id, ah, &local, &remote,
					   0, why);
	return ret;
}

static void move_endpoints(struct child_sa *c)
{
	const struct ike_sa *sa = c->sa;
	char why[KERNEL_WHY] = "";
	struct failure f = { 0 };
	int ret;

	if (child_has_no_way(sa, c->conf, &f)) {
		conn_fail(sa->conn, &f);
		task_add(c->sa, IKE_TASK_CHILD_DELETE, c->id);
		return;
	}
	ret = choose_way(c, why);
	if (!ret)
		ret = move_sa(c, KERNEL_IN, c->spi_in, c->ah_in, why);
	if (!ret && c->state != CHILD_INBOUND)
		ret = move_sa(c, KERNEL_OUT, c->spi_out, c->ah_out, why);
	if (ret)
		log_warn(conn_name(sa->conn), "child #%llu does not follow the peer: %s",
			 (unsigned long long)c->id, why[0] ? why : strerror(-ret));
}

void child_update_endpoints(struct ike_sa *sa)
{
	struct list *l;

	list_for_each(l, &sa->children) {
		struct child_sa *c = list_entry(l, struct child_sa, node);

		if (c->policy)
			move_endpoints(c);
	}
	/* A default route spares the peer, who may be elsewhere now. */
	if (sa->access)
		access_refresh(sa->conn);
}
