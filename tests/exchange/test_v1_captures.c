// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that have broken other programs (tcpdump's captures of ISAKMP), and whole sessions of other people: whoever
 * gets them has no SA for it, and loses none.
 */
#include <stdio.h>
#include <string.h>

#include "exchange/captures.h"
#include "exchange/v1.h"
#include "ike/core.h"

static const char *const files[] = {
	"tcpdump/isakmp-3948-oobr-2.pcap", "tcpdump/isakmp-delete-segfault.pcap",
	"tcpdump/isakmp-identification-segfault.pcap", "tcpdump/isakmp-ikev1_n_print-oobr.pcap",
	"tcpdump/isakmp-no-none-np.pcapng", "tcpdump/isakmp-pointer-loop.pcap",
	"tcpdump/isakmp-rfc3948-oobr.pcap", "tcpdump/isakmp-various-oobr.pcap", "tcpdump/isakmp4500.pcap",
	"tcpdump/isakmpv1-attr-oobr.pcap", "tcpdump/ISAKMP_sa_setup.pcap",
	"tcpdump/ikev1_id_ipv6_addr_subnet-oobr.pcap", "wireshark/ikev1-certs.pcap",
};

static const char *const ways[] = { "", "aggressive = with-psk\n", "base-exchange = with-psk\n" };

/* To each side, as if the other one had sent it. */
static void arrives(struct pair *p, struct kw_span message)
{
	struct datagram d = { .len = message.len, .bytes = (uint8_t *)(uintptr_t)message.p };
	struct endpoint a = { .port = 500 }, b = { .port = 500 };

	assert_int_equal(ip_addr_parse(&a.addr, "192.0.2.1"), 0);
	assert_int_equal(ip_addr_parse(&b.addr, "192.0.2.2"), 0);
	d.src = a;
	d.dst = b;
	pair_inject(p, &p->b, &d);
	d.src = b;
	d.dst = a;
	pair_inject(p, &p->a, &d);
}

static void as_it_is(void *ctx, struct kw_span message)
{
	arrives(ctx, message);
}

/* With the cookies of the ISAKMP SA that there is, and both answers to whether it is encrypted. */
static void as_if_of_ours(void *ctx, struct kw_span message)
{
	struct pair *p = ctx;
	const struct ike_sa *sa = list_entry(p->a.e->sas.next, struct ike_sa, node);
	uint8_t bytes[4096];

	if (message.len <= V1_FLAGS_AT || message.len > sizeof(bytes))
		return;
	memcpy(bytes, message.p, message.len);
	memcpy(bytes, sa->spi_i, IKE_SPI_LEN);
	memcpy(bytes + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
	for (unsigned int encrypted = 0; encrypted < 2; encrypted++) {
		bytes[V1_FLAGS_AT] = (uint8_t)encrypted;
		arrives(p, KW_SPAN(bytes, message.len));
	}
}

static void strangers_get_nothing(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (unsigned int w = 0; w < 3; w++) {
		char b[600];

		snprintf(b, sizeof(b), V1_B "%s", ways[w]);
		for (unsigned int f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
			struct pair *p = pair_new(1, V1_A PASSIVE, b);

			n += captures_each(files[f], as_it_is, p);
			pair_run(p, 60000);
			assert_int_equal(p->a.events[EVENT_IKE_UP] + p->b.events[EVENT_IKE_UP], 0);
			assert_int_equal(fake_kernel_sas(&p->b.kernel, true), 0);
			pair_free(p);
		}
	}
	assert_int_equal(n, 3 * 57);
}

static void nothing_is_taken_for_ours(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 3; w++) {
		char a[600], b[600];
		struct pair *p;

		snprintf(a, sizeof(a), V1_A "%s", ways[w]);
		snprintf(b, sizeof(b), V1_B "%s", ways[w]);
		p = pair_up(1, a, b);
		for (unsigned int f = 0; f < sizeof(files) / sizeof(files[0]); f++)
			captures_each(files[f], as_if_of_ours, p);
		pair_run(p, 60000);
		pair_consistent(p);
		assert_int_equal(p->a.events[EVENT_IKE_UP], 1);
		assert_int_equal(p->b.events[EVENT_IKE_UP], 1);
		/* and it still works */
		side_rekey(&p->b, false);
		pair_run(p, 10000);
		assert_int_equal(p->a.events[EVENT_CHILD_UP] + p->a.events[EVENT_CHILD_REKEYED], 2);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_get_nothing),
		cmocka_unit_test(nothing_is_taken_for_ours),
	};

	return cmocka_run_group_tests(tests, v1_setup, NULL);
}
