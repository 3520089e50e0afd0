# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# strongSwan (charon-systemd and the kernel's XFRM) as a router's IPsec. The unpacked packages are
# bound into the daemon's own mount namespace; nothing is installed.

SWAN_PLUGINS='random nonce aes sha1 sha2 hmac kdf gcm ccm chapoly curve25519 gmp openssl pem pkcs1 pkcs8
	x509 pubkey revocation constraints md5 vici kernel-netlink socket-default'
# Plugins that a test wants besides.
SWAN_MORE=

# swan_files ROUTER: the certificates and keys its swanctl.conf names
swan_files() {
	local dir=$RUN/swan-$1 file
	for file in $(grep -o "certs = .*" "$dir/swanctl.conf" | cut -d= -f2 | tr , ' '); do
		case $file in
		ca*) cp "$PKI/$file" "$dir/x509ca/" || return ;;
		# In x509/ the intermediate ones are sent along; in x509ca/ they would be trusted.
		*-long.crt) cp "$PKI"/ca-long-*.crt "$dir/x509/" || return ;;&
		*) cp "$PKI/$file" "$dir/x509/" && cp "$PKI/${file%.crt}.key" "$dir/private/" || return ;;
		esac
	done
}

# start_strongswan ROUTER [CHARON-OPTION...]: with the swanctl.conf on standard input. Options are
# lines for strongswan.conf, e.g. 'retransmit_tries = 2'.
start_strongswan() {
	local router=$1 dir=$RUN/swan-$1
	shift
	rm -rf "$dir" && mkdir -p "$dir"/{x509,x509ca,private,pubkey}
	cat >"$dir/swanctl.conf"
	swan_files "$router" || return
	cat >"$dir/strongswan.conf" <<-C
		charon-systemd {
			load = $(echo $SWAN_PLUGINS $SWAN_MORE)
			install_routes = no
			filelog { log { path = $OUT/$TEST_NAME-$router-strongswan.log
				append = yes
				flush_line = yes
				default = 1
				ike = 2
				knl = 1
				cfg = 2 } }
			$(printf '%s\n' "$@")
		}
		libtls { }
		pki { load = random pem pkcs1 pkcs8 x509 pubkey openssl curve25519 gmp sha2 }
		swanctl { load = pem pkcs1 pkcs8 x509 pubkey openssl curve25519 random nonce sha1 sha2 gmp revocation constraints }
	C
	start_in "$router" strongswan "
		mkdir -p /usr/lib/ipsec && mount --bind $SWAN/usr/lib/ipsec /usr/lib/ipsec &&
		export LD_LIBRARY_PATH=$SWAN/usr/lib/ipsec STRONGSWAN_CONF=$dir/strongswan.conf" \
		"$SWAN/usr/sbin/charon-systemd"
	until_true 20 on "$router" test -S /run/charon.vici && swan_load "$router"
}

# swan ROUTER ARG...: swanctl
swan() {
	local router=$1
	shift
	on "$router" env LD_LIBRARY_PATH="$SWAN/usr/lib/ipsec" SWANCTL_DIR="$RUN/swan-$router" \
		STRONGSWAN_CONF="$RUN/swan-$router/strongswan.conf" "$SWAN/usr/sbin/swanctl" "$@"
}

# swan_load ROUTER: (re)reads its configuration; speaks up only when that fails
swan_load() { swan "$1" --load-all --noprompt >"$RUN/swan-load" 2>&1 || { cat "$RUN/swan-load"; return 1; }; }

# swan_conf ROUTER AUTH [KEY=VALUE...]: a swanctl.conf on standard output, connection and child "net".
# AUTH is psk, psk:SECRET or the key type of a certificate (rsa, ecdsa, ...). ike= and esp= are
# proposals, the keys of the child (start_action, rekey_time, local_ts, ...) are written
# child.KEY=VALUE, those of the two authentication rounds local.KEY and remote.KEY, secret= is a section of
# its own below secrets; all others belong to the connection.
swan_conf() {
	local router=$1 auth=$2 me peer peer_name ts_me=10.1.0.0/24,fd01::/64 ts_peer=10.2.0.0/24,fd02::/64
	local setting value key conn=() child=() local=() remote=() secret=
	shift 2
	if [ "$router" = west ]; then
		me=$WEST peer=$EAST_SEEN peer_name=east
	else
		me=$EAST peer=$WEST_SEEN peer_name=west
		value=$ts_me ts_me=$ts_peer ts_peer=$value
	fi
	conn+=("local_addrs = $me" "remote_addrs = $peer")
	case $auth in
	psk*)
		local+=("auth = psk")
		remote+=("auth = psk")
		value=${auth#psk}
		secret="ike-net { secret = \"${value:-:a shared secret for testing}\" }"
		secret=${secret/\":/\"}
		;;
	*)
		local+=("auth = pubkey" "certs = $router-$auth.crt")
		remote+=("auth = pubkey" "cacerts = ca.crt")
		;;
	esac
	local+=("id = $router.example.org")
	remote+=("id = $peer_name.example.org")
	# charon's default window of 32 packets is less than what a machine without a processor of its own
	# reorders between two queues; the kernel then counts XfrmInStateSeqError.
	child+=("local_ts = $ts_me" "remote_ts = $ts_peer" "esp_proposals = aes128gcm16"
		"replay_window = 1024")
	conn+=("version = 2" "mobike = no" "proposals = aes128-sha256-x25519")
	for setting; do
		key=${setting%%=*} value="${setting#*=}"
		case $key in
		ike) conn+=("proposals = $value") ;;
		esp) child+=("esp_proposals = $value") ;;
		child.*) child+=("${key#child.} = $value") ;;
		local.*) local+=("${key#local.} = $value") ;;
		secret) secret=$value ;;
		remote.*) remote+=("${key#remote.} = $value") ;;
		*) conn+=("$key = $value") ;;
		esac
	done
	cat <<-C
		connections { net {
			$(last_of_each "${conn[@]}")
			local { $(last_of_each "${local[@]}")
			}
			remote { $(last_of_each "${remote[@]}")
			}
			children { net { $(last_of_each "${child[@]}")
			} }
		} }
		secrets { $secret }
	C
}

# last_of_each "KEY = VALUE"...: a later setting of a key replaces the earlier one
last_of_each() {
	printf '%s\n' "$@" | awk '{ line[$1] = $0 } END { for (k in line) print line[k] }'
}

# swan_change ROUTER AUTH [KEY=VALUE...]: another configuration (see swan_conf) for the running
# daemon, with nothing up
swan_change() {
	local router=$1
	swan "$router" --terminate --ike net --force >/dev/null 2>&1
	swan_conf "$@" >"$RUN/swan-$router/swanctl.conf"
	swan_files "$router" && swan_load "$router"
}
