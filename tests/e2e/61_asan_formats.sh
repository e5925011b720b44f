#!/bin/sh
# The torture files and the drawn ones, whole and cut, through every decoder and container walk of an address- and
# undefined-behaviour-sanitizer build, with leak detection: nothing is read past its end, nothing is left behind.
. tests/lib/story.sh
make -s MODE=asan O=build/asan build/asan/bin/test-hashing_unpack || fail "the sanitizer build"
mkdir "$W/cut"
for f in tests/data/formats/*; do
	n=$(wc -c <"$f")
	for part in 1 3 5 7; do head -c $((n * part / 8)) "$f" >"$W/cut/$part-${f##*/}"; done
done
find tests/data/formats "$W/cut" -type f | sort | xargs -d '\n' timeout 300 build/asan/bin/test-hashing_unpack >"$W/out" 2>"$W/err" ||
	{ tail -30 "$W/err"; fail "drawn files, after $(tail -1 "$W/out")"; }
say "$(wc -l <"$W/out") lines of whole and cut drawn files"
UNPACK=build/asan/bin/test-hashing_unpack SANDBOX='' sh tests/conformance/51_torture.sh >"$W/torture" 2>&1; code=$?
tail -2 "$W/torture"
[ $code = 0 ] || [ $code = 77 ] || fail "torture files"
