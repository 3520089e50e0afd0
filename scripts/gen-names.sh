#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes userspace/wire/names.c from the comments of userspace/wire/isakmp.h: number, name and text stay one.
#
#	scripts/gen-names.sh		writes the file
#	scripts/gen-names.sh --check	fails when the file is not what the header says
#
# A table begins with a line "/* names: KIND */" and gives the function KIND_name(); each of its lines is
# "NAME = number,  /* text */".
set -eu
cd "$(dirname "$0")/.."
header=userspace/wire/isakmp.h
out=userspace/wire/names.c

generate()
{
	cat <<'END'
// SPDX-License-Identifier: GPL-2.0
/* Made by scripts/gen-names.sh from userspace/wire/isakmp.h: change that and run it again. */
/* Numbers of the IKE wire as words. */
#include "wire/names.h"

#include <stddef.h>
#include <stdio.h>

struct name {
	uint16_t number;
	const char *text;
};

/* Unknown numbers: several may stand in one log line, so the last four answers stay valid. */
static const char *name_of(const struct name *table, size_t n, const char *kind, uint16_t number)
{
	static _Thread_local char unknown[4][32];
	static _Thread_local unsigned int turn;
	char *buf;

	for (size_t i = 0; i < n; i++)
		if (table[i].number == number)
			return table[i].text;
	buf = unknown[turn++ % 4];
	snprintf(buf, sizeof(unknown[0]), "%s %u", kind, number);
	return buf;
}
END
	awk '
	/^\/\* names: [a-z_]+ \*\/$/ {
		kind = $3
		words = kind
		gsub(/_/, " ", words)
		printf "\nstatic const struct name %ss[] = {\n", kind
		next
	}
	kind != "" && /^\t[A-Z0-9_]+ = [0-9]+,/ {
		number = $3
		sub(/,$/, "", number)
		text = $0
		if (!sub(/^.*\/\* /, "", text) || !sub(/ \*\/$/, "", text)) {
			print FILENAME ":" FNR ": no text" > "/dev/stderr"
			exit 1
		}
		if (number + 0 > 255)
			wide = 1
		printf "\t{ %s, \"%s\" },\n", number, text
		next
	}
	kind != "" && /^};$/ {
		argument = kind == "exchange" || kind == "payload" || kind ~ /^(id|ts)$/ || kind == "notify" ? \
			"type" : kind == "cert_encoding" ? "encoding" : "id"
		printf "};\n\nconst char *%s_name(%s %s)\n{\n", kind, wide ? "uint16_t" : "uint8_t", argument
		printf "\treturn name_of(%ss, sizeof(%ss) / sizeof(%ss[0]), \"%s\", %s);\n}\n", \
			kind, kind, kind, words, argument
		kind = ""
		wide = 0
	}
	' "$header"
}

case "${1-}" in
'')
	generate > "$out"
	;;
--check)
	if ! generate | cmp -s - "$out"; then
		echo "$out is not what $header says: run scripts/gen-names.sh" >&2
		exit 1
	fi
	;;
*)
	echo "usage: $0 [--check]" >&2
	exit 2
	;;
esac
