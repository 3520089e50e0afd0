#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and libreswan (east): main and aggressive mode, pre-shared key and RSA signatures in both
# roles, PFS.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/libreswan-v1.sh"

topology
v1_libre psk
start_keyway west < <(v1_conf psk)
both_roles "main mode, pre-shared key"

v1_conf psk pfs=modp-2048 esp=aes-cbc-256+hmac-sha2-256-128 | kw_change west
v1_libre psk pfs=yes esp=aes256-sha2_256
both_roles "PFS, AES-CBC"

v1_conf rsa | kw_change west
v1_libre rsa
both_roles "main mode, RSA signatures"

v1_conf psk aggressive=with-psk | kw_change west
v1_libre psk aggrmode=yes
both_roles "aggressive mode, pre-shared key"

v1_conf rsa aggressive=yes | kw_change west
v1_libre rsa aggrmode=yes
both_roles "aggressive mode, RSA signatures"
ok "only ESP crossed" only_protected
