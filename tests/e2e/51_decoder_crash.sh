#!/bin/sh
# A decoder that crashes on certain pictures costs one retry of these, without decoding, and nothing else: they keep their
# digests and still match by them; every other object is as without crashes.
. tests/lib/story.sh
mkdir "$W/bin"; cp "$bin"/vigil* "$W/bin/"; cp "$bin/test-hashing_crash" "$W/bin/vigil-hashing"
row() { awk -F, -v f="$1" -v c="$2" '$1 == "demo.pcap" && $7 == f { print $c; exit }' tests/data/MANIFEST.csv; }
echo "sha256,$(row img/market.jpg 11),E-1" >"$W/list"
replay() { timeout 120 "$1/vigilctl" replay --json --list "$W/list" --objects "$W/$2.jsonl" tests/data/demo.pcap >"$W/$2.json" 2>"$W/$2.log"; }
replay "$bin" calm || fail "the replay without crashes"
VIGIL_CRASH_BYTES=$(row img/market.jpg 8),$(row up/lake.jpg 8) replay "$W/bin" crash || { cat "$W/crash.json"; fail "the replay with crashes"; }
grep -q '"hasher_restarts":[1-9]' "$W/crash.json" || fail "no hasher crashed"
plain() { sed -E 's/"pdq":("[0-9a-f]*"|null),"pdq_quality":([0-9]+|null),//' "$W/$1.jsonl" | sort; }
plain calm >"$W/a"; plain crash >"$W/b"
cmp -s "$W/a" "$W/b" || { diff "$W/a" "$W/b" | cut -c1-400; fail "other objects than without crashes"; }
hit=$(row img/market.jpg 9); lake=$(row up/lake.jpg 9)
[ "$(grep "$hit" "$W/crash.jsonl" | grep -c '"pdq":null')" = 2 ] || fail "the crashing picture was decoded"
[ "$(grep "$hit" "$W/crash.jsonl" | grep -c '"entry":"E-1"')" = 2 ] || fail "the crashing picture did not match by its digest"
# What is in the same body as a crashing part shares its retry; all other pictures keep their PDQ.
lost=$(grep -E '"type":"image/(jpeg|png)"' "$W/crash.jsonl" | grep '"pdq":null' | grep -vc "$hit")
calm_lost=$(grep -E '"type":"image/(jpeg|png)"' "$W/calm.jsonl" | grep -c '"pdq":null')
[ "$calm_lost" = 0 ] || fail "$calm_lost pictures without PDQ although nothing crashed"
grep "$lake" "$W/crash.jsonl" | grep -q '"pdq":null' || fail "the crashing part was decoded"
[ "$lost" -le 3 ] || fail "$lost other pictures lost their PDQ"
say "$(grep -o '"hasher_restarts":[0-9]*' "$W/crash.json"), $lost pictures of one form without PDQ besides, all digests there"
# The same with films: those of the marked size keep their digests, all others their frames.
n=$(wc -c <tests/data/films/h264.mp4)
VIGIL_CRASH_BYTES=$n timeout 120 "$W/bin/vigilctl" scan --json --objects "$W/films" tests/data/films >"$W/films.json" 2>"$W/films.log" || { cat "$W/films.log"; fail "the scan of films"; }
[ "$(grep "\"size\":$n," "$W/films" | grep '"sha256":"' | grep -vc '"frames":')" = "$(grep -c "\"size\":$n," "$W/films")" ] || fail "a crashing film was decoded, or has no digest"
n=$(grep '"type":"video/' "$W/films" | grep -v "\"size\":$n," | grep -vc '"frames":'); [ "$n" -le 2 ] || fail "$n other films were not decoded"
say "films: $(grep -c '"frames":' "$W/films") decoded, $n lost with an archive that held a crashing one"
