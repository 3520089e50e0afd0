/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: every drop, and every change of an SA's state.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM keyway

#if !defined(KW_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KW_TRACE_H

#include <linux/tracepoint.h>

#include "mib.h"
#include "sa.h"

#define KW_TRACE_REASON(id, name) { KEYWAY_A_STATS_##id, name },

TRACE_EVENT(kw_drop,
	    TP_PROTO(__be32 spi, u32 policy, u64 seq, unsigned int reason, unsigned int packets),
	    TP_ARGS(spi, policy, seq, reason, packets),
	    TP_STRUCT__entry(__field(u32, spi)
			     __field(u32, policy)
			     __field(u64, seq)
			     __field(unsigned int, reason)
			     __field(unsigned int, packets)),
	    TP_fast_assign(__entry->spi = ntohl(spi);
			   __entry->policy = policy;
			   __entry->seq = seq;
			   __entry->reason = reason;
			   __entry->packets = packets;),
	    TP_printk("reason=%s spi=0x%08x seq=%llu policy=%u packets=%u",
		      __print_symbolic(__entry->reason, KW_REASONS(KW_TRACE_REASON) { 0, "none" }),
		      __entry->spi, __entry->seq, __entry->policy, __entry->packets)
);

TRACE_EVENT(kw_sa_state,
	    TP_PROTO(__be32 spi, u8 dir, u32 policy, u8 from, u8 to),
	    TP_ARGS(spi, dir, policy, from, to),
	    TP_STRUCT__entry(__field(u32, spi)
			     __field(u32, policy)
			     __field(u8, dir)
			     __field(u8, from)
			     __field(u8, to)),
	    TP_fast_assign(__entry->spi = ntohl(spi);
			   __entry->policy = policy;
			   __entry->dir = dir;
			   __entry->from = from;
			   __entry->to = to;),
	    TP_printk("spi=0x%08x dir=%s policy=%u %s -> %s", __entry->spi,
		      __entry->dir == KEYWAY_DIR_IN ? "in" : "out", __entry->policy,
		      __print_symbolic(__entry->from, KW_SA_STATES),
		      __print_symbolic(__entry->to, KW_SA_STATES))
);

#endif /* KW_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
