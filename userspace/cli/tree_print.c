// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of a message as text: a line for the message, one for each payload, what it holds
 * indented below.
 *
 *	3  2007-08-06T12:21:24.4Z  192.0.2.1:500 > 192.0.2.2:500  IKEv2 IKE_SA_INIT (34) ...
 *	    SA, 48 octets
 *	        proposal number 1, protocol IKE (1)
 *	            transform type encryption (1), id aes-cbc-128 (12)
 *	    ! what is wrong
 */
#include "cli/tree.h"

#include <string.h>

#define INDENT		4
#define HEX_SHOWN	40	/* digits: octets that are longer are cut */
#define DEPTH_MAX	8	/* deeper than any tree that is built */

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is_named(const json_t *v)
{
	return json_object_size(v) == 2 && json_object_get(v, "number") &&
	       json_object_get(v, "name");
}

static bool is_octets(const json_t *v)
{
	return json_object_size(v) == 2 && json_object_get(v, "octets") &&
	       json_object_get(v, "hex");
}

static bool is_scalar(const json_t *v)
{
	return !(json_is_object(v) || json_is_array(v)) || is_named(v) || is_octets(v);
}

/* "IKE_AUTH (35)"; a name that is its number, as "exchange 99", once. */
static void print_named(FILE *out, const json_t *v)
{
	const char *name = text_of(v, "name");
	char number[24];
	int n = snprintf(number, sizeof(number), " %lld",
			 (long long)json_integer_value(json_object_get(v, "number")));
	size_t len = strlen(name);

	if (len >= (size_t)n && strcmp(name + len - n, number) == 0)
		fputs(name, out);
	else
		fprintf(out, "%s (%s)", name, number + 1);
}

static void print_scalar(FILE *out, const json_t *v)
{
	const char *hex;

	if (is_named(v)) {
		print_named(out, v);
	} else if (is_octets(v)) {
		hex = text_of(v, "hex");
		fprintf(out, "%.*s%s", HEX_SHOWN, *hex ? hex : "empty",
			strlen(hex) > HEX_SHOWN ? ".." : "");
		if (strlen(hex) > HEX_SHOWN)
			fprintf(out, " (%zu octets)", strlen(hex) / 2);
	} else if (json_is_string(v)) {
		fputs(json_string_value(v), out);
	} else if (json_is_integer(v)) {
		fprintf(out, "%lld", (long long)json_integer_value(v));
	} else {
		fputs(json_is_true(v) ? "yes" : "no", out);
	}
}

/* Octets whose meaning stands beside them are for JSON only. */
static bool is_told(const json_t *o)
{
	return json_object_get(o, "vendor") || json_object_get(o, "subject");
}

/* " one two" of an array; only the first element says what all are. */
static void print_list(FILE *out, const json_t *array, void (*print)(FILE *out, const json_t *v),
		       const char *between)
{
	json_t *e;
	size_t i;

	json_array_foreach(array, i, e) {
		fputs(i ? between : " ", out);
		print(out, e);
	}
}

/* {"type": {..}, "value": ..} of an attribute: "key length 128". */
static void print_attribute(FILE *out, const json_t *a)
{
	const json_t *value = json_object_get(a, "value");

	fprintf(out, "%s", text_of(json_object_get(a, "type"), "name"));
	if (value && is_scalar(value)) {
		fputc(' ', out);
		print_scalar(out, value);
	} else if (value) {
		print_list(out, value, print_scalar, " ");
	}
	if (json_object_get(a, "complaint"))
		fprintf(out, " ! %s", text_of(a, "complaint"));
}

/* Keys that the line of a message or payload shows in a form of its own. */
static const char * const payload_head[] = { "complaint", "type", "length", NULL };
static const char *const message_head[] = { "complaint", "version",   "exchange", "message_id",
					    "initiator", "responder", "flags",	  "length",
					    "first",	 NULL };
static const char * const plain_head[] = { "complaint", NULL };

static bool is_in(const char * const *head, const char *key)
{
	while (*head && strcmp(*head, key) != 0)
		head++;
	return *head;
}

static bool is_short_list(const json_t *v)
{
	return json_is_array(v) && is_scalar(json_array_get(v, 0));
}

