#!/bin/sh
# Every file that crossed in the reference captures of HTTP is found, whole, with all its digests.
. tests/lib/story.sh
need_shared data/captures/MANIFEST.csv
dir=$shared/data/captures; only=; files=
for c in http_base http_chunked http_gzip http_put http_post; do files="$files $dir/$c.pcap"; only="$only --only $c.pcap"; done
"$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" $files >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay failed"; }
cat "$W/summary.txt"
"$bin/test-score" "$dir/MANIFEST.csv" "$W/objects.jsonl" $only --missing --min 100 || fail "files are missing"
