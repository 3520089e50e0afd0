#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: boot.sh COMMAND [ARG...]
#
# What every contender finds in a guest: the modules, keyway among them, loaded in a fixed order.
set -e
PATH=$PATH:/usr/sbin:/sbin
export PATH
for m in aesni_intel ghash_clmulni_intel chacha_x86_64 poly1305_x86_64 curve25519_x86_64 \
	wireguard veth dummy pktgen esp4 esp6 xfrm_user xfrm_interface; do
	modprobe -q $m || :
done
grep -q '^keyway ' /proc/modules || insmod "$KEYWAY_KO"
exec "$@"
