#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: install-deps.sh build | demo | check | peers | bench
#
# Gets everything a fresh Debian 12 (amd64) still lacks, each group with those before it:
#   build   compilers, libraries and the running kernel's headers
#   demo    headers and image of a stock kernel, the virtual machine, traffic tools
#   check   a second kernel, the kernel source for KUnit, linters, fuzzing, strongSwan, FreeRADIUS
#   peers   libreswan and OpenIKED, for the interop tests that run by their names only
#   bench   WireGuard's tool, a profiler, charts
# Silent and quick when nothing is missing. Kernel images and peers are unpacked
# under ~/.cache/keyway and never installed: neither what this machine boots nor what it runs changes.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/keyway

build=(build-essential pkg-config kmod rsync xz-utils libgnutls28-dev libsodium-dev nettle-dev libgmp-dev
	libuv1-dev libjansson-dev libnl-3-dev libnl-genl-3-dev libnl-route-3-dev libseccomp-dev
	libcap-ng-dev libpcap-dev libcurl4-gnutls-dev libpam0g-dev)
demo=(qemu-system-x86 busybox-static python3 iproute2 iputils-ping iperf3 nftables tcpdump procps jq)
check=(linux-source-6.12 flex bison bc libelf-dev libssl-dev python3-yaml python3-scapy
	python3-cryptography cpio
	libcmocka-dev clang llvm libclang-rt-14-dev sparse cppcheck shellcheck codespell gnutls-bin
	openssl tshark jq ethtool conntrack git ike-scan vpnc softhsm2)
bench=(wireguard-tools linux-perf python3-matplotlib patch)
strongswan=(charon-systemd strongswan-swanctl strongswan-pki strongswan-libcharon libstrongswan
	libstrongswan-standard-plugins libstrongswan-extra-plugins libcharon-extra-plugins
	libcharon-extauth-plugins)
freeradius=(freeradius freeradius-common libfreeradius3 libtalloc2 libwbclient0)
libreswan=(libreswan libnss3 libnss3-tools libnspr4 libsqlite3-0 libcurl3-nss nss-plugin-pem libldap-2.5-0
	libsasl2-2 libevent-core-2.1-7 libevent-pthreads-2.1-7 libldns3 libunbound8 libnghttp2-14 librtmp1
	libssh2-1 libpsl5 libbrotli1)
openiked=(openiked libevent-2.1-7)

updated=
apt_get() {
	if [ -z "$updated" ]; then
		echo "install-deps: apt-get update"
		apt-get -o DPkg::Lock::Timeout=300 -qq update
		updated=yes
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root \
		-qq "$@"
}

install() {
	local there missing
	there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
	missing=$(printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "$there") || true)
	[ -n "$missing" ] || return 0
	echo "install-deps: installing" $missing
	# shellcheck disable=SC2086 # a list of words
	apt_get install -y --no-install-recommends $missing >/dev/null
}

# unpack DIR PACKAGE...: the files of packages under DIR, which appears complete or not at all
unpack() {
	local dir=$1 tmp p
	shift
	echo "install-deps: unpacking $* into $dir"
	tmp=$dir.part.$$
	rm -rf "$tmp" && mkdir -p "$tmp/.deb"
	apt_get update >/dev/null
	(cd "$tmp/.deb" && apt_get download "$@")
	for p in "$tmp"/.deb/*.deb; do
		dpkg-deb -x "$p" "$tmp"
	done
	rm -rf "$tmp/.deb"
	# Two runs may race; the first one wins and the second one's copy is the same.
	[ ! -d "$tmp/lib/modules" ] || depmod -b "$tmp" "$(ls "$tmp/lib/modules")"
	mv -T "$tmp" "$dir" 2>/dev/null || rm -rf "$tmp"
}

# kernel META: headers and image of the newest kernel the meta package stands for, unless one of
# its series is here already.
kernel() {
	local series=$1 meta=$2 version
	version=$("$(dirname "$0")/kernel-version.sh" "$series" 2>/dev/null) && return 0
	version=$(apt-cache depends "$meta" | sed -n 's/.*Depends: linux-image-//p' | head -n 1)
	if [ -z "$version" ]; then
		apt_get update
		version=$(apt-cache depends "$meta" | sed -n 's/.*Depends: linux-image-//p' | head -n 1)
	fi
	install "linux-headers-$version"
	[ -e "/boot/vmlinuz-$version" ] || unpack "$cache/kernels/$version" "linux-image-$version"
	"$(dirname "$0")/kernel-version.sh" "$series" >/dev/null
}

# peer NAME PACKAGE...: the peer's files under peers/NAME-VERSION, and peers/NAME pointing there
peer() {
	local name=$1 version
	shift
	[ ! -e "$cache/peers/$name/usr" ] || return 0
	version=$(apt-cache policy "$1" | sed -n 's/ *Candidate: //p')
	mkdir -p "$cache/peers"
	unpack "$cache/peers/$name-${version%%-*}" "$@"
	ln -sfn "$name-${version%%-*}" "$cache/peers/$name"
}

running_headers() {
	[ -e "/lib/modules/$(uname -r)/build" ] && return
	apt-cache show "linux-headers-$(uname -r)" >/dev/null 2>&1 || return 0
	install "linux-headers-$(uname -r)"
}

mkdir -p "$cache/kernels"
case ${1-} in
build)
	install "${build[@]}"
	running_headers
	;;
demo)
	install "${build[@]}" "${demo[@]}"
	kernel 6.1 linux-image-amd64
	;;
check)
	install "${build[@]}" "${demo[@]}" "${check[@]}"
	kernel 6.1 linux-image-amd64
	kernel 6.12 linux-image-6.12-amd64
	peer strongswan "${strongswan[@]}"
	peer freeradius "${freeradius[@]}"
	;;
peers)
	"$0" check
	peer libreswan "${libreswan[@]}"
	peer openiked "${openiked[@]}"
	;;
bench)
	"$0" check
	install "${bench[@]}"
	;;
*)
	sed -n '3,12s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
