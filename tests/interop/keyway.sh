# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# keywayd and keyway.ko as a router's IPsec. Each router has its own /etc/keyway ($RUN/kw-ROUTER
# from outside), its own /var/lib/keyway and its own /run.

# start_keyway ROUTER [KEY=VALUE...]: with the connection "net" on standard input. KEY=VALUE are
# lines for the daemon's own section.
start_keyway() {
	local router=$1 dir=$RUN/kw-$1
	shift
	rm -rf "$dir" "$dir-state" && mkdir -p "$dir"
	install -m 600 /dev/stdin "$dir/net.conf"
	printf '%s\n' '[keyway]' 'log-level = debug' "$@" >"$dir/keyway.conf"
	launch_keyway "$router"
}

# launch_keyway ROUTER: the daemon alone, with the configuration as it is
launch_keyway() {
	mkdir -p "$RUN/kw-$1-state"
	start_in "$1" keyway "mkdir -p /run/keyway /etc/keyway /var/lib/keyway &&
		mount --bind $RUN/kw-$1 /etc/keyway && mount --bind $RUN/kw-$1-state /var/lib/keyway" \
		"$TOP/build/keywayd" -f
	until_true 20 kw "$1" status
}

# kw ROUTER ARG...: the command line tool
kw() {
	local router=$1
	shift
	on "$router" "$TOP/build/keyway" "$@"
}

# kw_change ROUTER: another configuration (standard input) for the running daemon
kw_change() {
	install -m 600 /dev/stdin "$RUN/kw-$1/net.conf"
	kw "$1" reload >/dev/null
}

# kw_conf ROUTER AUTH [KEY=VALUE...]: a connection on standard output. AUTH is psk, psk:SECRET or
# the name of a certificate without the router's (rsa, ecdsa, ...). A later value of a key replaces
# the earlier one, an empty one takes the key away.
kw_conf() {
	local router=$1 auth=$2 peer=east me_nets=10.1.0.0/24,fd01::/64 peer_nets=10.2.0.0/24,fd02::/64
	local remote=$EAST_SEEN settings value
	shift 2
	if [ "$router" = east ]; then
		peer=west remote=$WEST_SEEN value=$me_nets me_nets=$peer_nets peer_nets=$value
	fi
	settings=("start=none" "remote=$remote" "local-id=$router.example.org"
		"remote-id=$peer.example.org" "local-net=$me_nets" "remote-net=$peer_nets")
	case $auth in
	psk) settings+=('psk="a shared secret for testing"') ;;
	psk:*) settings+=("psk=\"${auth#psk:}\"") ;;
	*) settings+=("cert=$PKI/$router-$auth.crt" "key=$PKI/$router-$auth.key" "ca=$PKI/ca.crt") ;;
	esac
	echo '[connection]'
	printf '%s\n' "${settings[@]}" "$@" | awk '
		{ key = $0; sub(/=.*/, "", key); value[key] = substr($0, length(key) + 2) }
		END { for (key in value) if (value[key] != "") print key " = " value[key] }'
}

# kw_field ROUTER JQ-PATH: of the connection in `keyway status --json`
kw_field() { kw "$1" status --json | jq -r ".connections[] | select(.name == \"net\") | $2"; }

kw_is() { [ "$(kw_field "$1" .state)" = "$2" ] || { kw "$1" status; return 1; }; }

# kw_has_one_of_each ROUTER: one IKE SA, with one Child SA
kw_has_one_of_each() {
	kw "$1" status
	[ "$(kw_field "$1" '[.ike[].children[]] | length')" = 1 ] && [ "$(kw_field "$1" '.ike | length')" = 1 ]
}

# kw_rest ROUTER: nothing up, but the peer may begin (`down` alone would refuse it)
kw_rest() {
	local file=$RUN/kw-$1/net.conf
	kw "$1" down net >/dev/null && until_true 15 kw_is "$1" down
	mv "$file" "$file.off" && kw "$1" reload >/dev/null
	mv "$file.off" "$file" && kw "$1" reload >/dev/null
}

# kw_up ROUTER [SECONDS]: brings the connection up and waits for it
kw_up() { kw "$1" up net && until_true "${2:-30}" kw_is "$1" up; }

# says_why ROUTER REGEX [KIND]: the failure stands in `keyway status`, in its JSON and in the log
says_why() {
	local router=$1 regex=$2 kind=${3-} text
	text=$(kw_field "$router" '.failure | .kind + ": " + .text')
	echo "status: $text"
	grep -qE -- "$regex" <<<"$text" || return
	[ -z "$kind" ] || [ "${text%%: *}" = "$kind" ] || return
	kw "$router" status | grep -qE -- "$regex" || { echo "not in the plain status"; return 1; }
	logged "$router" "$regex"
}
