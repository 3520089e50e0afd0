// SPDX-License-Identifier: GPL-2.0
/*
 * The anti-replay window against a model that remembers every sequence number.
 *
 * RFCs: 4303 section 3.4.3 and Appendix A
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "replay.h"

#include <uapi/linux/keyway.h>

#define SPACE32	BIT_ULL(32)
#define STEPS	250000

/*
 * What RFC 4303 3.4.3 says, in the plainest way: one bit for each of the last 131072 sequence
 * numbers, cleared as the top moves past them.
 */
#define MODEL_BITS	131072u

struct model {
	u64 top;
	u32 window;
	unsigned long *seen;
};

static struct model *model_new(struct kunit *test, u32 window)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->seen = kunit_kzalloc(test, MODEL_BITS / 8, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->seen);
	m->window = window;
	return m;
}

static bool model_would_accept(const struct model *m, u64 seq)
{
	if (!seq)
		return false;
	if (seq > m->top)
		return true;
	return m->top - seq < m->window && !test_bit(seq % MODEL_BITS, m->seen);
}

/* The numbers from @first to @last become unseen. */
static void model_forget(struct model *m, u64 first, u64 last)
{
	u32 start = first % MODEL_BITS;
	u32 len = min_t(u64, last - first + 1, MODEL_BITS);
	u32 part = min(len, MODEL_BITS - start);

	bitmap_clear(m->seen, start, part);
	bitmap_clear(m->seen, 0, len - part);
}

static void model_accept(struct model *m, u64 seq)
{
	if (seq > m->top) {
		model_forget(m, m->top + 1, seq);
		m->top = seq;
	}
	set_bit(seq % MODEL_BITS, m->seen);
}

static void free_window(void *r)
{
	kw_replay_free(r);
}

static struct kw_replay *window_new(struct kunit *test, u32 window, bool esn)
{
	struct kw_replay *r = kw_replay_new(window, esn);

	KUNIT_ASSERT_NOT_NULL(test, r);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_window, r), 0);
	return r;
}

/* A packet with this whole number, as the data path handles it: look, authenticate, mark. */
static bool arrives(struct kw_replay *r, u64 seq)
{
	return kw_replay_check(r, seq) && kw_replay_advance(r, seq);
}

/* The same, with only the half of it that is on the wire. */
static bool receive(struct kw_replay *r, u32 low)
{
	return arrives(r, kw_replay_infer(r, low));
}

struct size_case {
	const char *desc;
	u32 window;
	bool esn;
};

static const struct size_case sizes[] = {
	{ "window 32", 32, false },
	{ "window 32 with ESN", 32, true },
	{ "window 64", 64, false },
	{ "window 96 with ESN", 96, true },
	{ "window 128", 128, false },
	{ "window 1024 with ESN", 1024, true },
	{ "window 4096", 4096, false },
	{ "window 65536 with ESN", KEYWAY_REPLAY_MAX, true },
};

KUNIT_ARRAY_PARAM_DESC(size, sizes, desc);

/* The next sequence number: mostly near the top, sometimes far, never back past 1. */
static u64 random_seq(struct rnd_state *rnd, u64 top, u32 window, bool esn)
{
	u32 dice = prandom_u32_state(rnd) % 16;
	u64 seq;

	if (dice < 8)
		seq = top + prandom_u32_state(rnd) % 4;
	else if (dice < 12)
		seq = top - prandom_u32_state(rnd) % (window + 8);
	else if (dice < 14)
		seq = top + prandom_u32_state(rnd) % (2 * window);
	else if (dice < 15)
		seq = top - prandom_u32_state(rnd) % (4 * window);
	else
		seq = top + prandom_u32_state(rnd) % (1u << 16);
	if ((s64)seq <= 0)
		seq = 1;
	return esn ? seq : min_t(u64, seq, U32_MAX);
}

/* A quarter of a million for each size; with ESN they cross from one subspace to the next. */
static void random_numbers_meet_the_model(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct kw_replay *r = window_new(test, c->window, c->esn);
	struct model *m = model_new(test, c->window);
	unsigned long accepted = 0;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 4303 + c->window);
	if (c->esn) {
		model_accept(m, SPACE32 - (1u << 24));
		KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, m->top));
	}
	for (i = 0; i < STEPS; i++) {
		u64 seq = random_seq(&rnd, m->top, c->window, c->esn);
		bool wanted = model_would_accept(m, seq);
		bool checked = kw_replay_check(r, seq);
		bool marked;

		if (seq + c->window > m->top)
			KUNIT_ASSERT_EQ(test, kw_replay_infer(r, seq), seq);
		marked = kw_replay_advance(r, seq);
		if (checked != wanted || marked != wanted)
			KUNIT_FAIL_AND_ABORT(test, "%llu at top %llu: check %d advance %d model %d",
					     seq, m->top, checked, marked, wanted);
		if (wanted)
			model_accept(m, seq);
		accepted += wanted;
	}
	/* The mix of numbers is worth something only if both answers are common. */
	KUNIT_EXPECT_GT(test, accepted, STEPS / 4);
	KUNIT_EXPECT_LT(test, accepted, STEPS - STEPS / 8);
	KUNIT_EXPECT_EQ(test, c->esn, m->top > U32_MAX);
}