/* On the line itself: "key value" for scalars, short lists and attributes. */
static void print_fields(FILE *out, json_t *o, const char * const *head, const char *first)
{
	const char *separator = first, *key;
	json_t *v;

	json_object_foreach(o, key, v) {
		if (is_in(head, key) || (strcmp(key, "data") == 0 && is_told(o)))
			continue;
		if (strcmp(key, "attributes") == 0) {
			fprintf(out, "%s", *separator == ',' ? "," : "");
			print_list(out, v, print_attribute, ", ");
			separator = ", ";
		} else if (is_scalar(v) || is_short_list(v)) {
			fputs(separator, out);
			for (const char *c = key; *c; c++)
				fputc(*c == '_' ? ' ' : *c, out);
			if (is_scalar(v))
				fputc(' ', out);
			if (is_scalar(v))
				print_scalar(out, v);
			else
				print_list(out, v, print_scalar, " ");
			separator = ", ";
		}
	}
}

/* "IKEv2 IKE_AUTH (35) initiator, id 00000001, 89922c915f35570e:98d56d32e2a04742, 1280 octets" */
static void print_message_head(FILE *out, json_t *o)
{
	const char *version = text_of(o, "version");

	if (!*version)		/* no header */
		return;
	fprintf(out, "IKEv%s ",
		strcmp(version, "1.0") == 0   ? "1"
		: strcmp(version, "2.0") == 0 ? "2"
					      : version);
	print_named(out, json_object_get(o, "exchange"));
	print_list(out, json_object_get(o, "flags"), print_scalar, " ");
	fprintf(out, ", id %s, %s:%s, %lld octets", text_of(o, "message_id"),
		text_of(o, "initiator"), text_of(o, "responder"),
		(long long)json_integer_value(json_object_get(o, "length")));
	if (json_object_get(
		    o, "encrypted")) { /* what the header says is all that is known of the inside */
		fputs(", first ", out);
		print_named(out, json_object_get(o, "first"));
	}
	print_fields(out, o, message_head, ", ");
}

static void print_node(FILE *out, json_t *o, const char *name, unsigned int depth);

/* "proposals" -> a "proposal" line each; payloads have their own head. */
static void print_children(FILE *out, json_t *o, unsigned int depth)
{
	const char *key;
	json_t *v, *e;
	char name[32];
	size_t i;

	json_object_foreach(o, key, v) {
		if (strcmp(key, "attributes") == 0 || is_scalar(v))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strlen(key) - (json_is_array(v) ? 1 : 0),
			 key);
		if (json_is_object(v))
			print_node(out, v, name, depth);
		json_array_foreach(v, i, e) {
			if (!is_scalar(e))
				print_node(out, e, name, depth);
		}
	}
}

static void print_complaint(FILE *out, const json_t *o, unsigned int depth)
{
	if (json_object_get(o, "complaint"))
		fprintf(out, "%*s! %s\n", (int)depth * INDENT, "", text_of(o, "complaint"));
}

static void print_payload_head(FILE *out, json_t *o)
{
	fprintf(out, "%s, %lld octets", text_of(json_object_get(o, "type"), "name"),
		(long long)json_integer_value(json_object_get(o, "length")));
	print_fields(out, o, payload_head, ": ");
}

/* Recursion is over our own tree, whose depth the dissector bounds; the limit is a belt. */
static void print_node(FILE *out, json_t *o, const char *name, unsigned int depth)
{
	if (depth > DEPTH_MAX)
		return;
	fprintf(out, "%*s", (int)depth * INDENT, "");
	if (strcmp(name, "payload") == 0) {
		print_payload_head(out, o);
	} else if (strcmp(name, "message") == 0) {
		print_message_head(out, o);
	} else {
		fputs(name, out);
		print_fields(out, o, plain_head, " ");
	}
	fputc('\n', out);
	print_children(out, o, depth + 1);
	print_complaint(out, o, depth + 1);
}

void tree_print(FILE *out, const json_t *message)
{
	/* jansson's iterator takes no const; it changes nothing. */
	json_t *o = (json_t *)(uintptr_t)message;

	fprintf(out, "%lld  %s  %s > %s  ",
		(long long)json_integer_value(json_object_get(o, "frame")), text_of(o, "time"),
		text_of(o, "source"), text_of(o, "destination"));
	if (json_object_get(o, "message")) {
		print_node(out, json_object_get(o, "message"), "message", 0);
	} else {
		fputs(text_of(o, "kind"), out);
		print_fields(out, json_object_get(o, "about"), plain_head, " ");
		fputc('\n', out);
	}
	print_complaint(out, o, 1);
}
