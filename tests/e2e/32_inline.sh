#!/bin/sh
# Inline: the appliance sits between client and server (two veth pairs, net_af_packet). Frames of every kind pass unchanged
# and in order; downloads are bit-identical; a listed picture is reported; killing or stopping any of the other programs
# under load loses no frame; the forwarder's own death is measured.
. tests/lib/story.sh
. tests/lib/net.sh
inline_up; endpoint_up
for i in 1 2 3; do picture "p$i" "$((700 + i))"; done
: >"$W/list"; listed p2
head -c 60000000 /dev/urandom >"$W/www/big.bin"; sum=$(sha256sum <"$W/www/big.bin")
inline_config "$W/list"
house_up
forwarded() { in_c curl -s -m 2 -o /dev/null http://198.51.100.10/p1.jpg; }
wait_for 20 "the link" forwarded
pid_of() { named "vigil-$1" "$house" | head -n 1; }
forwarder=$(pid_of forward); [ -n "$forwarder" ] || fail "no vigil-forward runs"
say "forward: seccomp $(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$forwarder/status"), $(ctl status | grep forward)"
[ "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$forwarder/status")" = 2 ] || fail "the forwarder has no sandbox"

# Frames of every kind, both ways.
frames() { # FROM_NS FROM TO_NS TO COUNT SEED MAX
	export FRAMES_TAKEN=$W/taken.$6
	ip netns exec "$3" "$bin/test-frames" take "$4" "$5" "$6" "$7" >"$W/take.out" & taker=$!
	wait_for 5 "the taker" grep -q ready "$W/take.out"
	ip netns exec "$1" "$bin/test-frames" send "$2" "$5" "$6" "$7" >"$W/send.out" || fail "frames were not sent"
	wait $taker || { cat "$W/take.out"; fail "frames $2 to $4: not as they were sent"; }
	say "frames $2 to $4: $(tail -n 1 "$W/take.out")"
}
frames "$C" c0 "$S" s0 3000 11 1514
frames "$S" s0 "$C" c0 3000 12 1514

n=$(metric vigil_forward_rx_packets_total); [ "$n" -ge 6000 ] || fail "vigild sees $n forwarded frames"
[ "$(metric vigil_forward_tx_dropped_total)" = 0 ] || fail "frames were dropped"
ctl status | grep '^inline.*pair 0 up.* 0 dropped.*inspector up' || fail "status: $(ctl status | grep -A1 '^inline')"
ctl status | grep 'm0 .*link up, inline pair 0' || fail "status: $(ctl status | grep -A1 '^ports')"

# Pictures: the listed one passes, and is reported.
for i in 1 2 3; do
	in_c curl -sS -m 20 -o "$W/got.jpg" "http://198.51.100.10/p$i.jpg"; cmp "$W/got.jpg" "$W/www/p$i.jpg" || fail "p$i came changed"
done
filed() { [ "$(n_filed)" = 1 ]; }
wait_for 40 "the filed report" filed

# A download while this or that program is killed or stopped.
retransmitted() { in_s nstat -asz TcpRetransSegs 2>/dev/null | awk '/Retrans/ { print $2 }'; }
dropped() { for i in m0 m1; do in_h cat /sys/class/net/$i/statistics/rx_dropped /sys/class/net/$i/statistics/tx_dropped; done | awk '{ n += $1 } END { print n + 0 }'; }
download() { # TEXT COMMAND...: at a moment of the download
	text=$1; shift; before=$(retransmitted); lost=$(dropped)
	in_c curl -sS -m 60 --limit-rate 40M -o "$W/got.bin" -w '%{speed_download}' http://198.51.100.10/big.bin >"$W/speed" & curl=$!
	sleep 0.5; "$@"
	wait $curl || fail "the download while $text"
	[ "$(sha256sum <"$W/got.bin")" = "$sum" ] || fail "the download while $text came changed"
	kill -0 "$forwarder" 2>/dev/null || fail "the forwarder went when $text"
	say "$(printf '%-28s' "$text") bit-identical, $(($(cut -d. -f1 "$W/speed") / 1000000)) MB/s, retransmitted $(($(retransmitted) - before)), interface drops $(($(dropped) - lost))"
}
kill_one() { for p in $(named "vigil-$1" "$house"); do kill -KILL "$p"; done; }
download "nothing happens" true
download "the dataplane is killed" kill_one dataplane
wait_for 30 "the next dataplane" house_ready
download "a hasher is killed" kill_one hashing
wait_for 30 "the next hasher" house_ready
reload() { ctl lists reload >/dev/null; }
stop_cont() { p=$(pid_of dataplane); kill -STOP "$p"; sleep 1.5; kill -CONT "$p"; }
download "the dataplane is stopped" stop_cont
download "lists are read again" reload

# The forwarder's own death: how long does the link stay down?
ip netns exec "$S" "$bin/test-frames" echo s0 >/dev/null & echo=$!
in_c "$bin/test-frames" ping c0 20 >/dev/null || fail "no answer before the forwarder is killed"
in_c timeout 20 "$bin/test-frames" outage c0 >"$W/outage" & gauge=$!
sleep 0.3; kill -KILL "$forwarder"
wait $gauge || { cat "$W/outage"; fail "the link did not come back"; }
kill $echo 2>/dev/null
say "forwarder killed: $(cat "$W/outage")"
wait_for 20 "the link after the forwarder's death" forwarded
wait_for 30 "the dataplane at its new rings" house_ready
forwarder=$(pid_of forward)

# vigild dies: the forwarder and the others keep going; the next vigild finds the link as it is.
orphans=$(children_of "$house" | grep -v "^$forwarder$")
kill_vigild() { kill -KILL "$(named vigild "$house" | head -n 1)"; }
reporter=$(pid_of reporter); [ -n "$reporter" ] || fail "no vigil-reporter runs"
download "vigild is killed" kill_vigild
ended() { ! kill -0 "$reporter" 2>/dev/null; }
wait_for 10 "the reporter to end with the vigild that started it" ended
kill -0 "$forwarder" 2>/dev/null || fail "the forwarder went with vigild"
house_up
download "the next vigild is here" true
kill -0 "$forwarder" 2>/dev/null || fail "the forwarder went as the next vigild came"
in_c curl -sS -m 20 -o "$W/got.jpg" "http://198.51.100.10/p2.jpg"; cmp "$W/got.jpg" "$W/www/p2.jpg" || fail "p2 came changed"
kill -TERM "$forwarder"
stop "$house"
for p in $orphans; do kill -KILL "$p" 2>/dev/null; done
say "done"
