// SPDX-License-Identifier: GPL-2.0
/* What keyway decode says of a capture, as an array of its JSON objects. */
#include "decoded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *run(const struct decode_options *opt, int *ret, char *err, size_t err_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	*ret = decode_file(opt, out, err, err_len);
	fclose(out);
	return text;
}

json_t *decoded(const char *file, const char *keys, const char *v1_keys, int *ret, char *err,
		size_t err_len)
{
	const struct decode_options opt = {
		.file = file, .keys = keys, .v1_keys = v1_keys, .json = true
	};
	char *text = run(&opt, ret, err, err_len), *rest = text, *line;
	json_t *all = json_array();
	json_error_t error;

	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *o = json_loads(line, 0, &error);

		if (!o)
			fail_msg("%s: %s in %s", file, error.text, line);
		json_array_append_new(all, o);
	}
	free(text);
	if (*ret == 0)
		return all;
	json_decref(all);
	return NULL;
}

json_t *decoded_ok(const char *file, const char *keys, const char *v1_keys)
{
	char err[256] = "";
	int ret;
	json_t *all = decoded(file, keys, v1_keys, &ret, err, sizeof(err));

	if (!all)
		fail_msg("%s: %d, %s", file, ret, err);
	return all;
}

char *decoded_text(const char *file, const char *keys, const char *v1_keys)
{
	const struct decode_options opt = { .file = file, .keys = keys, .v1_keys = v1_keys };
	char err[256] = "";
	int ret;
	char *text = run(&opt, &ret, err, sizeof(err));

	if (ret)
		fail_msg("%s: %d, %s", file, ret, err);
	return text;
}

json_int_t number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(o, key), "number"));
}

const char *string_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void add_types(const json_t *o, FILE *out, bool *some)
{
	json_t *payload, *proposal;
	size_t i, k;

	json_array_foreach(json_object_get(o, "payloads"), i, payload) {
		fprintf(out, "%s%d", *some ? "," : "", (int)number_of(payload, "type"));
		*some = true;
		json_array_foreach(json_object_get(payload, "proposals"), k, proposal) {
			size_t n = json_array_size(json_object_get(proposal, "transforms"));

			fputs(",2", out);
			while (n--)
				fputs(",3", out);
		}
		add_types(payload, out, some);
	}
}

char *payload_types(const json_t *message, char *buf, size_t cap)
{
	FILE *out = fmemopen(buf, cap, "w");
	bool some = false;

	assert_non_null(out);
	buf[0] = '\0';
	add_types(message, out, &some);
	fclose(out);
	return buf;
}

const json_t *payload_of(const json_t *message, int type)
{
	json_t *payload;
	size_t i;

	json_array_foreach(json_object_get(message, "payloads"), i, payload) {
		const json_t *inside = payload_of(payload, type);

		if (number_of(payload, "type") == type)
			return payload;
		if (inside)
			return inside;
	}
	return NULL;
}
