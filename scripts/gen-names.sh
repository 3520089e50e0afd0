#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes userspace/wire/names.c from the comments of userspace/wire/isakmp.h, and names_v1.c from isakmp_v1.h:
# number, name and text stay one.
#
#	scripts/gen-names.sh		writes the files
#	scripts/gen-names.sh --check	fails when a file is not what its header says
#
# A table begins with a line "/* names: KIND */" and gives the function KIND_name(); each of its lines is
# "NAME = number,  /* text */". "/* names: KIND 16 */" takes 16 bits though all its numbers are small.
set -eu
cd "$(dirname "$0")/.."

# generate VERSION: "" or "_v1"
generate()
{
	header=userspace/wire/isakmp$1.h
	cat <<END
// SPDX-License-Identifier: GPL-2.0
/* Made by scripts/gen-names.sh from $header: change that and run it again. */
/* Numbers of the IKE wire as words. */
#include "wire/names$1.h"
END
	cat <<'END'

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
	/^\/\* names: [a-z0-9_]+( 16)? \*\/$/ {
		kind = $3
		wide = $4 == 16
		words = kind
		sub(/^v1_/, "", words)
		base = words
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
		argument = base ~ /^(exchange|payload|id|ts|notify|attr|ipsec_attr|config_attr)$/ ? "type" : \
			base == "cert_encoding" ? "encoding" : "id"
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
	for version in '' _v1; do
		generate "$version" > "userspace/wire/names$version.c"
	done
	;;
--check)
	for version in '' _v1; do
		if ! generate "$version" | cmp -s - "userspace/wire/names$version.c"; then
			echo "userspace/wire/names$version.c is not what isakmp$version.h says:" \
				"run scripts/gen-names.sh" >&2
			exit 1
		fi
	done
	;;
*)
	echo "usage: $0 [--check]" >&2
	exit 2
	;;
esac
