#!/bin/sh
# Plug-ins: the example's values of pictures that look alike lie near each other; what a plug-in does wrong costs one retry
# of its picture, without decoding, or only its value; it can neither read, write nor call out; and one that others than root
# could change is not loaded.
. tests/lib/story.sh
need_root
mkdir "$W/p"; chmod 755 "$W/p"; cp "$O"/plugins/average_hash.so "$O"/plugins/faulty.so "$W/p/"; chmod 644 "$W"/p/*.so
"$bin/test-draw" --seed 7 --size 640x480 -o "$W/a.jpg" && "$bin/test-draw" --seed 7 --size 320x240 -o "$W/same.png" &&
	"$bin/test-draw" --seed 8 --size 300x200 -o "$W/b.png" || fail "drawing"
printf 'hashing:\n  plugins: [%s/p/average_hash.so]\n' "$W" >"$W/conf"
timeout 60 "$bin/vigilctl" hash --config "$W/conf" "$W/a.jpg" "$W/same.png" "$W/b.png" >"$W/table" 2>"$W/hash.log" || { cat "$W/hash.log"; fail "vigilctl hash"; }
[ "$(awk '$1 == "average_hash"' "$W/table" | wc -l)" = 3 ] || { cat "$W/table"; fail "not three values"; }
first=$(awk '$1 == "average_hash" { print $2 }' "$W/table" | sed -n 1p)
[ "$first" = "$(awk '$1 == "average_hash" { print $2 }' "$W/table" | sed -n 2p)" ] || fail "the smaller copy has another value"
[ "$first" != "$(awk '$1 == "average_hash" { print $2 }' "$W/table" | sed -n 3p)" ] || fail "another picture has the same value"
say "average_hash of a picture and its smaller copy: $first"
printf 'hashing:\n  max_object_ms: 200\n  plugins: [%s/p/faulty.so, %s/p/average_hash.so]\n' "$W" "$W" >"$W/conf"
scan() { VIGIL_FAULTY="$1 640" timeout 100 "$bin/vigilctl" scan --json --config "$W/conf" --objects "$W/$1" "$W/a.jpg" "$W/b.png" >"$W/$1.json" 2>"$W/$1.log" || { cat "$W/$1.log"; fail "the scan ($1)"; }
	grep b.png "$W/$1" | grep -q '"faulty":{"value":"2cc8","quality":50},"average_hash":{' || fail "$1: the other picture: $(grep b.png "$W/$1")"
	grep a.jpg "$W/$1" >"$W/line"; grep -q '"sha256":"[0-9a-f]' "$W/line" || fail "$1: no digest"; }
for evil in crash spin socket write; do # these cost their process
	scan $evil
	grep -q '"hasher_restarts":[1-9]' "$W/$evil.json" || fail "$evil: no hasher ended"
	grep -q '"pdq":null' "$W/line" && ! grep -q '"plugins"' "$W/line" || fail "$evil: the picture was decoded again"
done
[ ! -e /tmp/vigil-faulty ] || fail "it wrote a file"
for evil in quality none; do # these cost their value
	scan $evil
	grep -q '"hasher_restarts":0' "$W/$evil.json" || fail "$evil: a hasher ended"
	grep -q '"plugins":{"average_hash":' "$W/line" || fail "$evil: $(cat "$W/line")"
done
scan open; grep -q '"faulty":{"value":"80e0"' "$W/line" || fail "open(2) was not refused: $(cat "$W/line")"
scan long; grep -q '"faulty":{"value":"eeee","quality":50},"average_hash":{' "$W/line" || fail "a longer value: $(cat "$W/line")"
say "crash, spin, socket and write cost their process; quality, none, open and long not even that"
refused() { "$bin/vigild" -T -c "$W/conf" >"$W/refused" 2>&1 && fail "$1 was taken"; grep -q "conf:3: plugins: .*$1" "$W/refused" || { cat "$W/refused"; fail "no such reason: $1"; }; }
chmod 666 "$W/p/faulty.so"; refused "not root's alone"; chmod 644 "$W/p/faulty.so"
chown 1 "$W/p"; refused "folder that is not root"; chown 0 "$W/p"
mv "$W/p/faulty.so" "$W/p/f.so"; ln -s f.so "$W/p/faulty.so"; refused "symbolic link"; rm "$W/p/faulty.so"; refused "not there"
say "paths that others could change are refused, with their line"
