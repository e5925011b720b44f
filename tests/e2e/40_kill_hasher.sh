#!/bin/sh
# kill -9 of a hasher in the middle of its objects, again and again: every object is offered again, and the run ends with
# the same objects as an undisturbed one. Only the one picture that was being decoded at a kill may lack its PDQ: it is not
# decoded again.
. tests/lib/story.sh
for i in 1 2 3 4 5 6 7 8; do "$bin/test-draw" --seed "$i" --size 1600x1200 --quality 90 -o "$W/$i.jpg"; done
"$bin/test-bigcap" "$W/big.pcap" --bytes 300000000 "$W"/?.jpg || fail "test-bigcap"
echo "sha256,$(sha256sum <"$W/1.jpg" | cut -d' ' -f1),never,test" >"$W/list"
replay() { "$bin/vigilctl" replay --json --cores 1 --hashers 2 --list "$W/list" --objects "$W/$1.jsonl" "$W/big.pcap"; }
replay calm >"$W/calm.json" || { cat "$W/calm.json"; fail "the undisturbed replay"; }
start replay.log "$bin/vigilctl" replay --json --cores 1 --hashers 2 --list "$W/list" --objects "$W/killed.jsonl" "$W/big.pcap"; replay=$pid
kills=0
while kill -0 "$replay" 2>/dev/null && [ $kills -lt 6 ]; do
	sleep 0.7
	victim=$(named vigil-hashing "$replay" | head -n 1)
	[ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null && kills=$((kills + 1))
done
wait "$replay"; code=$?
[ $code = 0 ] || { cat "$W/replay.log"; fail "the disturbed replay ended with $code"; }
[ $kills -ge 1 ] || fail "the replay was over before a hasher could be killed"
tail -n 1 "$W/replay.log" >"$W/killed.json"
grep -q '"hasher_restarts": *[1-9]' "$W/killed.json" || { cat "$W/killed.json"; fail "no hasher was started again"; }
plain() { sed -E 's/"pdq":("[0-9a-f]*"|null),"pdq_quality":([0-9]+|null),//' "$1" | sort; }
plain "$W/calm.jsonl" >"$W/a"; plain "$W/killed.jsonl" >"$W/b"
cmp -s "$W/a" "$W/b" || { diff "$W/a" "$W/b" | cut -c1-300 | head -n 6; fail "other objects than without kills ($(wc -l <"$W/a") and $(wc -l <"$W/b"))"; }
n=$(grep -c '"pdq":null' "$W/killed.jsonl")
[ "$n" -le $kills ] || fail "$n pictures without PDQ after $kills kills"
say "$kills kills, $(wc -l <"$W/a") objects, none lost or doubled, $n not decoded again"
