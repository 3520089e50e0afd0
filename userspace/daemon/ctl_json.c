// SPDX-License-Identifier: GPL-2.0
/*
 * What the engine tells, as JSON of the control protocol.
 *
 * json_pack() and friends return NULL when any part is NULL, so memory is checked once, by the caller.
 * "o" takes its reference, also on failure; "s" copies and wants UTF-8.
 */
#include "daemon/ctl_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/buf.h"

/* Connection ids are 64 bits and JSON's numbers are not: 16 hex digits. */
static json_t *id_json(uint64_t id)
{
	return json_sprintf("%016" PRIx64, id);
}

/* UINT64_MAX means never, which JSON calls null. */
static json_t *ms_json(uint64_t ms)
{
	return ms == UINT64_MAX ? json_null() : json_integer((json_int_t)ms);
}

static json_t *spi_json(uint32_t spi)
{
	return json_sprintf("0x%08" PRIx32, spi);
}

static json_t *cookie_json(const uint8_t spi[8])
{
	char hex[17];

	return json_string(kw_hex(hex, sizeof(hex), KW_SPAN(spi, 8)));
}

static json_t *endpoint_json(const struct endpoint *e)
{
	char text[ENDPOINT_STRLEN];

	return json_string(endpoint_print(text, e));
}

/* Text that came from a peer may hold anything; what is no UTF-8 is shown octet by octet. */
static json_t *text_json(const char *text)
{
	json_t *j = json_string(text);
	char clean[1100];
	size_t n = 0;

	if (j)
		return j;
	for (; *text && n + 5 < sizeof(clean); text++) {
		if ((unsigned char)*text < 0x80)
			clean[n++] = *text;
		else
			n += (size_t)snprintf(clean + n, 5, "\\x%02x", (unsigned char)*text);
	}
	return json_stringn(clean, n);
}

static json_t *failure_json(const struct failure *f)
{
	if (!f || f->kind == FAILURE_NONE)
		return json_null();
	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:s}",
			 "kind", failure_name(f->kind), "when", (json_int_t)f->when,
			 "text", text_json(f->text), "ours", text_json(f->ours), "theirs", text_json(f->theirs),
			 "nearest", text_json(f->nearest), "differs", f->differs);
}

static json_t *child_json(const struct status_child *c)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:b, s:b, s:o, s:o}",
			 "id", (json_int_t)c->id, "name", c->name, "state", c->state, "protocol", c->protocol,
			 "spi_in", spi_json(c->spi_in), "spi_out", spi_json(c->spi_out),
			 "algorithms", c->algorithms, "local_ts", c->local_ts, "remote_ts", c->remote_ts,
			 "encap", c->encap, "tcp", c->tcp, "age_ms", ms_json(c->age_ms), "rekey_in_ms", ms_json(c->rekey_in_ms));
}

static json_t *ike_json(const struct status_ike *ike)
{
	json_t *children = json_array();
	unsigned int i;

	for (i = 0; i < ike->n_child; i++)
		json_array_append_new(children, child_json(&ike->child[i]));
	return json_pack("{s:I, s:s, s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}",
			 "id", (json_int_t)ike->id, "version", ike->version, "state", ike->state,
			 "initiator", ike->initiator,
			 "spi_i", cookie_json(ike->spi_i), "spi_r", cookie_json(ike->spi_r),
			 "algorithms", ike->algorithms,
			 "local_id", text_json(ike->local_id), "remote_id", text_json(ike->remote_id),
			 "local", endpoint_json(&ike->local), "remote", endpoint_json(&ike->remote),
			 "nat_local", ike->nat_local, "nat_remote", ike->nat_remote,
			 "age_ms", ms_json(ike->age_ms), "rekey_in_ms", ms_json(ike->rekey_in_ms),
			 "children", children);
}

static json_t *counters_json(const struct kernel_counters *k)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "in_bytes", (json_int_t)k->in_bytes, "in_packets", (json_int_t)k->in_packets,
			 "out_bytes", (json_int_t)k->out_bytes, "out_packets", (json_int_t)k->out_packets,
			 "in_drops", (json_int_t)k->in_drops, "out_drops", (json_int_t)k->out_drops,
			 "last_in_ms", ms_json(k->last_in_ms));
}

