#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# strongSwan, a client at west, is sent by keyway from 192.0.2.2 to 192.0.2.3, both at east (RFC 5685).
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# at ADDRESS: strongSwan's one IKE SA is with that gateway
at() {
	local sas
	sas=$(swan west --list-sas --raw)
	grep -q "state=ESTABLISHED.*remote-host=$1 " <<<"$sas" && [ "$(grep -c "remote-host=" <<<"$sas")" = 1 ] ||
		{ echo "$sas"; return 1; }
}
begin() { swan west --initiate --child net --timeout 20; }
end() {
	swan west --terminate --ike net --force >/dev/null 2>&1
	until_true 10 eval '[ -z "$(swan west --list-sas --raw)" ]'
}
# second NAME [KEY=VALUE...]: another connection of east, at once
second() {
	local file=$RUN/kw-east/$1.conf
	shift
	kw_conf east psk "$@" | install -m 600 /dev/stdin "$file"
	kw east reload >/dev/null
}
conns() { kw east status --json | jq -r ".connections[] | select(.name == \"$1\") | .ike | length"; }

topology
ip -n east addr add 192.0.2.3/24 dev wan
# Both lead to the same net, so only one of them has the route: "net", where strongSwan is to arrive.
gate=(local=192.0.2.2 device=kw-gate routes=no)
start_keyway east < <(kw_conf east psk local=192.0.2.3)
second gate "${gate[@]}" redirect-to=192.0.2.3
start_strongswan west < <(swan_conf west psk remote_addrs=192.0.2.2)

ok "strongSwan begins at 192.0.2.2" begin
ok "and is sent on before anything is made of it" until_true 10 at 192.0.2.3
ok "keyway kept nothing at 192.0.2.2" eval '[ "$(conns gate)" = 0 ] && [ "$(conns net)" = 1 ]'
ok "ping both ways" both_ways
ok "only ESP crossed" only_protected
end

# Another peer at 192.0.2.2 is not sent anywhere: who strongSwan is has to be known first.
second other local=192.0.2.2 device=kw-other remote-id=somebody.example.org local-net=10.2.0.0/24 \
	remote-net=10.3.0.0/24
begin >/dev/null 2>&1
ok "strongSwan proves itself at 192.0.2.2 and is sent on then" until_true 20 at 192.0.2.3
ok "it was keyway's connection there that said so" logged east 'gate: sending the peer of IKE SA #[0-9]+ on to 192.0.2.3'
ok "nothing is left at 192.0.2.2" until_true 40 eval '[ "$(conns gate)" = 0 ]'
ok "ping both ways" until_true 20 both_ways
end
rm "$RUN/kw-east/other.conf"

second gate "${gate[@]}"
ok "without redirect-to strongSwan stays" eval 'begin && at 192.0.2.2'
ok "keyway redirect sends it on" eval 'kw east redirect gate 192.0.2.3 && until_true 20 at 192.0.2.3'
ok "nothing is left at 192.0.2.2" until_true 40 eval '[ "$(conns gate)" = 0 ]'
ok "ping both ways" until_true 20 both_ways
