#!/bin/sh
# The objects of a capture depend on the capture only: not on the number of cores or hashers, nor on the day. Files that
# come in pieces over several connections (ranges) are the hard part: their pieces are seen by several cores.
. tests/lib/story.sh
caps="tests/data/demo.pcap tests/data/ipv6.pcap tests/data/pipeline.pcap"
[ -e "$shared/data/captures/http_post.pcap" ] && caps="$caps $shared/data/captures/http_post.pcap"
pieces="tests/data/ranges.pcap"
"$bin/test-perturb" tests/data/ranges.pcap "$W/tiny.pcap" --seed 6 --split 300 --overlap 60 --reorder 15 --duplicate 5 || fail "test-perturb"
pieces="$pieces $W/tiny.pcap"
[ -e "$shared/data/captures/http_range.pcap" ] && pieces="$pieces $shared/data/captures/http_range.pcap"
# same SHAPES CAPTURE...: replays of each shape ("cores hashers") give the same sorted objects, in all fields.
same() {
	shapes=$1; shift; first=
	for shape in $shapes; do
		cores=${shape%,*} hashers=${shape#*,}
		"$bin/vigilctl" replay --all-files --list tests/data/demo.list --cores "$cores" --hashers "$hashers" --objects "$W/o.jsonl" "$@" >"$W/summary.txt" ||
			{ cat "$W/summary.txt"; fail "replay with $cores cores and $hashers hashers failed"; }
		sum=$(sort "$W/o.jsonl" | sha256sum | cut -d' ' -f1)
		say "$cores cores, $hashers hashers: $(wc -l <"$W/o.jsonl") objects, $sum"
		if [ -z "$first" ]; then first=$sum; sort "$W/o.jsonl" >"$W/first"; fi
		[ "$sum" = "$first" ] || { sort "$W/o.jsonl" | diff "$W/first" - | cut -c1-400 | head -n 6; fail "other objects with $cores cores and $hashers hashers"; }
	done
}
same "1,1 1,1 2,1 1,2 2,2 3,2" $caps
same "1,1 2,2 3,2 3,1 3,3 2,1" $pieces
# and one capture alone, many times: it is short, so more of it is in the workers' hands at once
same "1,2 2,2 3,2 3,1 2,1 3,3 3,2 2,2 3,2" tests/data/ranges.pcap