static void a_number_is_accepted_once(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, false);
	u32 seq;

	for (seq = 1; seq <= 1000; seq++) {
		KUNIT_ASSERT_TRUE(test, receive(r, seq));
		KUNIT_ASSERT_FALSE(test, receive(r, seq));
	}
}

static void number_zero_is_refused(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, false);
	struct kw_replay *none = window_new(test, 0, false);

	KUNIT_EXPECT_FALSE(test, kw_replay_check(r, 0));
	KUNIT_EXPECT_FALSE(test, kw_replay_advance(r, 0));
	KUNIT_EXPECT_FALSE(test, kw_replay_advance(none, 0));
}

static void the_left_edge_is_exact(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct kw_replay *r = window_new(test, c->window, c->esn);
	u32 top = 1000000;

	KUNIT_ASSERT_TRUE(test, arrives(r, top));
	KUNIT_EXPECT_FALSE(test, arrives(r, top - c->window));
	KUNIT_EXPECT_TRUE(test, arrives(r, top - c->window + 1));
	KUNIT_EXPECT_FALSE(test, arrives(r, top - c->window + 1));

	/* Two further, and what was the edge is outside. */
	KUNIT_ASSERT_TRUE(test, arrives(r, top + 2));
	KUNIT_EXPECT_FALSE(test, arrives(r, top + 2 - c->window));
	KUNIT_EXPECT_TRUE(test, arrives(r, top + 3 - c->window));
}

static void checking_changes_nothing(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, false);

	KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, 100));
	KUNIT_EXPECT_TRUE(test, kw_replay_check(r, 90));
	KUNIT_EXPECT_TRUE(test, kw_replay_check(r, 90));
	KUNIT_EXPECT_TRUE(test, kw_replay_check(r, 5000));
	KUNIT_EXPECT_TRUE(test, kw_replay_check(r, 90));
	KUNIT_EXPECT_TRUE(test, kw_replay_advance(r, 90));
}

static void a_failed_advance_does_not_move_the_window(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, false);

	KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, 1000));
	KUNIT_EXPECT_FALSE(test, kw_replay_advance(r, 1000));
	KUNIT_EXPECT_FALSE(test, kw_replay_advance(r, 900));
	KUNIT_EXPECT_TRUE(test, kw_replay_advance(r, 937));
}

static void a_window_of_none_accepts_duplicates(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 0, false);

	KUNIT_EXPECT_TRUE(test, receive(r, 7));
	KUNIT_EXPECT_TRUE(test, receive(r, 7));
	KUNIT_EXPECT_TRUE(test, receive(r, 1));
}

static void an_odd_window_is_rounded_up_and_bounded(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, window_new(test, 1, false)->window, 32);
	KUNIT_EXPECT_EQ(test, window_new(test, 33, false)->window, 64);
	KUNIT_EXPECT_EQ(test, window_new(test, U32_MAX, false)->window, KEYWAY_REPLAY_MAX);
}

static void without_esn_the_last_number_is_two_to_the_32_less_one(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, false);

	KUNIT_EXPECT_TRUE(test, receive(r, U32_MAX - 1));
	KUNIT_EXPECT_TRUE(test, receive(r, U32_MAX));
	KUNIT_EXPECT_FALSE(test, receive(r, U32_MAX));
	KUNIT_EXPECT_FALSE(test, receive(r, 0));
	KUNIT_EXPECT_FALSE(test, receive(r, 1));
}

static void with_esn_the_low_half_wraps(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, true);
	u64 seq;

	KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, SPACE32 - 10));
	for (seq = SPACE32 - 9; seq < SPACE32 + 200; seq++) {
		KUNIT_ASSERT_EQ(test, kw_replay_infer(r, (u32)seq), seq);
		KUNIT_ASSERT_TRUE(test, receive(r, seq));
		KUNIT_ASSERT_FALSE(test, receive(r, seq));
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&r->top), SPACE32 + 199);
}

