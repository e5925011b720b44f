#!/bin/sh
# Live: real curl and nginx in two namespaces, the house watches the server's interface (net_af_packet) and files while
# traffic flows: a listed picture served, one uploaded; other pictures leave nothing behind.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
for i in 1 2 3 4 5 6; do picture "p$i" "$((300 + i))"; done
: >"$W/list"; listed p2; listed p5
house_config "$W/list"; house_up
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
