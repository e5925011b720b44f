#!/bin/sh
# Every picture format and container through the real programs, under the hashers' final sandbox: each drawn picture is found by
# PDQ in every format it was encoded to, alone, in an animation's second frame, and inside every container; members name
# the container they lie in; what cannot be opened is said.
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
bin=build/bin; F=tests/data/formats
pdq() { $bin/test-hashing_pdq "$F/$1" | cut -d, -f1; }
{ echo "pdq,$(pdq a.png),A"; echo "pdq,$(pdq b.png),B"; } >"$W/list"
timeout 100 $bin/vigilctl scan --json --list "$W/list" --objects "$W/objects" $F >"$W/sum" 2>"$W/log" || { cat "$W/log"; exit 1; }
grep -q 'died' "$W/log" && { cat "$W/log"; echo "a hasher died"; exit 1; }
for f in $F/*; do
	name=${f##*/}; want=A
	case $name in
	b.png) want=B ;;
	12bit.jpg | cut.jpg | icon.ico | encrypted.zip | secret.pdf) continue ;;
	esac
	sha=$(sha256sum "$f" | cut -d' ' -f1)
	# The record of the file itself, or of a file in it, at any depth.
	awk -v sha="$sha" -v want="\"entry\":\"$want\"" '
	function field(line, key,   i) { i = index(line, "\"" key "\":\""); return i ? substr(line, i + length(key) + 4, 64) : "" }
	{ line[NR] = $0; of[NR] = field($0, "parent"); own[NR] = field($0, "sha256") }
	END {
		inside[sha] = 1
		for (pass = 0; pass < 6; pass++) for (i = 1; i <= NR; i++) if (of[i] in inside) inside[own[i]] = 1
		for (i = 1; i <= NR; i++) if (own[i] in inside && index(line[i], want)) found = 1
		exit !found
	}' "$W/objects" || { echo "$name: entry $want is not found in it"; bad=1; }
done
for f in moving.apng moving.gif moving.webp moving.jxl pages.tif stereo.mpo; do # the second picture is looked for, too
	{ echo "pdq,$(pdq b.png),B"; } >"$W/second"
	timeout 60 $bin/vigilctl scan --json --list "$W/second" --objects "$W/o2" $F/$f >/dev/null 2>&1
	grep -q '"entry":"B".*"frame":1' "$W/o2" || { echo "$f: its second picture is not found"; bad=1; }
done
# Archives that are not held whole are walked as they come; what cannot be read forward is said.
mkdir "$W/big"; head -c 300000 /dev/urandom >"$W/pad"; cp $F/baseline.jpg $F/deflated.zip $F/packed.7z "$W"
tar cf "$W/big/plain.tar" -C "$W" pad baseline.jpg deflated.zip packed.7z; gzip -k1 "$W/big/plain.tar"
{ cat $F/packed.7z "$W/pad"; } >"$W/big/long.7z"
printf 'dataplane:\n  object_hold_bytes: 65536\n' >"$W/conf"
timeout 60 $bin/vigilctl scan --json --config "$W/conf" --list "$W/list" --objects "$W/o3" "$W/big" >/dev/null 2>"$W/log" || { cat "$W/log"; exit 1; }
for m in baseline.jpg deflated.zip/in/one.jpg packed.7z/in/one.jpg; do
	[ "$(grep '"entry":"A"' "$W/o3" | grep -c "\"member\":\"\(plain.tar/\)\{0,1\}$m\"")" = 2 ] || { echo "$m: not found in both streams"; bad=1; }
done
grep '7z-compressed' "$W/o3" | grep -q '"unpack":"broken"' || { echo "long.7z: nothing says that it needs to be held"; bad=1; }
# As many members as the configuration says (max_members, 10000), and paths in a page, which are none: both pictures are found.
mkdir -p "$W/many/in"; (cd "$W/many/in" && seq -f 'text %g' 9000 | split -l 1 -a 4 - f && cp ../../baseline.jpg z.jpg && tar cf ../many.tar ./f* ./z.jpg); rm -r "$W/many/in"
{ echo '<html><body>'; seq -f '<a href="/wordpress/wp-content/uploads/2024/page%g.html">x</a>' 11000; echo "<img src=\"data:image/jpeg;base64,$(base64 -w 0 "$W/baseline.jpg")\">"; } >"$W/many/page.html"
timeout 60 $bin/vigilctl scan --json --list "$W/list" --objects "$W/o4" "$W/many" >/dev/null 2>"$W/log" || { cat "$W/log"; exit 1; }
[ "$(grep -c '"entry":"A"' "$W/o4")" = 2 ] && [ "$(wc -l <"$W/o4")" = 9004 ] && ! grep -q '"unpack"' "$W/o4" || { echo "many.tar, page.html: not all that lies in them"; bad=1; }
grep -q '"unpack":"encrypted"' "$W/objects" || { echo "the encrypted archive is not said to be one"; bad=1; }
n=$(wc -l <"$W/objects"); m=$(grep -c '"entry":"A"' "$W/objects")
[ -z "$bad" ] && echo "$n files, $m found as picture A; second frames found; no hasher died"
[ -z "$bad" ]
