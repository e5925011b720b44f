#!/bin/sh
# Live: real curl and nginx in two namespaces, the house watches the server's interface (net_af_packet) and files while
# traffic flows: a listed picture served, one uploaded; other pictures leave nothing behind.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
for i in 1 2 3 4 5 6; do picture "p$i" "$((300 + i))"; done
: >"$W/list"; listed p2; listed p5
RING=4096; house_config "$W/list"; house_up
for i in 1 2 3; do get "p$i" || fail "curl"; done
for i in 4 5 6; do put "p$i" || fail "curl"; done
filed() { [ "$(n_filed)" = "$1" ]; }
wait_for 40 "two filed reports" filed 2
for i in 1 3 4 6; do get "p$i"; done
sleep 2
[ "$(n_filed)" = 2 ] || fail "unlisted pictures were reported"
[ "$(ls "$W/state/evidence" | wc -l)" = 2 ] || fail "evidence holds something else than the two matches: $(ls "$W/state/evidence")"
ctl cases list
n=$(metric vigil_objects_total); [ "$n" -ge 10 ] || fail "only $n objects were handed over"
say "objects $n, filed 2"

# The port by its name: frames, how they come to the worker, and a link that goes down and comes back.
n=$(metric 'vigil_port_rx_packets_total{port="s0"}'); [ "$n" -ge 100 ] || fail "port s0 counts $n frames"
link() { [ "$(metric 'vigil_port_link_up{port="s0"}')" = "$1" ]; }
wait_for 5 "the link of s0 as up" link 1
in_c ip link set c0 down; wait_for 10 "the link of s0 as down" link 0
ctl status | grep '^ports.*s0 .*link DOWN, one worker' || fail "status: $(ctl status | grep -A1 '^ports')"
in_c ip link set c0 up; wait_for 10 "the link of s0 as up again" link 1
grep -q 'control/ports: port s0: the link is down' "$W/vigild.log" && grep -q 'port s0: the link is up again' "$W/vigild.log" || fail "no alarm in the log"
[ "$(metric vigil_port_link_downs_total)" = 1 ] || fail "link downs"
say "$(ctl status | grep '^ports')"

# What the kernel drops before the driver is counted too: twice as many frames as the ring holds, while nobody reads.
p=$(named vigil-dataplane "$house" | head -n 1); kill -STOP "$p"
in_c "$bin/test-frames" send c0 9000 3 >/dev/null; kill -CONT "$p"
losing() { [ "$(metric 'vigil_port_losing{port="s0"}')" = 1 ]; }
wait_for 10 "the alarm on lost frames" losing
n=$(metric 'vigil_port_rx_missed_total{port="s0"}'); [ "$n" -ge 4000 ] || fail "only $n frames are counted as missed"
grep -q 'control/ports: port s0: [0-9]* frames lost' "$W/vigild.log" || fail "no line about lost frames"
say "while nobody read: $n frames missed, $(ctl status | grep -o 'LOSING FRAMES')"
