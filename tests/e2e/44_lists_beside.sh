#!/bin/sh
# Large lists are read beside vigild: it answers, takes matches and files while the builder stands still (it is stopped here,
# so that no clock decides), and whatever becomes of the builder, the lists in use stay.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
: >"$W/list"
for i in 1 2 3 4 5 6; do picture "p$i" "$((700 + i))" 320x240; listed "p$i"; done
random() { head -c "$((32 * $2))" /dev/urandom | od -An -v -tx1 -w32 | tr -d ' ' | awk -v a="$1" '{ print a "," $0 ",R-" a NR }'; }
random sha256 2000000 >"$W/big"; random pdq 70000 >>"$W/big"
house_config "$W/list"
sed -i "s|^reporting:|  - name: big\n    file: $W/big\n    action: report\n&|" "$W/vigil.yaml"
builder() { named vigil-builder "$house"; }
building() { ctl -j status | grep -q '"phase"'; }
one() { victim=$(builder); [ -n "$victim" ]; }
gone() { [ -z "$(builder)" ]; }
filed() { [ "$(n_filed)" -ge "$1" ]; }
# hold: the next builder, stopped as soon as it is there; let_go: goes on. asks N: so many answers of vigild meanwhile.
held() { one && kill -STOP "$victim" 2>/dev/null; }
hold() { tries=0; until held; do tries=$((tries + 1)); [ $tries -lt 3000 ] || fail "no builder could be stopped"; sleep 0.02; done; }
# hold_again: of a list that breaks, whose builder is soon gone: asked for until one is held.
hold_again() {
	rm -f "$W/held"; ( until [ -e "$W/held" ]; do ctl lists reload; done ) 2>/dev/null & asker=$!
	hold; : >"$W/held"
}
asks() { n=0; while [ $n -lt "$1" ]; do ctl status >"$W/status" || fail "no answer while the lists are read"; n=$((n + 1)); done; }

# The first start: it answers and has no lists; what passes waits at the hasher.
start vigild.log ip netns exec "$S" "$bin/vigild" -c "$W/vigil.yaml" --supervise; house=$pid
hold
wait_for 30 "vigild" ctl status
asks 10
grep -q "building" "$W/status" && grep -q "none in use yet" "$W/status" || fail "status does not say that lists are being read"
ctl lists reload 2>"$W/why" && fail "a second reading began beside the first"
grep -q "read already" "$W/why" || fail "the second reading is not refused clearly: $(cat "$W/why")"
wait_for 60 "the dataplane" test -S "$W/run/handover.sock"
[ "$(metric vigil_hasher_index_generation)" = 0 ] || fail "a hasher has an index before there is one"
kill -CONT "$victim"
wait_for 120 "a hasher at its lanes" house_ready
wait_for 120 "the end of the reading" gone
get p1; wait_for 30 "the first report" filed 1

# A reload while matches come: the builder stands still until they are filed.
random sha256 10 >>"$W/big"
wait_for 60 "the end of the builder before" gone
ctl lists reload >"$W/reload" & asker=$!
hold
building || fail "status does not name the reading"
get p2; put p3
wait_for 60 "reports while the lists are read" filed 3
asks 20; building || fail "the reading ended although the builder stands still"
ctl lists show | grep -q "^generation *1$" || fail "the generation changed before the lists were read"
ctl lists suppress E-p9 2>"$W/why" && fail "a suppression while lists are read was taken"
kill -CONT "$victim"
wait $asker || fail "the reload"
grep -q "^generation *2$" "$W/reload" || fail "the reload did not say its generation: $(cat "$W/reload")"
get p4; wait_for 60 "a report by the new lists" filed 4

# What is suppressed is so before the lists are read with it; a builder that is killed takes the row back.
wait_for 60 "the end of the builder before" gone
ctl lists suppress E-p5 2>"$W/why" & asker=$!
hold
get p5; wait_for 60 "a match of what is being suppressed" sh -c "[ \"\$(ip netns exec $S curl -s http://127.0.0.1:9464/metrics | sed -n 's/^vigil_match_refused_total{reason=\"suppressed\"} //p')\" -ge 1 ]"
kill -KILL "$victim"
wait $asker && fail "a suppression with a killed builder was said to be there"
grep -q "signal 9" "$W/why" || fail "the end of the builder is not named: $(cat "$W/why")"
grep -q E-p5 "$W/state/suppress.list" && fail "the row is still there"
ctl lists show | grep -q "^generation *2$" || fail "a killed builder changed the generation"

# A wrong line names itself; nothing is half taken.
n_lines=$(wc -l <"$W/big"); echo "sha256,nonsense" >>"$W/big"
ctl lists reload 2>"$W/why" && fail "a bad list was taken"
grep -q "$W/big:$((n_lines + 1)): " "$W/why" || fail "the line is not named: $(cat "$W/why")"
get p6; wait_for 60 "a report after a bad list" filed 5

# kill -9 of vigild takes its builder along; the next one has yesterday's lists although today's are still broken.
wait_for 60 "the end of the builder before" gone
hold_again
others=$(for name in vigil-dataplane vigil-hashing vigil-reporter; do named "$name" "$house"; done)
for v in $(named vigild "$house"); do [ "$v" = "$victim" ] || kill -KILL "$v"; done
wait $asker
dead() { ! kill -0 "$victim" 2>/dev/null || grep -q "^State:.Z" "/proc/$victim/status"; }
wait_for 20 "the end of the builder" dead
stop "$house"
kill -TERM $others 2>/dev/null; for v in $others; do wait_for 20 "the programs of a vigild that is gone" sh -c "! kill -0 $v 2>/dev/null || grep -q '^State:.Z' /proc/$v/status"; done
start vigild1.log ip netns exec "$S" "$bin/vigild" -c "$W/vigil.yaml" --supervise; house=$pid
wait_for 60 "vigild again" ctl status
wait_for 120 "yesterday's lists" sh -c "$bin/vigilctl --run-dir $W/run lists show | grep -q '^generation *2$'"
wait_for 120 "the broken line" grep -q "generation 2 stays in use" "$W/vigild1.log"

# TERM while lists are read ends both.
wait_for 60 "the end of the builder before" gone
hold_again
for v in $(named vigild "$house"); do [ "$v" = "$victim" ] || kill -TERM "$v"; done
wait $asker
wait_for 20 "the end of the builder" dead
wait_for 60 "the end of vigild" sh -c "! kill -0 $house 2>/dev/null || grep -q '^State:.Z' /proc/$house/status"
say "lists of 2,070,000 entries read beside matches: 5 reports, none lost; builder stopped, killed, orphaned, ended"
