# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# FreeRADIUS as the judge of EAP and of passwords behind a gateway. The unpacked packages run where they lie; nothing is
# installed.

RADIUS=$CACHE/peers/freeradius

# start_freeradius NAMESPACE CLIENT SECRET: answers CLIENT, an address, on port 1812. User alice has the password
# "correct horse", whoever shows a certificate of the test's authority is let in as well.
start_freeradius() {
	local dir=$RUN/radius lib=$RADIUS/usr/lib/freeradius
	rm -rf "$dir" && mkdir -p "$dir"
	echo 'alice Cleartext-Password := "correct horse"' >"$dir/users"
	cp "$PKI/ca.crt" "$PKI/west-ecdsa.crt" "$PKI/west-ecdsa.key" "$dir/"
	cat >"$dir/radiusd.conf" <<-C
		libdir = $lib
		run_dir = $dir
		pidfile = $dir/pid
		security { allow_vulnerable_openssl = yes }
		client gateway {
			ipaddr = $2
			secret = "$3"
		}
		modules {
			files { usersfile = $dir/users }
			mschap { }
			pap { }
			eap {
				default_eap_type = mschapv2
				md5 { }
				mschapv2 { }
				tls-config common {
					private_key_file = $dir/west-ecdsa.key
					certificate_file = $dir/west-ecdsa.crt
					ca_file = $dir/ca.crt
					tls_min_version = "1.2"
					tls_max_version = "1.3"
				}
				tls { tls = common }
			}
		}
		server default {
			listen {
				type = auth
				ipaddr = *
				port = 1812
			}
			authorize {
				eap {
					ok = return
				}
				files
				pap
			}
			authenticate {
				Auth-Type PAP {
					pap
				}
				Auth-Type MS-CHAP {
					mschap
				}
				eap
			}
			# Answers without it can be forged, whatever the secret is (CVE-2024-3596), and do not count.
			post-auth {
				update reply { &Message-Authenticator := 0x00 }
				Post-Auth-Type REJECT {
					update reply { &Message-Authenticator := 0x00 }
				}
			}
		}
	C
	ip netns exec "$1" env LD_LIBRARY_PATH="$lib:$RADIUS/usr/lib/x86_64-linux-gnu" \
		"$RADIUS/usr/sbin/freeradius" -f -x -l stdout -d "$dir" -D "$RADIUS/usr/share/freeradius" \
		>"$OUT/$TEST_NAME-freeradius.log" 2>&1 &
	until_true 20 grep -q 'Ready to process requests' "$OUT/$TEST_NAME-freeradius.log"
}
