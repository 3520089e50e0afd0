// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP stream's frames, however the stream is cut.
 *
 * RFCs: 9329 section 3
 */
#include <kunit/test.h>
#include <linux/skbuff.h>

#include "framer.h"
#include "skb.h"

/* An IKE message, a keepalive, ESP, an empty frame, and the beginning of a frame. */
static const u8 sample[] = {
	0, 9, 0, 0, 0, 0, 1, 2, 3,
	0, 3, 0xff,
	0, 10, 0, 0, 1, 0, 9, 8, 7, 6,
	0, 2,
	0, 7, 5, 4,
};

static const unsigned int lengths[] = { 7, 1, 8, 0 };

static int feed(struct kunit *test, struct kw_framer *f, const u8 *p, size_t len,
		struct sk_buff_head *done)
{
	struct sk_buff *skb;

	if (!len)
		return 0;
	/* What comes before and behind belongs to others. */
	skb = skb_from(test, p, len, 0);
	skb->skb_iif = 42;
	return kw_framer_feed(f, skb, 0, len, done);
}

static void check_sample(struct kunit *test, struct sk_buff_head *done)
{
	const u8 *p = sample;
	struct sk_buff *skb;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, skb_queue_len(done), ARRAY_SIZE(lengths));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		skb = __skb_dequeue(done);
		KUNIT_EXPECT_EQ(test, skb->len, lengths[i]);
		KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb) || skb_cloned(skb));
		KUNIT_EXPECT_EQ(test, skb_headroom(skb), KW_FRAME_ROOM);
		KUNIT_EXPECT_EQ(test, skb->skb_iif, 42);
		KUNIT_EXPECT_MEMEQ(test, skb->data, p + KW_FRAME_HEAD, lengths[i]);
		p += KW_FRAME_HEAD + lengths[i];
		kfree_skb(skb);
	}
}

static void cut_anywhere(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i <= sizeof(sample); i++) {
		for (j = i; j <= sizeof(sample); j++) {
			struct sk_buff_head done;
			struct kw_framer f = {};

			__skb_queue_head_init(&done);
			KUNIT_ASSERT_EQ(test, feed(test, &f, sample, i, &done), 0);
			KUNIT_ASSERT_EQ(test, feed(test, &f, sample + i, j - i, &done), 0);
			KUNIT_ASSERT_EQ(test, feed(test, &f, sample + j, sizeof(sample) - j,
						   &done), 0);
			check_sample(test, &done);
			KUNIT_EXPECT_NOT_NULL(test, f.frame);
			KUNIT_EXPECT_EQ(test, f.lacks, 3);
			kw_framer_drop(&f);
			KUNIT_EXPECT_NULL(test, f.frame);
		}
	}
}

/* From the middle of a packet, as TCP's are read, whose data is partly in a page. */
static void from_pages(struct kunit *test)
{
	unsigned int linear = 5, before = 3;
	struct sk_buff *skb = alloc_skb(linear, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);
	struct sk_buff_head done;
	struct kw_framer f = {};
	u8 *p;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, page);
	__skb_queue_head_init(&done);
	p = page_address(page);
	memset(p, 0xaa, PAGE_SIZE);
	memset(skb_put(skb, linear), 0xbb, linear);
	memcpy(skb->data + before, sample, linear - before);
	memcpy(p + 100, sample + linear - before, sizeof(sample) - (linear - before));
	skb_add_rx_frag(skb, 0, page, 100, sizeof(sample) + 50, PAGE_SIZE);
	skb->skb_iif = 42;
	KUNIT_EXPECT_EQ(test, kw_framer_feed(&f, skb, before, sizeof(sample), &done), 0);
	check_sample(test, &done);
	kw_framer_drop(&f);
	kfree_skb(skb);
}

/* RFC 9329 3: after these nothing of the stream makes sense. */
static void impossible_lengths(struct kunit *test)
{
	static const u8 zero[] = { 0, 0 }, one[] = { 0, 3, 9, 0, 1, 7, 7 };
	struct sk_buff_head done;
	struct kw_framer f = {};

	__skb_queue_head_init(&done);
	KUNIT_EXPECT_EQ(test, feed(test, &f, zero, sizeof(zero), &done), -EPROTO);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&done), 0);
	f = (struct kw_framer){};
	KUNIT_EXPECT_EQ(test, feed(test, &f, one, sizeof(one), &done), -EPROTO);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&done), 1);
	__skb_queue_purge(&done);
	kw_framer_drop(&f);
}

static void the_longest(struct kunit *test)
{
	struct sk_buff_head done;
	struct kw_framer f = {};
	unsigned int i;
	u8 *p = kunit_kzalloc(test, 65535, GFP_KERNEL);
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, p);
	__skb_queue_head_init(&done);
	p[0] = 0xff;
	p[1] = 0xff;
	p[65534] = 0x5a;
	for (i = 0; i < 65535; i += 13107)
		KUNIT_ASSERT_EQ(test, feed(test, &f, p + i, 13107, &done), 0);
	KUNIT_ASSERT_EQ(test, skb_queue_len(&done), 1);
	skb = __skb_dequeue(&done);
	KUNIT_EXPECT_EQ(test, skb->len, KW_FRAME_MAX);
	KUNIT_EXPECT_EQ(test, skb->data[KW_FRAME_MAX - 1], 0x5a);
	kfree_skb(skb);
}

static struct kunit_case framer_cases[] = {
	KUNIT_CASE(cut_anywhere),
	KUNIT_CASE(from_pages),
	KUNIT_CASE(impossible_lengths),
	KUNIT_CASE(the_longest),
	{}
};

static struct kunit_suite framer_suite = {
	.name = "keyway_framer",
	.test_cases = framer_cases,
};

kunit_test_suite(framer_suite);

MODULE_DESCRIPTION("KUnit: frames of a TCP stream");
MODULE_LICENSE("GPL");
