# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # NETS is for the tests
# keyway (west) and libreswan (east), whichever begins, in either version of IKE.
. "$INTEROP/libreswan.sh"

NETS="local-net=10.1.0.0/24 remote-net=10.2.0.0/24"

# both_roles WHAT: keyway begins, then libreswan does
both_roles() {
	ok "$1: keyway initiates" kw_up west
	ok "$1: libreswan says the same" libre_has east 'ESTABLISHED_CHILD_SA|IPsec SA established'
	ok "$1: ping both ways" both_ways
	kw_rest west
	ok "$1: keyway's delete left nothing" until_true 10 libre_idle east
	ok "$1: libreswan initiates" libre_up east
	ok "$1: ping again" both_ways
	libre_down east
	ok "$1: libreswan's delete left nothing" until_true 10 kw_is west down
}
