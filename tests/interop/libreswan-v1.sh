# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# IKEv1 between keyway (west) and libreswan (east).

. "$INTEROP/libreswan-roles.sh"
V1="ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 esp=aes-gcm-16-128"
LIBRE_V1="ikev2=no ike=aes128-sha2_256-dh14 esp=aes_gcm128-null pfs=no"

# v1_conf AUTH [KEY=VALUE...], v1_libre AUTH [KEY=VALUE...]: either side, nothing up. pluto keeps IKEv1 off, too.
# shellcheck disable=SC2086 # several words
v1_conf() { kw_conf west "$1" version=ike1 $NETS $V1 "${@:2}"; }
# shellcheck disable=SC2086
v1_libre() {
	[ -z "${ROUTER_JOB[east]-}" ] || stop_router east
	start_libreswan east ikev1-policy=accept < <(libre_conf east "$1" $LIBRE_V1 "${@:2}")
}
