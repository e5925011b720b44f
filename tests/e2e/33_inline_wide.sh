#!/bin/sh
# Inline, widened: two pairs at once with an MTU of 9,000: frames of every EtherType, LACP and STP among them, up to 9,014
# bytes, all four ways at the same time, unchanged and in order, by a forwarder built with AddressSanitizer; wget and
# parallel connections come bit-identical; then the release build: what browsers' parallel connections with keep-alive get
# through it next to a plain bridge, and what a link sees of stop, start and a planned change.
. tests/lib/story.sh
. tests/lib/net.sh
need wget
inline_up 9000; endpoint_up
# The second link: c1 - m3 m2 - s1.
ip link add name s1 netns "$S" type veth peer name m2 netns "$H"; ip link add name c1 netns "$C" type veth peer name m3 netns "$H"
for i in m2 m3; do in_h sysctl -qw "net.ipv6.conf.$i.disable_ipv6=1"; done
for at in "$S s1" "$C c1" "$H m2" "$H m3"; do
	set -- $at; ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null 2>&1
	ip netns exec "$1" ip link set "$2" mtu 9000 up
done
# Interfaces say of themselves what they like to; these are to be silent.
for at in "$S s1" "$C c1"; do set -- $at; ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"; done
for i in 1 2 3 4 5 6 7 8; do picture "p$i" "$((760 + i))"; done
: >"$W/list"; listed p3
head -c 20000000 /dev/urandom >"$W/www/big.bin"
args=blocksz=65536,framesz=16384,framecnt=512,qpairs=1
inline_config "$W/list" $args 9000
sed -i -e "/net_af_packet1,iface=m1/a\\    - a: net_af_packet2,iface=m2,$args\\n      b: net_af_packet3,iface=m3,$args" \
	-e '/^forward:/a\  idle_us: 20\n  eal_memory_mb: 256' "$W/vigil.yaml"
