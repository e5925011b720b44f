#!/bin/sh
# kill -9 of vigild while matches come, the programs started one by one as units would be: matches wait at the hasher, and
# after vigild is back each is filed once.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
: >"$W/list"
for i in 1 2 3 4 5 6 7 8; do picture "p$i" "$((400 + i))" 320x240; listed "p$i"; done
house_config "$W/list"
vigild_up() { start "vigild$1.log" ip netns exec "$S" "$bin/vigild" -c "$W/vigil.yaml"; house=$pid; wait_for 30 "vigild" ctl status; }
vigild_up 0
wait_for 20 "the snapshots" test -s "$W/run/hashing.snapshot"
start dataplane.log ip netns exec "$S" "$bin/vigil-dataplane" --run-dir "$W/run"
start hashing.log ip netns exec "$S" "$bin/vigil-hashing" --run-dir "$W/run" --hasher 0
start reporter.log sh -c "while :; do ip netns exec $S $bin/vigil-reporter --run-dir $W/run --state-dir $W/state; sleep 0.3; done"
wait_for 30 "the hasher's index" house_ready
get p1
filed() { [ "$(n_filed)" -ge "$1" ]; }
wait_for 30 "the first report" filed 1
# Matches while it is dead.
for victim in $(named vigild "$house"); do kill -KILL "$victim"; done
get p2; put p3; sleep 1
vigild_up 1
wait_for 40 "the reports of matches that waited" filed 3
# Killed at random moments of handling a match.
n=1
for i in 4 5 6 7 8; do
	get "p$i" & sleep "0.0$((i * 7 % 10))"
	for victim in $(named vigild "$house"); do kill -KILL "$victim"; done
	wait $!; n=$((n + 1)); vigild_up $n
done
wait_for 60 "all eight reports" filed 8
sleep 3
[ "$(n_filed)" = 8 ] || fail "$(n_filed) reports instead of 8"
finished=$(endpoint_n finished)
[ "$finished" = 8 ] || fail "the endpoint has $finished finished reports instead of 8"
say "vigild killed 6 times: 8 matches, 8 reports, none doubled"
