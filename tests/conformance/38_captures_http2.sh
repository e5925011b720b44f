#!/bin/sh
# Every file that crossed in the reference capture of HTTP/2 (prior knowledge and Upgrade, nginx and nghttpd, one and many
# streams at a time) is found, whole, with all its digests.
. tests/lib/story.sh
need_shared data/captures/MANIFEST.csv
dir=$shared/data/captures
"$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" "$dir/h2.pcap" >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay failed"; }
cat "$W/summary.txt"
"$bin/test-score" "$dir/MANIFEST.csv" "$W/objects.jsonl" --only h2.pcap --missing --min 100 || fail "files are missing"
grep -q '"proto":"http2"' "$W/objects.jsonl" || fail "no object says http2"
