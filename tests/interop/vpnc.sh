# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# vpnc, a client of Cisco's kind, on a router: its own IPsec in user space behind a tun device.

# start_vpnc ROUTER GATEWAY [LINE...]: with a group, a user, and further lines of its configuration
start_vpnc() {
	local router=$1 gateway=$2
	shift 2
	modprobe -q tun
	printf '%s\n' "IPSec gateway $gateway" "IPSec ID group" "IPSec secret a group secret" \
		"Xauth username alice" "Xauth password opens the door" "IKE DH Group dh14" \
		"Interface name tun-vpn" "Script $RUN/vpnc-script" "No Detach" "Debug 2" "$@" |
		awk '{ k = $0; sub(/ [^ ]*$/, "", k) } /secret|password|username/ { k = $1 $2 } { line[k] = $0 }
			END { for (k in line) print line[k] }' | install -m 600 /dev/stdin "$RUN/vpnc-$router.conf"
	# What the gateway said reaches the script by its environment.
	install -m 755 /dev/stdin "$RUN/vpnc-script" <<-S
		#!/bin/sh
		[ "\$reason" != connect ] || env | grep -E '^(CISCO|INTERNAL)_' >$RUN/vpnc-$router.env
		exec /usr/share/vpnc-scripts/vpnc-script
	S
	rm -f "$RUN/vpnc-$router.env"
	start_in "$router" vpnc "mkdir -p /run/vpnc && cp /etc/resolv.conf /run/ && mount --bind /run/resolv.conf /etc/resolv.conf" \
		vpnc --non-inter "$RUN/vpnc-$router.conf"
}

# vpnc_told ROUTER VARIABLE=VALUE: what the script was told
vpnc_told() { grep -qxF -- "$2" "$RUN/vpnc-$1.env" || { cat "$RUN/vpnc-$1.env"; return 1; }; }
vpnc_up() { ip -n "$1" -br addr show tun-vpn | grep -q "$2"; }
vpnc_gone() { ! kill -0 "${ROUTER_JOB[$1]}" 2>/dev/null; }
