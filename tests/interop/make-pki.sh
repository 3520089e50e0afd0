#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: make-pki.sh DIR
# Test certificates by certtool, kept in DIR: authorities, and for each router one certificate per
# key type, some of them with a fault. Made once.
#
#   ca           signs west-rsa, west-ecdsa, west-ecdsa384, west-ed25519 and the same for east
#   other-ca     nobody trusts it; east-untrusted
#   east-expired, east-wrongname
#   ca-long-2 .. a chain of intermediate authorities; east-long (its chain does not fit one datagram)
set -eu
dir=${1:?usage: make-pki.sh DIR}
[ ! -e "$dir/made.2" ] || exit 0
umask 077
rm -rf "$dir" && mkdir -p "$dir" && cd "$dir"

tool() { certtool --no-text "$@" 2>certtool.log || { cat certtool.log >&2; exit 1; }; }

key() { # key NAME TYPE
	local type
	case $2 in
	rsa) type=(rsa --bits 2048) ;;
	ecdsa) type=(ecdsa --curve secp256r1) ;;
	ecdsa384) type=(ecdsa --curve secp384r1) ;;
	ed25519) type=(ed25519) ;;
	esac
	tool --generate-privkey --key-type "${type[@]}" --pkcs8 --password= --outfile "$1.key"
}

authority() { # authority NAME [ISSUER]
	[ -e "$1.key" ] || key "$1" ecdsa
	cat >template <<-T
		cn = "keyway test $1"
		ca
		cert_signing_key
		crl_signing_key
		activation_date = "2020-01-01 00:00:00"
		expiration_date = "2049-01-01 00:00:00"
	T
	if [ $# -eq 1 ]; then
		tool --generate-self-signed --load-privkey "$1.key" --template template --outfile "$1.crt"
	else
		tool --generate-certificate --load-privkey "$1.key" --load-ca-certificate "$2.crt" \
			--load-ca-privkey "$2.key" --template template --outfile "$1.crt"
	fi
}

leaf() { # leaf NAME KEYTYPE ISSUER DNSNAME [UNTIL]
	key "$1" "$2"
	cat >template <<-T
		cn = "$4"
		organization = "keyway test"
		dns_name = "$4"
		signing_key
		tls_www_server
		tls_www_client
		activation_date = "2020-01-01 00:00:00"
		expiration_date = "${5-2049-01-01 00:00:00}"
	T
	tool --generate-certificate --load-privkey "$1.key" --load-ca-certificate "$3.crt" \
		--load-ca-privkey "$3.key" --template template --outfile "$1.crt"
}

authority ca
authority other-ca
for router in west east; do
	for type in rsa ecdsa ecdsa384 ed25519; do
		leaf $router-$type $type ca $router.example.org
	done
done
leaf east-expired ecdsa ca east.example.org "2021-01-01 00:00:00"
leaf east-untrusted ecdsa other-ca east.example.org
leaf east-wrongname ecdsa ca north.example.org
issuer=ca
for n in 2 3 4 5 6; do
	key ca-long-$n rsa
	authority ca-long-$n $issuer
	issuer=ca-long-$n
done
leaf east-long rsa $issuer east.example.org
leaf west-long rsa $issuer west.example.org
rm -f template certtool.log
touch made.2