forwarded() { in_c curl -s -m 2 -o /dev/null http://198.51.100.10/p1.jpg; }
pid_of() { named "vigil-$1" "$house" | head -n 1; }

# A build of the forwarder that looks at every access.
: "${MAKE:=make}"
$MAKE MODE=asan O=build/asan build/asan/bin/vigil-forward >"$W/build.log" 2>&1 || { tail -n 30 "$W/build.log"; fail "the asan build"; }
rm -f "$W/build.log"
sed -i "/^test_endpoint:/i\\  programs:\n    forward: $PWD/build/asan/bin/vigil-forward" "$W/vigil.yaml"
house_up
wait_for 20 "the link" forwarded

# take FROM_NS FROM TO_NS TO SEED: in the background; gives.$TO says how it went.
frames() {
	FRAMES_TAKEN=$W/taken.$5 ip netns exec "$3" "$bin/test-frames" take "$4" 2000 "$5" 9014 >"$W/take.$4" & takers="$takers $!"
	wait_for 5 "the taker at $4" grep -q ready "$W/take.$4"
}
gives() { FRAMES_TAKEN=$W/taken.$3 ip netns exec "$1" "$bin/test-frames" send "$2" 2000 "$3" 9014 >/dev/null & givers="$givers $!"; }
takers=; givers=
frames "$C" c0 "$S" s0 21; frames "$S" s0 "$C" c0 22; frames "$C" c1 "$S" s1 23; frames "$S" s1 "$C" c1 24
gives "$C" c0 21; gives "$S" s0 22; gives "$C" c1 23; gives "$S" s1 24
for p in $givers; do wait "$p" || fail "frames were not sent"; done
bad=; for p in $takers; do wait "$p" || bad=yes; done
for i in s0 c0 s1 c1; do say "to $i: $(tail -n 1 "$W/take.$i")"; done
[ -z "$bad" ] || { cat "$W"/take.*; fail "frames did not come as they were sent"; }
[ "$(metric vigil_forward_tx_dropped_total)" = 0 ] || fail "frames were dropped"
[ "$(metric 'vigil_forward_rx_packets_total{pair="1"}')" -ge 4000 ] || fail "pair 1 counts $(metric 'vigil_forward_rx_packets_total{pair="1"}') frames"

# What the driver does with outer 802.1ad tags: said, not decided.
export FRAMES_STAG=1
takers=; givers=; frames "$C" c0 "$S" s0 25; gives "$C" c0 25; wait $givers; wait $takers && tag=unchanged || tag="not as they were sent"
unset FRAMES_STAG
say "outer 802.1ad tags over net_af_packet: $tag ($(sed -n 's/^frame [0-9]*: //p' "$W/take.s0" | head -n 1))"

# wget, one after the other over one connection; curl, eight at once; a large one beside them.
mkdir "$W/wget" "$W/curl"
(cd "$W/wget" && in_c wget -q -T 20 $(for i in 1 2 3 4 5 6 7 8; do echo "http://198.51.100.10/p$i.jpg"; done)) || fail "wget"
in_c curl -sS -m 60 -o "$W/curl/big.bin" http://198.51.100.10/big.bin & big=$!
in_c curl -s -m 60 -Z --parallel-max 8 -o "$W/curl/p#1.jpg" "http://198.51.100.10/p[1-8].jpg" || fail "curl, parallel"
wait $big || fail "curl, large"
for i in 1 2 3 4 5 6 7 8; do cmp "$W/www/p$i.jpg" "$W/wget/p$i.jpg" && cmp "$W/www/p$i.jpg" "$W/curl/p$i.jpg" || fail "p$i came changed"; done
cmp "$W/www/big.bin" "$W/curl/big.bin" || fail "the large file came changed"
filed() { [ "$(n_filed)" -ge 1 ]; }
wait_for 40 "the filed report" filed
say "17 downloads bit-identical, $(ctl status | grep '^inline' | cut -d, -f1)"
stop "$house"

# The release build. Three clients as browsers are: six connections each (curl), kept alive over 20 pictures a time, wget beside
# them over one connection; every file must come as it is, bridged and through the appliance; bytes a second of both.
pages() { # FOLDER
	mkdir "$W/$1"; clients=; began=$(date +%s%N)
	for k in 1 2 3; do
		mkdir "$W/$1/$k"
		in_c curl -s -m 90 -Z --parallel-max 6 -o "$W/$1/$k/#1.jpg" -o "$W/$1/$k/big#1.bin" "http://198.51.100.10/q[1-20].jpg" "http://198.51.100.10/big.bin?[1-2]" 2>/dev/null & clients="$clients $!"
	done
	mkdir "$W/$1/4"; (cd "$W/$1/4" && in_c wget -q -T 60 $(for i in $(seq 20); do echo "http://198.51.100.10/q$i.jpg"; done)) & clients="$clients $!"
	for p in $clients; do wait "$p" || fail "a client of $1"; done
	ms=$((($(date +%s%N) - began) / 1000000)); bytes=0
	for i in $(seq 20); do for k in 1 2 3 4; do
		f=$W/$1/$k/$i.jpg; [ $k = 4 ] && f=$W/$1/4/q$i.jpg
		cmp "$W/www/q$i.jpg" "$f" || fail "q$i came changed ($1)"
	done; done
	for k in 1 2 3; do for i in 1 2; do cmp "$W/www/big.bin" "$W/$1/$k/big$i.bin" || fail "the large file came changed ($1)"; done; done
	bytes=$(cat "$W/$1"/*/* | wc -c); rate=$((bytes / ms))
	say "$1: $(ls "$W/$1"/*/* | wc -l) files bit-identical, $((bytes / 1000000)) MB in $ms ms, $((rate / 1000)) MB/s"; rm -rf "${W:?}/$1"
}
for i in $(seq 20); do picture "q$i" "$((780 + i))"; done
bridge_up; wait_for 20 "the bridge" forwarded; pages bridged; plain=$rate; bridge_down
sed -i '/^    forward: /d' "$W/vigil.yaml"
house_up; wait_for 20 "the link" forwarded; pages inline
say "throughput inline to bridged: $(echo "$rate $plain" | awk '{ printf "%.2f", $1 / $2 }')"
stop "$house"

# What the link sees. outage COMMAND...: how long nothing came back while it was done.
house_up; wait_for 20 "the link" forwarded
ip netns exec "$S" "$bin/test-frames" echo s0 >/dev/null & echo=$!; at_end="kill $echo 2>/dev/null; $at_end"
outage() {
	text=$1; shift
	ip netns exec "$C" "$bin/test-frames" ping c0 20 >/dev/null || fail "no answer before $text"
	ip netns exec "$C" timeout 20 "$bin/test-frames" outage c0 >"$W/outage" & gauge=$!
	sleep 0.3; "$@"
	wait $gauge || { cat "$W/outage"; fail "the link did not come back after $text"; }
	say "$text: $(cat "$W/outage")"; wait_for 20 "the link after $text" forwarded
}
ends() { kill -"$1" "$(pid_of forward)"; }
outage "forwarder killed, started again by its supervisor" ends KILL
wait_for 30 "the dataplane at its new rings" house_ready
outage "forwarder stopped in order, started again (another configuration)" ends TERM
wait_for 30 "the dataplane at its new rings" house_ready
old=$(pid_of forward)
start second.log ip netns exec "$H" "$bin/vigil-forward" --run-dir "$W/run"; second=$pid
wait_for 10 "the second forwarder to wait" grep -q 'takes over when it ends' "$W/second.log"
change() { kill -TERM "$old"; }
outage "forwarder stopped in order, another one waits for its lock" change
stop "$second"
kill $echo; stop "$house"
say done
