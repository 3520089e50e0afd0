/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two engines back to back in one process, with a scripted network between them.
 *
 * a is 192.0.2.1, b is 192.0.2.2; a's network is 10.1.0.0/16, b's 10.2.0.0/16. Datagrams wait in p->wire
 * until a test delivers, drops, repeats or changes them; or until pair_run() lets time pass.
 */
#ifndef KW_TESTS_EXCHANGE_PAIR_H
#define KW_TESTS_EXCHANGE_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exchange/fakes.h"
#include "ike/engine.h"
#include "ike/version.h"
#include "wire/cp.h"

struct pair;

#define PAIR_KEYS 8
#define PAIR_KEY_LINE 700

struct side {
	struct pair *p;
	const char *name;		/* "a", "b" */
	struct ip_addr addr;
	struct engine *e;
	struct env env;
	struct fake_kernel kernel;
	unsigned int events[EVENT_RETRY + 1];
	struct failure failure;		/* of the last EVENT_FAILURE */
	unsigned int keepalives;
	struct cp dns;			/* name servers and domains in use */
	unsigned int n_key[KEY_TABLES];	/* lines told, the first PAIR_KEYS of each table kept */
	char key[KEY_TABLES][PAIR_KEYS][PAIR_KEY_LINE];
	struct ike_version version;	/* ikev2, for tests to bend */
	const struct ike_version *versions[2];
	bool no_route;
};

struct datagram {
	struct list node;
	struct side *from, *to;
	enum net_socket socket;		/* it was sent from */
	struct endpoint src, dst;	/* as the receiver sees them */
	uint64_t due;
	uint8_t *bytes;
	size_t len;
};

enum fate { FATE_DELIVER, FATE_DROP };

/* A TCP stream, by the ends that who opened it knows. */
#define PAIR_STREAMS 32
struct pair_stream {
	struct side *opener;
	struct endpoint local, remote;
	bool open;
	bool taken[2];			/* by the kernel of a, of b */
	bool left[2];			/* hung up by a, by b */
};

struct pair {
	struct world w;
	struct side a, b;
	struct list wire;		/* struct datagram.node, in order of sending */
	unsigned int sent;		/* datagrams since the start */
	size_t bytes_to[2];		/* octets sent to a, b */
	/* A NAT in front of a: its outside address; unset = none. */
	struct ip_addr nat;
	uint16_t nat_port_offset;	/* outside port = inside port + this */
	/* TCP: numbered from 1. */
	struct pair_stream stream[PAIR_STREAMS];
	unsigned int n_stream;
	bool no_tcp;			/* nobody can connect */
	/* Looked at when a datagram is sent; may change it and its .due. NULL = deliver. */
	enum fate (*on_send)(struct pair *p, struct datagram *d);
	void *ctx;
	/* Every packet must arrive: checked after each thing that happens, once set. */
	bool traffic;
	unsigned int lost_ab, lost_ba;
	size_t secrets;			/* alive before */
};

/* What connects by default: PSK, b responds. Appended lines override nothing: keys must not repeat. */
#define CONF_A "remote = 192.0.2.2\nlocal = 192.0.2.1\nlocal-net = 10.1.0.0/16\nremote-net = 10.2.0.0/16\n"
#define CONF_B "remote = 192.0.2.1\nlocal = 192.0.2.2\nlocal-net = 10.2.0.0/16\nremote-net = 10.1.0.0/16\n"
#define IDS_A "local-id = a.example\nremote-id = b.example\n"
#define IDS_B "local-id = b.example\nremote-id = a.example\n"
#define PSK "psk = \"a secret that only two know\"\n"
#define PASSIVE "start = none\n"

/* One thing that goes wrong on the way: an on_send, with p->ctx what is to happen to which datagram. */
struct mishap {
	unsigned int count;		/* datagrams so far */
	unsigned int which;		/* counted from 0 */
	bool twice;			/* it arrives again 300 ms later; else never */
};
enum fate mishap_fate(struct pair *p, struct datagram *d);

/* Where file names in configurations begin; "/tmp" unless credentials_setup() was called. */
extern const char *pair_dir;

/* Another version that engines made from now on speak besides IKEv2; NULL at first. */
extern const struct ike_version *pair_also;

/* Both with one connection "t"; nothing is sent yet where start = none. Repeatable by seed. */
struct pair *pair_new(uint64_t seed, const char *conf_a, const char *conf_b);
/* a starts, both are up. */
struct pair *pair_up(uint64_t seed, const char *conf_a, const char *conf_b);
struct pair *pair_established(uint64_t seed);
/* Checks that nothing of the engines is left in the kernels, and no secret in memory. */
void pair_free(struct pair *p);
/*
 * What may end things while they are under way: 0, both take the connection down; 1, b has it no longer in its
 * configuration; 2, lost is restarted with conf; 3, the engines end at once. Frees p, a minute later but for the last.
 */
void pair_interrupt(struct pair *p, unsigned int how, struct side *lost, const char *conf);
/* Give a side a configuration: one connection per (name, text) up to NULL. */
void side_configure(struct side *s, const char *name, const char *text);
struct conf *side_conf(const char *const *name_text);

/* The engine of a side is restarted: nothing is remembered, nobody is told. */
void side_restart(struct side *s, const char *conf);
void side_up(struct side *s);
void side_down(struct side *s);
void side_rekey(struct side *s, bool ike);
void side_expire(struct side *s, bool hard);	/* a limit of its current outbound SA */

/* Take the first datagram on the wire to its receiver; fails when there is none. Jobs run. */
void pair_deliver(struct pair *p);
void pair_drop(struct pair *p);
/* The first one arrives now and stays on the wire as well. */
void pair_repeat(struct pair *p);
/* The second overtakes the first. */
void pair_swap(struct pair *p);
struct datagram *pair_first(struct pair *p);
unsigned int pair_waiting(const struct pair *p);
void pair_inject(struct pair *p, struct side *to, const struct datagram *d);	/* a copy arrives now */
/* Everything on the wire and what it causes, without time passing. */
void pair_settle(struct pair *p);
/* Let so many milliseconds pass; what is due happens, datagrams take no time unless .due says so. */
void pair_run(struct pair *p, uint64_t ms);

/* The stream breaks; both sides are told. */
void pair_break(struct pair *p, unsigned int number);

/* Status of connection "t". */
struct view {
	enum conn_state state;
	enum conn_wanted wanted;
	unsigned int ike, child, tries;	/* SAs; children installed or inbound */
	uint64_t ike_id, child_id;	/* of the first ones established */
	uint32_t spi_in, spi_out;
	uint64_t next_try_ms;
	struct failure failure;
	char ike_algorithms[200], child_algorithms[160], local_ts[480], remote_ts[480];
	bool nat_local, nat_remote, encap, tcp;
	struct endpoint remote;
	struct kernel_counters totals;
	char remote_id[IDENT_STRLEN];
};
struct view side_view(struct side *s);
bool side_is_up(struct side *s);
/* Its child is between the two hosts alone, without a device. */
bool side_has_transport(const struct side *s);
/* Both up with exactly one IKE SA and one child each, which fit together; no larval SPI is left. */
void pair_consistent(struct pair *p);
bool pair_is_consistent(struct pair *p);
/* Exchange type and direction of a datagram, from its header. */
uint8_t datagram_exchange(const struct datagram *d);
bool datagram_is_response(const struct datagram *d);

#endif
