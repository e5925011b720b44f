#!/bin/sh
# A decoder that never comes back (busy, or waiting) or wants all memory is ended from outside it and its object is tried
# again without decoding: it keeps its digests and still matches by them; every other object is as without.
. tests/lib/story.sh
mkdir "$W/bin"; cp "$bin"/vigil* "$W/bin/"; cp "$bin/test-hashing_crash" "$W/bin/vigil-hashing"
row() { awk -F, -v f="$1" -v c="$2" '$1 == "demo.pcap" && $7 == f { print $c; exit }' tests/data/MANIFEST.csv; }
echo "sha256,$(row img/market.jpg 11),E-1" >"$W/list"
printf 'hashing:\n  max_object_ms: 200\n' >"$W/conf"
for evil in SPIN HANG EAT; do
	export VIGIL_${evil}_BYTES="$(row img/market.jpg 8)"; began=$(date +%s)
	timeout 120 "$W/bin/vigilctl" replay --json --config "$W/conf" --list "$W/list" --objects "$W/$evil" tests/data/demo.pcap >"$W/$evil.json" 2>"$W/$evil.log" ||
		{ cat "$W/$evil.log"; fail "the replay ($evil)"; }
	unset VIGIL_${evil}_BYTES
	hit=$(row img/market.jpg 9)
	grep -q '"hasher_restarts":[1-9]' "$W/$evil.json" || fail "$evil: no hasher was ended"
	[ "$(grep "$hit" "$W/$evil" | grep -c '"pdq":null')" = 2 ] || fail "$evil: the picture was decoded"
	[ "$(grep "$hit" "$W/$evil" | grep -c '"entry":"E-1"')" = 2 ] || fail "$evil: the picture did not match by its digest"
	[ "$(grep -E '"type":"image/(jpeg|png)"' "$W/$evil" | grep '"pdq":null' | grep -vc "$hit")" -le 3 ] || fail "$evil: others lost their PDQ"
	say "$evil: $(grep -o '"hasher_restarts":[0-9]*' "$W/$evil.json"), $(wc -l <"$W/$evil") objects, $(($(date +%s) - began)) s"
done
# A film's decoder that never comes back.
n=$(wc -c <tests/data/films/vp9.webm)
VIGIL_SPIN_BYTES=$n timeout 120 "$W/bin/vigilctl" scan --json --config "$W/conf" --objects "$W/films" tests/data/films/vp9.webm tests/data/films/vp8.webm >"$W/films.json" 2>"$W/films.log" || { cat "$W/films.log"; fail "the scan of films"; }
grep vp9.webm "$W/films" | grep '"sha256":"' | grep -qv '"frames":' || fail "the spinning film: $(grep vp9 "$W/films")"
grep vp8.webm "$W/films" | grep -q '"frames":2' || fail "the other film: $(grep vp8 "$W/films")"
say "a film that spins: its digests, and the other one's frames"
