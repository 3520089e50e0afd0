#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: check-layers.sh [DIR]
# Every #include "layer/..." of userspace/ names its own layer or one below it (the table stands
# in the code); GnuTLS, nettle and GMP are seen by crypto/ alone; kmod/ includes nothing of
# userspace/. There is no exception list.
cd "${1:-$(dirname "$0")/..}" || exit 2
bad=$(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' --include='*.[ch]' userspace kmod 2>/dev/null |
	awk -F: '
	BEGIN {
		base = "lib crypto wire"
		allow["lib"] = "lib"
		allow["crypto"] = "lib crypto"
		allow["wire"] = base
		allow["config"] = base " config"
		allow["net"] = base " net"
		allow["kernel"] = base " kernel"
		allow["eap"] = base " config eap"
		allow["ike"] = base " config net kernel eap ike"
		allow["ikev1"] = allow["ike"] " ikev1"
		allow["ikev2"] = allow["ike"] " ikev2"
		allow["daemon"] = allow["ike"] " ikev1 ikev2 daemon"
		allow["cli"] = "lib crypto wire config kernel cli"
	}
	{
		split($1, at, "/")
		split($3, part, /["<>]/)
		into = part[2]
		quoted = $3 ~ /include[ \t]*"/
		if (at[1] == "kmod") {
			if (into ~ /userspace|^(lib|wire|ike|ikev1|ikev2|daemon|cli)\//)
				print $1 ":" $2 ": kmod/ includes " into
			next
		}
		layer = at[2]
		to = into ~ /\// ? substr(into, 1, index(into, "/") - 1) : "(no layer)"
		if (!(layer in allow))
			print $1 ":" $2 ": " layer "/ is no layer"
		else if (!quoted && layer != "crypto" && into ~ /^(gnutls\/|nettle\/|gmp\.h)/)
			print $1 ":" $2 ": only crypto/ may include " into
		else if (quoted && !(layer == "cli" && into == "daemon/ctl_proto.h") &&
			 index(" " allow[layer] " ", " " to " ") == 0)
			print $1 ":" $2 ": " layer "/ may not include " into
	}')
[ -z "$bad" ] && exit 0
printf '%s\n' "$bad"
exit 1
