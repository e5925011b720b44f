#!/bin/sh
# A soak: the house on a live interface with small tables, all of them full, flows coming and going: MINUTES (default 60).
# Real pictures are fetched all the while. At the end: memory of every program flat, none restarted, every object accounted
# for, every loss counted by its reason (printed). Not part of make test; make bench runs it where MINUTES is set.
. tests/lib/story.sh
. tests/lib/net.sh
minutes=${MINUTES:-60} rate=${CHURN_RATE:-20000}
net_up; endpoint_up
for i in 1 2 3 4; do picture "p$i" "$((880 + i))"; done
: >"$W/list"; listed p2
house_config "$W/list"
# Small tables: full within seconds, and evicting from then on.
sed -i -e 's/^  flows: .*/  flows: 16384/' -e 's/^  streams: .*/  streams: 2048/' -e 's/^  large_chunks: .*/  large_chunks: 256/' -e 's/^  small_chunks: .*/  small_chunks: 1024/' "$W/vigil.yaml"
house_up
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null; }
for name in vigild vigil-dataplane vigil-hashing vigil-reporter; do
	p=$(named $name "$house" | head -n 1); [ -n "$p" ] && watched="$watched $name:$p"
done
seconds=$((minutes * 60)); begin=$(date +%s); end=$((begin + seconds)); third=$((begin + seconds / 3))
ip netns exec "$C" "$bin/test-churn" c0 "$seconds" 1 "$rate" >"$W/churn" & churn=$!
gets=0; first=; max=
while now=$(date +%s); [ "$now" -lt "$end" ]; do
	for i in 1 2 3 4; do get "p$i" && gets=$((gets + 1)); done
	for w in $watched; do r=$(rss "${w#*:}"); [ -n "$r" ] || fail "${w%:*} is gone"; echo "$now ${w%:*} $r" >>"$W/rss"; done
	sleep 2
done
wait $churn; sleep 3
say "# load $(cut -d' ' -f1-3 /proc/loadavg)"
say "soak_minutes $minutes min"; say "soak_churn_frames $(cut -d' ' -f2 "$W/churn") frames"; say "soak_pictures_fetched $gets pictures"
bad=
for w in $watched; do
	name=${w%:*}
	# the highest after the first third against the highest in it
	set -- $(awk -v n="$name" -v t="$third" '$2 == n { if ($1 <= t) { if ($3 > a) a = $3 } else if ($3 > b) b = $3 } END { print a + 0, b + 0 }' "$W/rss")
	say "soak_rss_${name}_first_third $1 kB"; say "soak_rss_${name}_after $2 kB"
	[ "$2" -le $(($1 + $1 / 50 + 1024)) ] || { say "# $name grows"; bad=yes; }
done
restarts=$(ctl -j status | tr ',{}' '\n\n\n' | sed -n 's/.*"restarts": *\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
say "soak_restarts $restarts"; [ "$restarts" = 0 ] || bad=yes
sum() { metric "vigil_$1"; }
say "soak_packets $(sum rx_packets_total) packets"; say "soak_flows $(sum flows_total) flows"; say "soak_flows_evicted $(sum 'flows_ended_total{reason="evicted"}') flows"
say "soak_objects $(sum objects_total) objects"
left=$(($(sum objects_total) - $(sum objects_done_total) - $(sum objects_in_flight) - $(sum objects_lost_total)))
say "soak_objects_unaccounted $left objects"; [ $left = 0 ] || bad=yes
# What was not looked at, by reason.
inside curl -s http://127.0.0.1:9464/metrics | grep -E '^vigil_[a-z_]*(shed|missed|nombuf|skipped|lost|refused|no_state)[a-z_]*(\{| )' | grep -v ' 0$' | sed 's/^/# counted: /'
[ "$(n_filed)" -ge 1 ] || { say "# the listed picture was not filed"; bad=yes; }
stop "$house"
[ -z "$bad" ] || fail "the soak: see above"
