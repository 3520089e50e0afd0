// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a rush of handshakes needed goes back to the kernel.
 *
 * A message that waits for a key exchange takes four times what its IKE SA will take later. When peers come by
 * the thousand, such messages and lasting SAs lie in turn in the heap, so its end never gets free: what is free
 * in between is given back here, a while after the rush.
 */
#include "daemon/heap.h"

#include <malloc.h>

#include "daemon/daemon.h"

#define LOOK_MS 5000
/* Less than this is not worth the page faults of taking it again. */
#define WORTH (1u << 20)
/* A change that is no rush. */
#define CALM (64u << 10)

/* What is free stays counted as free after its pages went; so a look is compared with the one before it. */
static void on_look(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	size_t unused = mallinfo2().fordblks, before = d->heap_unused;

	d->heap_unused = unused;
	if (unused > d->heap_trimmed + WORTH && unused < before + CALM && before < unused + CALM) {
		malloc_trim(0);
		d->heap_trimmed = d->heap_unused = mallinfo2().fordblks;
	} else if (unused < d->heap_trimmed) {
		d->heap_trimmed = unused;
	}
}

void heap_watch_start(struct daemon *d)
{
	uv_timer_init(&d->loop, &d->heap_look);
	d->heap_look.data = d;
	uv_timer_start(&d->heap_look, on_look, LOOK_MS, LOOK_MS);
}

void heap_watch_close(struct daemon *d)
{
	if (d->heap_look.data)
		uv_close((uv_handle_t *)&d->heap_look, NULL);
}
