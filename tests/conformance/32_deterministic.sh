#!/bin/sh
# The objects of a capture depend on the capture only: not on the number of cores or hashers, nor on the day.
. tests/lib/story.sh
caps="tests/data/demo.pcap tests/data/ipv6.pcap tests/data/pipeline.pcap"
[ -e "$shared/data/captures/http_post.pcap" ] && caps="$caps $shared/data/captures/http_post.pcap"
first=
for shape in "1 1" "1 1" "2 1" "1 2" "2 2" "3 2"; do
	set -- $shape
	"$bin/vigilctl" replay --all-files --list tests/data/demo.list --cores "$1" --hashers "$2" --objects "$W/o.jsonl" $caps >"$W/summary.txt" ||
		{ cat "$W/summary.txt"; fail "replay with $1 cores and $2 hashers failed"; }
	sum=$(sort "$W/o.jsonl" | sha256sum | cut -d' ' -f1)
	say "$1 cores, $2 hashers: $(wc -l <"$W/o.jsonl") objects, $sum"
	if [ -z "$first" ]; then first=$sum; sort "$W/o.jsonl" >"$W/first"; fi
	[ "$sum" = "$first" ] || { sort "$W/o.jsonl" | diff "$W/first" - | cut -c1-400 | head -n 6; fail "other objects with $1 cores and $2 hashers"; }
done
