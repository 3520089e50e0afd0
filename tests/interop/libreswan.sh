# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# libreswan (pluto and the kernel's XFRM) as a router's IPsec. The unpacked packages are bound into
# the daemon's own mount namespace; nothing is installed. Each router has its configuration, its NSS
# database and its control socket in $RUN/libre-ROUTER.

LIBRE=$CACHE/peers/libreswan
LIBRE_PATH=$LIBRE/usr/lib/x86_64-linux-gnu

# start_libreswan ROUTER [SETUP-LINE...]: with its connections (ipsec.conf) on standard input, which
# libre_conf makes. SETUP-LINE is one of `config setup`, e.g. 'plutodebug=base'.
start_libreswan() {
	local router=$1 dir=$RUN/libre-$1
	shift
	rm -rf "$dir" && mkdir -p "$dir"/{nss,policies,run}
	printf '\t%s\n' "$@" >"$dir/setup"
	libre_nss certutil -N -d "sql:$dir/nss" --empty-password &&
		libre_nss certutil -A -n ca -t CT,C,C -d "sql:$dir/nss" -i "$PKI/ca.crt" &&
		libre_files "$router" || return
	start_in "$router" libreswan "
		mkdir -p /usr/libexec/ipsec /run/pluto && mount --bind $LIBRE/usr/libexec/ipsec /usr/libexec/ipsec &&
		export LD_LIBRARY_PATH=$LIBRE_PATH" \
		"$LIBRE/usr/libexec/ipsec/pluto" --nofork --stderrlog --config "$dir/ipsec.conf" \
		--rundir "$dir/run" --ipsecdir "$dir" --nssdir "$dir/nss" --secretsfile "$dir/ipsec.secrets" \
		--no-dnssec
	until_true 20 whack "$router" --status && libre_add "$router"
}

# libre_nss COMMAND...: one of the tools of NSS
libre_nss() { LD_LIBRARY_PATH=$LIBRE_PATH "$LIBRE/usr/bin/$1" "${@:2}" </dev/null; }

# libre_files ROUTER: its configuration from standard input, and the certificates this names into the
# database: the router's own with its key (leftcert=NAME of make-pki.sh).
libre_files() {
	local router=$1 dir=$RUN/libre-$1 cert
	cat >"$dir/conns"
	{ echo 'config setup'; cat "$dir/setup"; grep -v '^#secret ' "$dir/conns"; } >"$dir/ipsec.conf"
	sed -n 's/^#secret //p' "$dir/conns" | install -m 600 /dev/stdin "$dir/ipsec.secrets"
	# shellcheck disable=SC2013 # a list of words
	for cert in $(sed -n 's/^\tleftcert=//p' "$dir/conns"); do
		openssl pkcs12 -export -in "$PKI/$cert.crt" -inkey "$PKI/$cert.key" -name "$cert" -passout pass: \
			-out "$dir/$cert.p12" &&
			libre_nss pk12util -i "$dir/$cert.p12" -d "sql:$dir/nss" -W '' -K '' >/dev/null || return
	done
}

# libre_add ROUTER: (re)reads secrets and every connection of the configuration; speaks up only when
# that fails
libre_add() {
	local router=$1 dir=$RUN/libre-$1 name
	whack "$router" --rereadall >/dev/null
	whack "$router" --listen >/dev/null
	# shellcheck disable=SC2013 # a list of words
	for name in $(sed -n 's/^conn \([^%].*\)/\1/p' "$dir/ipsec.conf"); do
		on "$router" env LD_LIBRARY_PATH="$LIBRE_PATH" "$LIBRE/usr/libexec/ipsec/addconn" \
			--config "$dir/ipsec.conf" --ctlsocket "$dir/run/pluto.ctl" "$name" >"$dir/added" 2>&1
		whack "$router" --status | grep -q "^000 \"$name\"" ||
			{ cat "$dir/added"; return 1; }
	done
}

# whack ROUTER ARG...: pluto's control, for half a minute at most
whack() {
	local router=$1
	shift
	on "$router" timeout 30 env LD_LIBRARY_PATH="$LIBRE_PATH" "$LIBRE/usr/libexec/ipsec/whack" \
		--rundir "$RUN/libre-$router/run" "$@"
}

# libre_up ROUTER: begins its connection "net"; true when a child is up
libre_up() {
	whack "$1" --name net --initiate >"$RUN/libre-$1/said" 2>&1
	cat "$RUN/libre-$1/said"
	grep -qE 'established (Child|IPsec) SA|IPsec SA established' "$RUN/libre-$1/said"
}

# libre_has ROUTER REGEX: such a line stands among its states
libre_has() { whack "$1" --showstates | grep -E -- "$2" || { whack "$1" --showstates; return 1; }; }

# libre_idle ROUTER: nothing is up or on its way
libre_idle() { [ -z "$(whack "$1" --showstates)" ] || { whack "$1" --showstates; return 1; }; }

# libre_down ROUTER: nothing of it is left
libre_down() {
	whack "$1" --terminate --name net >/dev/null
	until_true 10 libre_idle "$1"
}

# libre_conf ROUTER AUTH [KEY=VALUE...]: connection "net" of an ipsec.conf on standard output. AUTH is
# psk, psk:SECRET or the key type of a certificate (rsa, ecdsa, ...). A later value of a key replaces
# the earlier one, an empty one takes the key away. left is always the router itself.
libre_conf() {
	local router=$1 auth=$2 me=$EAST peer=$WEST_SEEN peer_name=west net=10.2.0.0/24 peer_net=10.1.0.0/24
	local settings
	shift 2
	if [ "$router" = west ]; then
		me=$WEST peer=$EAST_SEEN peer_name=east net=10.1.0.0/24 peer_net=10.2.0.0/24
	fi
	settings=("left=$me" "right=$peer" "leftid=@$router.example.org" "rightid=@$peer_name.example.org"
		"leftsubnet=$net" "rightsubnet=$peer_net" "leftupdown=%disabled" "auto=ignore" "ikev2=insist"
		"ike=aes128-sha2_256-dh31" "esp=aes_gcm128-null" "replay-window=1024")
	case $auth in
	psk | psk:*)
		settings+=("authby=secret")
		auth=${auth#psk}
		auth=${auth#:}
		echo "#secret @$router.example.org @$peer_name.example.org : PSK \"${auth:-a shared secret for testing}\""
		;;
	rsa*) settings+=("leftcert=$router-$auth" "authby=rsasig" "rightca=%any" "leftsendcert=always") ;;
	*) settings+=("leftcert=$router-$auth" "authby=ecdsa" "rightca=%any" "leftsendcert=always") ;;
	esac
	echo 'conn net'
	printf '%s\n' "${settings[@]}" "$@" | awk '
		{ key = $0; sub(/=.*/, "", key); value[key] = substr($0, length(key) + 2) }
		END { for (key in value) if (value[key] != "") print "\t" key "=" value[key] }'
}

# libre_change ROUTER AUTH [KEY=VALUE...]: another configuration (see libre_conf), with nothing up. For a
# certificate the daemon starts anew: its database knows one certificate per subject.
libre_change() {
	local router=$1
	case $2 in
	psk*)
		whack "$router" --delete --name net >/dev/null
		libre_conf "$@" | libre_files "$router" && libre_add "$router"
		;;
	*)
		stop_router "$router"
		start_libreswan "$router" < <(libre_conf "$@")
		;;
	esac
}
