#!/bin/sh
# A hijacked hasher on an inspect-first link says of everything that it is to be stopped: it stops its own objects, as many as
# a minute allows, and nothing else comes of it: no case, no report, nothing known; after that everything passes.
. tests/lib/story.sh
. tests/lib/net.sh
inline_up; endpoint_up
for i in 1 2 3 4 5 6 7 8; do picture "p$i" "$((900 + i))" 100x80; done
picture listed 950 100x80; : >"$W/list"; listed listed
hold_config "$W/list" 10000
printf '  stops_per_minute: 3\n' >>"$W/vigil.yaml"
sed -i "s|^  metrics_port: 9464|&\n  programs:\n    hashing: $bin/test-hashing_liar|" "$W/vigil.yaml"
export VIGIL_LIE=stop-all
house_up_liar() { # a liar has no counters of a hasher: its lanes are what there is to wait for
	start vigild.log ip netns exec "$H" "$bin/vigild" -c "$W/vigil.yaml" --supervise; house=$pid
	wait_for 30 "vigild to answer" ctl status
	wait_for 30 "the liar at its lanes" grep -q "has its lanes" "$W/vigild.log"
}
house_up_liar
url=http://198.51.100.10
fetch() { in_c curl -sS -m 30 -o "$W/got" "$url/$1.jpg" 2>/dev/null && cmp -s "$W/got" "$W/www/$1.jpg"; }
linked() { in_c curl -sS -m 2 -o /dev/null $url/; } # no picture: nothing is held
wait_for 20 "the link" linked
n_stopped=0; n_passed=0; seen=
for i in 1 2 3 4 5 6 7 8; do
	if fetch p$i; then n_passed=$((n_passed + 1)); seen="$seen passed"; else n_stopped=$((n_stopped + 1)); seen="$seen stopped"; fi
done
say "eight clean pictures:$seen"
[ $n_stopped -ge 1 ] || fail "the liar stopped nothing: this test tests nothing"
[ $n_stopped -le 3 ] || fail "$n_stopped transfers were stopped, 3 are allowed in a minute"
[ "$(metric vigil_hold_known_stopped_total)" = 0 ] || fail "a liar's word made something known"
[ "$(ctl cases list | grep -c VG-)" = 0 ] || fail "a case came of it"
[ "$(endpoint_n finished)" = 0 ] || fail "a report came of it"
say "stops refused by the brake: $(metric 'vigil_hold_ended_total{outcome="brake"}'); cases 0, reports 0"
stop "$house"
[ "$(sqlite3 "$W/state/vigil.db" 'SELECT count(*) FROM known_objects')" = 0 ] || fail "a liar's word is in the table of known objects"
say "done"