static const char *const action_names[] = {
	[CONF_PROTECT] = "protect", [CONF_BYPASS] = "bypass", [CONF_DISCARD] = "discard",
};

json_t *ctl_json_conn(const struct status_conn *c)
{
	char addr[ADDR_STRLEN], local_ts[480], remote_ts[480];
	struct ts_list local, remote;
	json_t *ike = json_array();
	unsigned int i;

	conf_nets(c->conf, false, &local);
	conf_nets(c->conf, true, &remote);
	for (i = 0; i < c->n_ike; i++)
		json_array_append_new(ike, ike_json(&c->ike[i]));
	return json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:o}",
			 "name", c->name, "id", id_json(c->id), "file", text_json(c->conf->file),
			 "action", action_names[c->conf->action],
			 "wanted", conn_wanted_name(c->wanted), "state", conn_state_name(c->state),
			 "remote_host", c->conf->remote_host ? text_json(c->conf->remote_host) : json_null(),
			 "remote", ip_addr_is_set(&c->remote) ? json_string(ip_addr_print(addr, &c->remote)) :
								json_null(),
			 "device", c->conf->device,
			 "local_ts", ts_list_print(local_ts, sizeof(local_ts), &local),
			 "remote_ts", ts_list_print(remote_ts, sizeof(remote_ts), &remote),
			 "failure", failure_json(c->failure), "tries", (int)c->tries,
			 "next_try_ms", ms_json(c->next_try_ms), "totals", counters_json(&c->totals),
			 "ike", ike);
}

/* Ids of 0 do not apply and are left out. */
static void set_id(json_t *o, const char *key, uint64_t id)
{
	if (id)
		json_object_set_new(o, key, json_integer((json_int_t)id));
}

json_t *ctl_json_event(const struct engine_event *ev)
{
	json_t *o = json_pack("{s:s, s:I, s:s, s:o, s:o}", "event", engine_event_name(ev->type),
			      "when", (json_int_t)ev->when, "name", ev->conn, "id", id_json(ev->conn_id),
			      "text", text_json(ev->text ? ev->text : ""));

	if (!o)
		return NULL;
	set_id(o, "ike_id", ev->ike_id);
	set_id(o, "child_id", ev->child_id);
	set_id(o, "replaces", ev->replaces);
	if (ev->failure)
		json_object_set_new(o, "failure", failure_json(ev->failure));
	if (ev->type == EVENT_RETRY)
		json_object_set_new(o, "next_try_ms", ms_json(ev->next_try_ms));
	return o;
}

json_t *ctl_json_log(const struct log_line *line)
{
	return json_pack("{s:s, s:I, s:I, s:s, s:o, s:o}", "event", "log", "seq", (json_int_t)line->seq,
			 "when", (json_int_t)line->unix_ms, "level", log_level_name(line->level),
			 "name", text_json(line->subject), "text", text_json(line->text));
}

json_t *ctl_json_config_errors(const struct conf_errors *errors)
{
	const unsigned int room = sizeof(errors->e) / sizeof(errors->e[0]);
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < errors->n && i < room; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:o}", "file", errors->e[i].file,
						      "line", (int)errors->e[i].line,
						      "text", text_json(errors->e[i].text)));
	return list;
}

json_t *ctl_json_totals(const struct engine_totals *t)
{
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {
		{ "connections", t->conns }, { "connections_up", t->conns_up }, { "ike_sas", t->ike_sas },
		{ "half_open", t->half_open }, { "child_sas", t->child_sas },
		{ "rx_datagrams", t->rx_datagrams }, { "rx_bad_header", t->rx_bad_header },
		{ "rx_bad_version", t->rx_bad_version }, { "rx_unknown_spi", t->rx_unknown_spi },
		{ "rx_bad_message", t->rx_bad_message }, { "rx_replayed", t->rx_replayed },
		{ "rx_unprotected", t->rx_unprotected },
		{ "rx_over_limit", t->rx_over_limit }, { "tx_datagrams", t->tx_datagrams },
		{ "tx_retransmits", t->tx_retransmits }, { "cookies_sent", t->cookies_sent },
	};
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		json_object_set_new(o, row[i].name, json_integer((json_int_t)row[i].value));
	return o;
}
