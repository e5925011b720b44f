#!/bin/sh
# Evidence is opened by its custodians and by nobody else: a replay with matches keeps its sealed files; each of both custodian
# keys opens them to the very bytes of the list; a stranger's key, a changed byte and a cut file are refused and leave nothing.
. tests/lib/story.sh
state=$W/state
"$bin/vigilctl" replay --list tests/data/demo.list --state "$state" tests/data/demo.pcap >"$W/out" 2>&1 || { cat "$W/out"; fail "the replay"; }
custodian=$bin/vigil-custodian
"$custodian" keygen "$W/stranger" >/dev/null || fail "keygen"
[ "$(stat -c %a "$W/stranger.key")" = 600 ] || fail "the secret key can be read by others"
"$custodian" keygen "$W/stranger" 2>/dev/null && fail "a key was overwritten"
n=0
for f in "$state"/evidence/*.vge; do
	"$custodian" show "$f" >/dev/null || fail "show"
	for k in 1 2; do
		rm -f "$W/plain"; "$custodian" open "$state/custodian-$k.key" "$f" "$W/plain" || fail "custodian $k cannot open $f"
		[ $k = 1 ] && mv "$W/plain" "$W/first"
	done
	cmp -s "$W/first" "$W/plain" || fail "two custodians see two files"
	sum=$(md5sum "$W/plain" | cut -d' ' -f1); sha=$(sha256sum "$W/plain" | cut -d' ' -f1)
	grep -qE "^(md5,$sum|sha256,$sha)," tests/data/demo.list && n=$((n + 1))
	"$custodian" open "$W/stranger.key" "$f" "$W/none" 2>/dev/null && fail "a stranger opened it"
	cp "$f" "$W/bad"; at=$(($(stat -c %s "$f") / 2)); was=$(od -An -tu1 -j $at -N 1 "$f")
	printf "\\$(printf %o $((was ^ 1)))" | dd of="$W/bad" bs=1 seek=$at conv=notrunc 2>/dev/null
	"$custodian" open "$state/custodian-1.key" "$W/bad" "$W/none" 2>/dev/null && fail "a changed file was opened"
	head -c $(($(stat -c %s "$f") - 9)) "$f" >"$W/cut"
	"$custodian" open "$state/custodian-1.key" "$W/cut" "$W/none" 2>/dev/null && fail "a cut file was opened"
	[ -e "$W/none" ] && fail "a refused file left plain bytes"
done
[ "$n" = 2 ] || fail "$n of the opened files are the exact entries of the list instead of 2"
say "custodians open what is theirs"
