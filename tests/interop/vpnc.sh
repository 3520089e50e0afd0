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
		"Interface name tun-vpn" "Script $RUN/vpnc-$router-script" "No Detach" "Debug 2" "$@" |
		awk '{ k = $0; sub(/ [^ ]*$/, "", k) } /secret|password|username/ { k = $1 $2 } { line[k] = $0 }
			END { for (k in line) print line[k] }' | install -m 600 /dev/stdin "$RUN/vpnc-$router.conf"
	# What the gateway said reaches the script by its environment. The one of vpnc-scripts takes a minute under emulation.
	install -m 755 /dev/stdin "$RUN/vpnc-$router-script" <<-'S'
		#!/bin/sh
		[ "$reason" = connect ] || exit 0
		ip link set "$TUNDEV" up mtu 1412
		ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
		i=0
		while [ $i -lt "${CISCO_SPLIT_INC:-0}" ]; do
			eval "ip route replace \$CISCO_SPLIT_INC_${i}_ADDR/\$CISCO_SPLIT_INC_${i}_MASKLEN dev $TUNDEV"
			i=$((i + 1))
		done
		env | grep -E '^(CISCO|INTERNAL)_' >"${0%-script}.env"
	S
	rm -f "$RUN/vpnc-$router.env"
	start_in "$router" vpnc "mkdir -p /run/vpnc" vpnc --non-inter "$RUN/vpnc-$router.conf"
}

# vpnc_told ROUTER VARIABLE=VALUE: what the script was told
vpnc_told() { grep -qxF -- "$2" "$RUN/vpnc-$1.env" || { cat "$RUN/vpnc-$1.env"; return 1; }; }
vpnc_up() { ip -n "$1" -br addr show tun-vpn | grep -q "$2"; }
vpnc_gone() { ! kill -0 "${ROUTER_JOB[$1]}" 2>/dev/null; }
