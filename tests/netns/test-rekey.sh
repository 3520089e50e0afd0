#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A rekey is: inbound SA, outbound SA (the policy's pointer flips), and later the old ones go.
# Nothing is lost, and the policy's totals go on.
#
#   a: 10.0.1.1 -- kw0 == ESP == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
kw_device b
esn=esn
a=$(child a 4 1)
b=$(child b 4 1)
in_ns a ping -q -c 400 -i 0.02 -W 3 10.0.2.1 >"$tmp/flood" &
flood=$!
for n in 2 3 4 5; do
	# Both ends have their new inbound SA before either sends with its new outbound one.
	kwctl a sa-new "{\"sa\": $(sa in $((0x1000 + n)) "\"policy-id\": $a")}"
	rekey b "$b" $n >/dev/null
	kwctl a sa-new "{\"sa\": $(sa out $((0x2000 + n)) "\"policy-id\": $a")}"
	is "rekey $n: the policy sends with the new SA" \
		"$(kwctl a policy-get "{\"policy\": {\"id\": $a}}" policy.out-spi)" $((0x2000 + n))
	sleep 0.3
	kwctl a sa-del "{\"sa\": {\"dir\": \"in\", \"spi\": $((0x1000 + n - 1))}}"
	kwctl a sa-del "{\"sa\": {\"dir\": \"out\", \"spi\": $((0x2000 + n - 1)), \"policy-id\": $a}}"
	sleep 0.2
	kwctl b sa-del "{\"sa\": {\"dir\": \"in\", \"spi\": $((0x2000 + n - 1))}}"
	kwctl b sa-del "{\"sa\": {\"dir\": \"out\", \"spi\": $((0x1000 + n - 1)), \"policy-id\": $b}}"
done
wait $flood
cp "$tmp/flood" "$tmp/out"
check "400 pings through four rekeys: none is lost" grep -q '400 received, 0% packet loss' "$tmp/flood"
at_least "the policy's total went on" \
	"$(kwctl a policy-get "{\"policy\": {\"id\": $a}}" policy.tx-packets)" 400
is "two SAs are left at a" "$(kwctl a '*sa-get' | wc -l)" 2

# The newest outbound SA that is left takes over.
kwctl a sa-new "{\"sa\": $(sa out $((0x2000 + 6)) "\"policy-id\": $a")}"
kwctl a sa-del "{\"sa\": {\"dir\": \"out\", \"spi\": $((0x2000 + 6)), \"policy-id\": $a}}"
is "the new SA deleted: the one before it sends again" \
	"$(kwctl a policy-get "{\"policy\": {\"id\": $a}}" policy.out-spi)" $((0x2000 + 5))
check "and it works" pings a 10.0.2.1 3

# Entirely or not at all: the second SA's name is taken.
check_not "a child whose second SA exists is refused" kwctl a child-new "{\"policy\": {\"id\": $a},
	\"sa\": [$(sa in $((0x1000 + 9))), $(sa out $((0x2000 + 5)))]}"
is "and leaves nothing behind" "$(kwctl a '*sa-get' | wc -l)" 2
check_not "a child whose policy is new and SA exists is refused" kwctl a child-new \
	"{\"policy\": $(policy a 4), \"sa\": [$(sa in $((0x1000 + 5)))]}"
is "and leaves no policy" "$(kwctl a '*policy-get' | wc -l)" 1
finish
