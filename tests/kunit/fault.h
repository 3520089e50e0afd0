/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that fail to order (CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC).
 *
 * The kernel counts allocations of a task down in current->fail_nth and lets the one at zero fail.
 * User space would open the two filters by debugfs; there is none here, so the structures are found
 * by their names and have the layout of mm/failslab.c and mm/fail_page_alloc.c.
 */
#ifndef KEYWAY_KUNIT_FAULT_H
#define KEYWAY_KUNIT_FAULT_H

#include <kunit/test.h>
#include <linux/fault-inject.h>
#include <linux/kallsyms.h>
#include <linux/sched.h>

struct fault_slab {
	struct fault_attr attr;
	bool ignore_gfp_reclaim;
	bool cache_filter;
};

struct fault_page {
	struct fault_attr attr;
	bool ignore_gfp_highmem;
	bool ignore_gfp_reclaim;
	u32 min_order;
};

struct fault {
	struct fault_slab *slab;
	struct fault_page *page;	/* NULL: this kernel's pages do not fail */
};

static inline void fault_end(void *data)
{
	struct fault *f = data;

	current->fail_nth = 0;
	f->slab->attr.probability = 0;
	f->slab->ignore_gfp_reclaim = true;
	if (!f->page)
		return;
	f->page->attr.probability = 0;
	f->page->ignore_gfp_reclaim = true;
	f->page->min_order = 1;
}

/* From now on also allocations that may sleep can be made to fail, until the test ends. */
static inline struct fault *fault_begin(struct kunit *test)
{
	struct fault *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->slab = (void *)kallsyms_lookup_name("failslab");
	f->page = (void *)kallsyms_lookup_name("fail_page_alloc");
	KUNIT_ASSERT_NOT_NULL(test, f->slab);
	KUNIT_ASSERT_TRUE(test, f->slab->ignore_gfp_reclaim);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fault_end, f), 0);
	f->slab->attr.verbose = 0;
	atomic_set(&f->slab->attr.times, -1);
	f->slab->ignore_gfp_reclaim = false;
	if (!f->page)
		return f;
	KUNIT_ASSERT_EQ(test, f->page->min_order, 1);
	f->page->attr.verbose = 0;
	atomic_set(&f->page->attr.times, -1);
	f->page->ignore_gfp_reclaim = false;
	f->page->min_order = 0;
	return f;
}

/* The @nth allocation of this task from now on fails. */
static inline void fault_arm(unsigned int nth)
{
	current->fail_nth = nth;
}

/* Disarms; whether an allocation failed. */
static inline bool fault_hit(void)
{
	bool hit = !current->fail_nth;

	current->fail_nth = 0;
	return hit;
}

/* So many allocations in a hundred, of whatever task or interrupt; 0 ends it. */
static inline void fault_percent(struct fault *f, unsigned int percent)
{
	f->slab->attr.probability = percent;
	if (f->page)
		f->page->attr.probability = percent;
}

#endif
