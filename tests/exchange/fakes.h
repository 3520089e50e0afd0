/* SPDX-License-Identifier: GPL-2.0 */
/* A world of its own for engines under test: clock, randomness, worker, kernel, all repeatable. */
#ifndef KW_TESTS_EXCHANGE_FAKES_H
#define KW_TESTS_EXCHANGE_FAKES_H

#include "ike/env.h"
#include "lib/list.h"

/* ---- clock, timers, jobs, lookups: one of each for both engines ---- */

struct world {
	uint64_t now;			/* monotonic ms, starts at 1000000 */
	int64_t wall;			/* ms since 1970 at now = 0 */
	struct list timers;
	struct list jobs;
	struct list lookups;
	uint64_t job_delay;		/* ms that a job takes */
	uint64_t job_delay_random;	/* and up to so much more */
	uint64_t rng;			/* splitmix64: the world's and the engines' randomness */
	const char *name;		/* the one host name that resolves */
	struct ip_addr name_addr[4];
	unsigned int n_name_addr, n_lookups;
	/* The server at the other end of each dialog: what it says to a datagram, nothing when w stays empty. */
	void (*server)(void *ctx, struct kw_span question, struct kw_writer *w);
	void *server_ctx;
	unsigned int dialogs;		/* that are open */
	/* PAM: true and an answer; false: none comes. NULL: there is no PAM. */
	bool (*pam)(void *ctx, const struct env_pam_question *q, struct env_pam_answer *answer);
	void *pam_ctx;
	unsigned int pams;		/* questions under way */
	/* The web: what is fetched, 0 and into w, or -errno; NULL: nobody is there. */
	int (*web)(void *ctx, const struct env_fetch *req, struct kw_writer *w);
	void *web_ctx;
	uint64_t web_delay;		/* ms */
	unsigned int n_fetches;
};

void world_init(struct world *w, uint64_t seed);
void world_free(struct world *w);
uint64_t world_random(struct world *w, uint64_t below);
/* When the next timer, job or lookup is due; UINT64_MAX = nothing. */
uint64_t world_next(const struct world *w);
/* Runs one thing that is due; false: nothing was. */
bool world_step(struct world *w);

extern const struct env_timer_ops world_timer_ops;
extern const struct env_job_ops world_job_ops;
extern const struct env_resolve_ops world_resolve_ops;
extern const struct env_dialog_ops world_dialog_ops;
extern const struct env_pam_ops world_pam_ops;
extern const struct env_fetch_ops world_fetch_ops;

/* ---- a kernel that remembers ---- */

#define FAKE_SAS 256
#define FAKE_KEY 128

struct fake_sa {
	bool used, larval, out;
	uint8_t protocol;
	uint32_t spi, policy;
	uint32_t ah_spi;		/* of ESP: the AH SA that it goes in */
	uint64_t cookie;
	uint64_t order;			/* counts up with each install: the newest outbound one is current */
	uint8_t key[FAKE_KEY];
	size_t key_len;
	uint16_t encr, integ;
	bool esn, encap;
	uint32_t stream;
	struct endpoint local, remote;
	uint64_t bytes, unused;		/* what sa_state() tells */
	uint32_t idle_seconds;
	uint32_t hard_seconds;
	uint64_t soft_bytes;
	uint16_t tfc;
	uint64_t dscps;
};

struct fake_policy {
	bool used;
	uint32_t id;
	uint64_t cookie;
	uint32_t priority;
	bool transport, device;
	enum kernel_action action;
	struct ts_list local_ts, remote_ts;
	struct handling handling;
	uint64_t packets;		/* what counters() tells */
};

struct fake_kernel {
	struct fake_sa sa[FAKE_SAS];
	struct fake_policy policy[32];
	struct world *w;
	uint32_t last_id, next_spi;
	uint64_t order;
	bool device;
	char vrf[16];
	struct ip_addr addr[16];	/* of the device that was set up last */
	unsigned int n_addr;
	struct ts_list routes;
	struct ip_addr peer;		/* whom a default route spares */
	const char *refuse;		/* every install fails with this sentence */
	unsigned int installs;
	uint64_t last_in_ms;		/* what counters() says about inbound traffic */
};

extern const struct kernel_ops fake_kernel_ops;

void fake_kernel_init(struct fake_kernel *k, struct world *w, uint32_t first_spi);
/* SAs that carry keys; larval ones not counted, nor AH that has its ESP within. */
unsigned int fake_kernel_sas(const struct fake_kernel *k, bool out);
unsigned int fake_kernel_larvals(const struct fake_kernel *k);
unsigned int fake_kernel_policies(const struct fake_kernel *k, uint32_t priority);
/* The outbound SA that a packet of the child policy would use now; NULL = dropped. */
const struct fake_sa *fake_kernel_current(const struct fake_kernel *k);
const struct fake_sa *fake_kernel_find(const struct fake_kernel *k, bool out, uint32_t spi);
/* Would a packet that `from` sends now be accepted by `to`? Same SPI, same key, same algorithm; and so the AH around. */
bool fake_kernel_carries(const struct fake_kernel *from, const struct fake_kernel *to);

#define PRIORITY_OF_BYPASS 100
#define PRIORITY_OF_CHILD 1000
#define PRIORITY_OF_TRAP 2000

#endif
