#!/bin/sh
# The torture files and the drawn ones, whole and cut, through every decoder and container walk of an address- and
# undefined-behaviour-sanitizer build, with leak detection: nothing is read past its end, nothing is left behind.
. tests/lib/story.sh
make -s MODE=asan O=build/asan build/asan/bin/test-hashing_unpack || fail "the sanitizer build"
mkdir "$W/cut"
for f in tests/data/formats/* tests/data/films/*; do
	n=$(wc -c <"$f")
	for part in 1 3 5 7; do head -c $((n * part / 8)) "$f" >"$W/cut/$part-${f##*/}"; done
done
# Films, also those of the torture set, with bytes turned over: in the head, where boxes and codecs are described, and anywhere.
awk -v seed=17 'BEGIN { srand(seed); for (i = 0; i < 4000; i++) print int(rand() * 1000000) }' >"$W/random"
exec 3<"$W/random"
for f in tests/data/films/* "${VIGIL_SHARED:-../shared}"/data/images/mp4/*; do
	[ -f "$f" ] || continue
	n=$(wc -c <"$f")
	for turn in 1 2 3; do
		to="$W/cut/turned-$turn-${f##*/}"; cp "$f" "$to"; chmod u+w "$to"; k=0
		while [ $k -lt $((turn * 3)) ]; do
			read -r at <&3; read -r byte <&3; k=$((k + 1)); reach=$([ $turn = 1 ] && [ $n -gt 600 ] && echo 600 || echo "$n")
			printf "\\$(printf %o $((byte % 256)))" | dd of="$to" bs=1 seek=$((at % reach)) conv=notrunc 2>/dev/null
		done
	done
done
find tests/data/formats tests/data/films "$W/cut" -type f | sort | xargs -d '\n' timeout 300 build/asan/bin/test-hashing_unpack >"$W/out" 2>"$W/err" ||
	{ tail -30 "$W/err"; fail "drawn files, after $(tail -1 "$W/out")"; }
say "$(wc -l <"$W/out") lines of whole, cut and turned files"
UNPACK=build/asan/bin/test-hashing_unpack SANDBOX='' sh tests/conformance/51_torture.sh >"$W/torture" 2>&1; code=$?
tail -2 "$W/torture"
[ $code = 0 ] || [ $code = 77 ] || fail "torture files"
