#!/bin/sh
# Values of a plug-in in a list, live: the house watches nginx and curl; pictures that are only like the listed one wait for a
# person, one is approved and filed, others leave nothing behind. Entries that nothing makes are warned of with their line; a
# plug-in that is not what the configuration says keeps its hasher from starting and is named.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
mkdir "$W/p"; cp "$O/plugins/average_hash.so" "$W/p/"; chmod 755 "$W" "$W/p"; chmod 644 "$W/p/average_hash.so"; chown root "$W/p" "$W/p/average_hash.so"
picture listed 401; picture same 401 500x375; picture other 402; picture third 403
printf 'hashing:\n  plugins: ["average_hash@1:%s/p/average_hash.so"]\n' "$W" >"$W/conf"
value() { "$bin/vigilctl" hash --config "$W/conf" "$W/www/$1.jpg" | awk '$1 == "average_hash" { sub(",", "", $2); print $2 }'; }
v=$(value listed); [ ${#v} = 16 ] || fail "no value: $v"
near=$(printf '%x%s' $((0x${v%"${v#?}"} ^ 1)) "${v#?}") # one bit off: the listed picture was a little different
{ echo "# of the partner"; echo "plugin,average_hash@1,5,$near,P-401,A1,drawn"; echo "plugin,average_hash@2,5,$v,P-new"; echo "plugin,average_hash@2,5,$v,P-newer"; } >"$W/list"
house_config "$W/list"
sed -i "s|^hashing:|&\n  plugins: [\"average_hash@1:$W/p/average_hash.so\"]|" "$W/vigil.yaml"
house_up
warning="$W/list:3: 2 values of average_hash@2 are not searched"
grep -q "$warning" "$W/vigild.log" || fail "no warning of what nothing makes"
"$bin/vigild" -T -c "$W/vigil.yaml" 2>&1 | grep -q "$warning" || fail "vigild -T does not warn"
ctl -j lists show >"$W/lists.json"
grep -q '"plugin_values": *1' "$W/lists.json" && grep -q '"plugin_values_not_searched": *2' "$W/lists.json" && grep -q "$warning" "$W/lists.json" || fail "lists show: $(cat "$W/lists.json")"

get same || fail "curl"; get other || fail "curl"; put third || fail "curl"
# The same pictures again: what was seen before is a match again, and nothing else.
get same || fail "curl"; get other || fail "curl"
asked() { [ "$(metric vigil_plugin_values_total)" -ge 3 ]; }
wait_for 40 "values of three pictures" asked
reviewed() { [ "$(ctl -j cases list | grep -o '"state": *"review"' | wc -l)" = 1 ]; }
wait_for 40 "a case for review" reviewed
sleep 1; reviewed || fail "other cases: $(ctl cases list)"
[ "$(n_filed)" = 0 ] || fail "filed by itself"
c=$(ctl cases list | awk '$2 == "review" { print $1; exit }')
ctl -j cases show "$c" >"$W/case.json"
for e in '"algo": *"average_hash"' '"version": *1' '"distance": *[1-5][,}]' '"entry": *"P-401"' '"why": *"perceptual"'; do
	grep -q "$e" "$W/case.json" || fail "the case does not say $e: $(cat "$W/case.json")"
done
ctl cases show "$c" | grep -q average_hash || fail "cases show: $(ctl cases show "$c")"
ctl cases approve "$c" || fail "approve"
filed() { [ "$(n_filed)" = 1 ]; }
wait_for 40 "the filed report" filed
grep -rqs 'average_hash (perceptual)' "$W/endpoint" || fail "the report does not name the algorithm"
[ "$(ls "$W/state/evidence" | wc -l)" = 1 ] || fail "evidence holds something else than the match"
[ "$(metric vigil_match_refused_total)" = 0 ] || fail "an honest claim was refused"
say "$c: $(grep -o '"distance": *[0-9]*' "$W/case.json" | head -n 1), approved and filed; values $(metric vigil_plugin_values_total)"
stop "$house"

# Another version than the configuration says: no hasher starts, and status, log and a scan name it.
sed -i 's/average_hash@1:/average_hash@2:/' "$W/vigil.yaml" "$W/conf"
start vigild2.log ip netns exec "$H" "$bin/vigild" -c "$W/vigil.yaml" --supervise; house=$pid
named_in_status() { ctl status | grep -q "vigil-hashing 0.*plug-in average_hash@2:.* does not load"; }
wait_for 30 "the status to name the plug-in" named_in_status
ctl status | grep vigil-hashing
grep -q "is average_hash@1, not average_hash@2 as the configuration says" "$W/vigild2.log" && grep -q "hasher 0 does not start: plug-in average_hash@2:" "$W/vigild2.log" || fail "the log does not say why"
[ "$(metric vigil_hashers_plugin_refused)" = 1 ] || fail "no metric of the refused plug-in"
timeout 60 "$bin/vigilctl" scan --config "$W/conf" --list "$W/list" "$W/www/same.jpg" >"$W/scan.log" 2>&1 && fail "a scan without its plug-in succeeded"
grep -q "plug-in of hashing.plugins does not load" "$W/scan.log" || fail "the scan does not say why: $(cat "$W/scan.log")"
say "a plug-in of another version is refused and named"
stop "$house"

# The same where vigild is not the one that starts the hasher (as units do): it has the hasher's own word for it.
start vigild3.log ip netns exec "$H" "$bin/vigild" -c "$W/vigil.yaml"; house=$pid
wait_for 30 "the snapshots" test -s "$W/run/hashing.snapshot"
start dataplane.log ip netns exec "$H" "$bin/vigil-dataplane" --run-dir "$W/run"
hasher_up() { start "hashing$1.log" sh -c "umask 077; while :; do ip netns exec $H $bin/vigil-hashing --run-dir $W/run --hasher 0; sleep 0.3; done"; hasher=$pid; }
hasher_up 3
of_hasher() { ctl status | grep -q "hasher  *0 does not start: plug-in average_hash@2:.* does not load"; }
wait_for 60 "the status to name the plug-in of a foreign hasher" of_hasher
[ "$(metric vigil_hashers_plugin_refused)" = 1 ] || fail "no metric of a foreign hasher's plug-in"
[ "$(stat -c %a "$W/run/hasher-0.refused")" = 640 ] || fail "the hasher's word cannot be read by its group"
stop "$hasher"; stop "$house"
sed -i 's/average_hash@2:/average_hash@1:/' "$W/vigil.yaml"
start vigild4.log ip netns exec "$H" "$bin/vigild" -c "$W/vigil.yaml"
wait_for 30 "vigild again" ctl status
hasher_up 4
wait_for 60 "the mended hasher" house_ready
[ ! -e "$W/run/hasher-0.refused" ] || fail "its word outlived its trouble"
of_hasher && fail "status still names it"
[ "$(metric vigil_hashers_plugin_refused)" = 0 ] || fail "the metric still counts it"
say "a hasher that another supervisor starts is named, too, until it is mended"
