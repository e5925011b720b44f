#!/bin/sh
# Inspect-first next to forward-first and a Linux bridge, over veth pairs, in one run: the round trip of frames that nobody
# watches, which wait for the inspector's word only (added = half of what it takes more than over a plain veth), idle and beside
# downloads; and whole fetches of pictures by one connection, each held for its verdict. Lines: name value unit.
. tests/lib/story.sh
. tests/lib/net.sh
rounds=${INLINE_ROUNDS:-3} pings=${INLINE_PINGS:-2000}
inline_up; endpoint_up
ip link add name s9 netns "$S" type veth peer name c9 netns "$C"; in_s ip link set s9 up; in_c ip link set c9 up
in_s sysctl -qw net.ipv6.conf.s9.disable_ipv6=1; in_c sysctl -qw net.ipv6.conf.c9.disable_ipv6=1
head -c 100000000 /dev/urandom >"$W/www/big.bin"
for i in 0 1 2 3 4 5 6 7; do picture p$i $((900 + i)) 320x240; done
for i in s0 s9; do ip netns exec "$S" "$bin/test-frames" echo $i >/dev/null & at_end="kill $! 2>/dev/null; $at_end"; done
ping() { ip netns exec "$C" "$bin/test-frames" ping "$2" "$pings" 2>/dev/null | awk '/^p50/ { print $2, $4 }' >>"$W/$1"; }
loaded() {
	in_c curl -s -m 60 --limit-rate 20M -o /dev/null http://198.51.100.10/big.bin & load=$!
	sleep 0.2; ping "$1" "$2"; kill $load 2>/dev/null; wait $load 2>/dev/null
}
fetches() {
	for i in $(seq 200); do printf 'url = http://198.51.100.10/p%d.jpg\noutput = /dev/null\n' $((i % 8)); done >"$W/urls"
	in_c curl -sS -m 60 -K "$W/urls" -w '%{time_total}\n' | awk '{ print $1 * 1e6 }' >>"$W/$1"
}
percentile() { sort -n "$W/$1" | awk -v p="$2" '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR - 1) * p / 100) + 1] }'; }
median() { cut -d' ' -f"$2" "$W/$1" | sort -n | awk '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR + 1) / 2)] }'; }
forwarded() { in_c curl -s -m 2 -o /dev/null http://198.51.100.10/; }
measure() { for _ in $(seq "$rounds"); do fetches "$1_fetch"; ping plain c9; ping "$1" c0; loaded plain_loaded c9; loaded "$1_loaded" c0; done; }

bridge_up; sleep 1; measure bridge; bridge_down
printf 'sha256,%064d,E-none\n' 7 >"$W/list"
inline_config "$W/list"; house_up; wait_for 20 "the link" forwarded; measure first; stop "$house"
rm -rf "$W/run" "$W/state"
hold_config "$W/list" 200; house_up; wait_for 20 "the link" forwarded; measure hold
say "# load $(cut -d' ' -f1-3 /proc/loadavg); medians of $rounds rounds of $pings frames, $((rounds * 200)) pictures; first = forward-first, hold = inspect-first"
for load in "" _loaded; do
	for of in bridge first hold; do
		for k in 1:p50 2:p99; do
			say "inline_hold_added_$of${load}_${k#*:} $(echo "$(median $of$load ${k%:*}) $(median plain$load ${k%:*})" | awk '{ printf "%.1f", ($1 - $2) / 2 }') us"
		done
	done
done
for of in bridge first hold; do for p in 50 99; do say "inline_hold_picture_${of}_p$p $(percentile ${of}_fetch $p) us"; done; done
for p in 50 99; do say "inline_hold_picture_added_p$p $(echo "$(percentile hold_fetch $p) $(percentile first_fetch $p)" | awk '{ printf "%.1f", $1 - $2 }') us"; done
say "inline_hold_begun $(metric vigil_hold_begun_total) of $((rounds * 200)) pictures; let go late: $(metric 'vigil_hold_ended_total{outcome="late"}')"
stop "$house"