static void with_esn_a_late_packet_is_found_below_the_wrap(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 64, true);

	KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, SPACE32 - 3));
	KUNIT_ASSERT_TRUE(test, receive(r, 5));
	KUNIT_EXPECT_EQ(test, atomic64_read(&r->top), SPACE32 + 5);
	KUNIT_EXPECT_TRUE(test, receive(r, U32_MAX));
	KUNIT_EXPECT_FALSE(test, receive(r, U32_MAX));
	KUNIT_EXPECT_FALSE(test, receive(r, (u32)-3));
	KUNIT_EXPECT_TRUE(test, receive(r, 0));
}

/*
 * RFC 4303 A2.1 as a search: of all numbers with these low bits, the one that lies in the window
 * or, if none does, the lowest above it.
 */
static u64 infer_by_search(u64 top, u32 window, u32 low)
{
	u64 bottom = top >= window ? top - window + 1 : 0;
	u64 high = bottom >> 32;

	while (((high << 32) | low) < bottom)
		high++;
	return (high << 32) | low;
}

static void the_high_half_is_what_appendix_a_says(struct kunit *test)
{
	static const u64 tops[] = {
		0, 1, 30, 31, 32, 62, 63, 64, 65, 1000, SPACE32 / 2, SPACE32 - 65, SPACE32 - 64,
		SPACE32 - 2, SPACE32 - 1, SPACE32, SPACE32 + 1, SPACE32 + 30, SPACE32 + 62,
		SPACE32 + 63, SPACE32 + 64, SPACE32 * 3 / 2, 2 * SPACE32 - 1, 2 * SPACE32,
		5 * SPACE32 + 17, 0x7fffffffULL * SPACE32 + 63, 0xfffffffeULL * SPACE32 + 5,
	};
	struct kw_replay *r = window_new(test, 64, true);
	struct rnd_state rnd;
	unsigned int t, i;

	prandom_seed_state(&rnd, 1);
	for (t = 0; t < ARRAY_SIZE(tops); t++) {
		atomic64_set(&r->top, tops[t]);
		for (i = 0; i < 4096; i++) {
			u32 low = i < 1024 ? (u32)tops[t] - 512 + i :
				  i < 2048 ? (u32)i - 1536 : prandom_u32_state(&rnd);

			KUNIT_ASSERT_EQ_MSG(test, kw_replay_infer(r, low),
					    infer_by_search(tops[t], 64, low),
					    "top %llx low %x", tops[t], low);
		}
	}
}

static void a_leap_over_the_whole_ring_leaves_no_stale_marks(struct kunit *test)
{
	struct kw_replay *r = window_new(test, 128, true);
	u64 top = 0, seq;
	u32 leap;

	for (leap = 1; leap < 31; leap++) {
		top += 1ULL << leap;
		KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, top));
		for (seq = top - 1; seq > top - 128 && seq > top - (1ULL << leap); seq--) {
			KUNIT_ASSERT_TRUE(test, kw_replay_check(r, seq));
			KUNIT_ASSERT_TRUE(test, kw_replay_advance(r, seq));
			KUNIT_ASSERT_FALSE(test, kw_replay_check(r, seq));
		}
	}
}

static struct kunit_case replay_cases[] = {
	KUNIT_CASE_PARAM(random_numbers_meet_the_model, size_gen_params),
	KUNIT_CASE_PARAM(the_left_edge_is_exact, size_gen_params),
	KUNIT_CASE(a_number_is_accepted_once),
	KUNIT_CASE(number_zero_is_refused),
	KUNIT_CASE(checking_changes_nothing),
	KUNIT_CASE(a_failed_advance_does_not_move_the_window),
	KUNIT_CASE(a_window_of_none_accepts_duplicates),
	KUNIT_CASE(an_odd_window_is_rounded_up_and_bounded),
	KUNIT_CASE(without_esn_the_last_number_is_two_to_the_32_less_one),
	KUNIT_CASE(with_esn_the_low_half_wraps),
	KUNIT_CASE(with_esn_a_late_packet_is_found_below_the_wrap),
	KUNIT_CASE(the_high_half_is_what_appendix_a_says),
	KUNIT_CASE(a_leap_over_the_whole_ring_leaves_no_stale_marks),
	{}
};

static struct kunit_suite replay_suite = {
	.name = "keyway_replay",
	.test_cases = replay_cases,
};

kunit_test_suite(replay_suite);

MODULE_DESCRIPTION("KUnit: anti-replay window");
MODULE_LICENSE("GPL");
