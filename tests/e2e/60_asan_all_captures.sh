#!/bin/sh
# Every capture there is goes through a build with AddressSanitizer, UBSan and LeakSanitizer: nothing crashes, hangs or
# leaks, whatever is in it. Captures of link types that Vigil does not read may be refused, in words.
. tests/lib/story.sh
: "${MAKE:=make}"
$MAKE MODE=asan O=build/asan programs >"$W/build.log" 2>&1 || { tail -n 30 "$W/build.log"; fail "the asan build"; }
rm -f "$W/build.log"; bin=$PWD/build/asan/bin
{
	find tests/data -name '*.pcap'
	for d in data/captures data/corpus; do [ -d "$shared/$d" ] && find "$shared/$d" -type f -size -64M; done
} | sort >"$W/candidates"
# Only what begins like a capture: pcap in both orders and both resolutions, pcapng.
while read -r f; do
	case $(head -c 4 "$f" | od -An -tx1 | tr -d ' \n') in
	d4c3b2a1 | a1b2c3d4 | 4d3cb2a1 | a1b23c4d | 0a0d0d0a) echo "$f" ;;
	esac
done <"$W/candidates" >"$W/captures"
n=$(wc -l <"$W/captures"); [ "$n" -gt 0 ] || fail "no captures"
# run NAME CAPTURE...: 0 done, 1 refused in words; anything else ends the test.
run() {
	name=$1; shift
	timeout 300 "$bin/vigilctl" replay --all-files --list tests/data/demo.list --cores 1 --hashers 1 --objects "$W/o.jsonl" "$@" >"$W/$name.out" 2>&1
	code=$?
	if ls "$W"/asan.* >/dev/null 2>&1; then say "with: $*" | head -c 3000; fail "a sanitizer spoke"; fi
	grep -E ' died \(|restarts of hashers' "$W/$name.out" && { say "with: $*" | head -c 3000; fail "a program died"; }
	case $code in
	0) objects=$((objects + $(wc -l <"$W/o.jsonl"))); return 0 ;;
	1) return 1 ;;
	*) tail -n 20 "$W/$name.out"; say "with: $*" | head -c 3000; fail "exit code $code" ;;
	esac
}
objects=0 refused=0
split -l 16 "$W/captures" "$W/batch."
for b in "$W"/batch.*; do
	set --; while read -r f; do set -- "$@" "$f"; done <"$b"
	run batch "$@" && continue
	for f; do # one of them was refused: find it, run the others
		run single "$f" && continue
		refused=$((refused + 1)); say "refused: $f: $(grep -v '^$' "$W/single.out" | tail -n 1 | cut -c1-160)"
	done
done
say "$n captures, $objects object lines, $refused refused"
[ $refused -le $((n / 10)) ] || fail "too many were refused"
