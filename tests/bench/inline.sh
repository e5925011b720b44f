#!/bin/sh
# Inline figures, between veth pairs over net_af_packet, in one run: what a frame is delayed by vigil-forward, next to a plain
# veth and a Linux bridge, with the dataplane scanning and stopped, on an idle link and beside downloads; and how fast nginx
# serves through each; the same with `realtime: yes, idle_us: 20` (names with _rt). Added delay = half of what a round trip
# takes more than over the plain veth. The two ends would be other machines: where chrt may, they go before all others, so that
# it is not their waiting for a core that is measured. Lines: name value unit.
. tests/lib/story.sh
. tests/lib/net.sh
rounds=${INLINE_ROUNDS:-3} pings=${INLINE_PINGS:-2000}
inline_up; endpoint_up
# Beside the link: c9 - s9, a plain veth.
ip link add name s9 netns "$S" type veth peer name c9 netns "$C"; in_s ip link set s9 up; in_c ip link set c9 up
for i in s9; do in_s sysctl -qw "net.ipv6.conf.$i.disable_ipv6=1"; done; in_c sysctl -qw net.ipv6.conf.c9.disable_ipv6=1
head -c 100000000 /dev/urandom >"$W/www/big.bin"
ends=; chrt -f 2 true 2>/dev/null && ends="chrt -f 2"
for i in s0 s9; do $ends ip netns exec "$S" "$bin/test-frames" echo $i >/dev/null & at_end="kill $! 2>/dev/null; $at_end"; done
# ping NAME IFACE: one round's p50, p99, max (us) into $W/NAME.
ping() { $ends ip netns exec "$C" "$bin/test-frames" ping "$2" "$pings" 2>/dev/null | awk '/^p50/ { print $2, $4, $6 }' >>"$W/$1"; }
pull() { in_c curl -sS -m 60 -o /dev/null -w '%{speed_download}\n' http://198.51.100.10/big.bin | awk '{ print $1 / 1e6 }' >>"$W/$1"; }
loaded() { # NAME IFACE: the same beside downloads of 20 MB/s
	in_c curl -s -m 60 --limit-rate 20M -o /dev/null http://198.51.100.10/big.bin & load=$!
	sleep 0.2; ping "$1" "$2"; kill $load 2>/dev/null; wait $load 2>/dev/null
}
median() { cut -d' ' -f"$2" "$W/$1" | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR + 1) / 2)] }'; }

bridge_up; sleep 1
for _ in $(seq "$rounds"); do ping plain c9; ping bridge c0; loaded plain_loaded c9; loaded bridge_loaded c0; pull bridge_mb; done
bridge_down
forwarded() { in_c curl -s -m 2 -o /dev/null http://198.51.100.10/; }
for rt in "" _rt; do
	rm -rf "$W/run" "$W/state"
	: >"$W/list"; inline_config "$W/list"
	[ -z "$rt" ] || sed -i 's/^forward:/forward:\n  realtime: yes\n  idle_us: 20/' "$W/vigil.yaml"
	house_up; wait_for 20 "the link" forwarded
	dataplane=$(named vigil-dataplane "$house" | head -n 1)
	for _ in $(seq "$rounds"); do
		ping plain c9; ping scan$rt c0; loaded plain_loaded c9; loaded scan${rt}_loaded c0; pull scan${rt}_mb
		kill -STOP "$dataplane"; ping noscan$rt c0; loaded noscan${rt}_loaded c0; pull noscan${rt}_mb; kill -CONT "$dataplane"
	done
	[ "$(metric vigil_forward_tx_dropped_total)" = 0 ] || say "# frames were dropped: $(metric vigil_forward_tx_dropped_total)"
	stop "$house"
done
say "# load $(cut -d' ' -f1-3 /proc/loadavg); medians of $rounds rounds of $pings frames; forwarder and dataplane poll, but for _rt; the ends: ${ends:-fair shares}"
for load in "" _loaded; do
	for of in plain bridge noscan scan noscan_rt scan_rt; do
		for k in 1:p50 2:p99 3:max; do
			t=$(median $of$load "${k%:*}"); p=$(median plain$load "${k%:*}")
			say "inline_round_trip_$of${load}_${k#*:} $t us"
			[ $of = plain ] || say "inline_added_$of${load}_${k#*:} $(echo "$t $p" | awk '{ printf "%.1f", ($1 - $2) / 2 }') us"
		done
	done
done
for of in bridge noscan scan noscan_rt scan_rt; do say "inline_http_$of $(median ${of}_mb 1) MB/s"; done
say "inline_http_scan_rt_to_bridge $(echo "$(median scan_rt_mb 1) $(median bridge_mb 1)" | awk '{ printf "%.2f", $1 / $2 }') ratio"
say "inline_http_noscan_to_bridge $(echo "$(median noscan_mb 1) $(median bridge_mb 1)" | awk '{ printf "%.2f", $1 / $2 }') ratio"
say "inline_http_scan_to_bridge $(echo "$(median scan_mb 1) $(median bridge_mb 1)" | awk '{ printf "%.2f", $1 / $2 }') ratio"
