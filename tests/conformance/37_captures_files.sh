#!/bin/sh
# Every file that crossed in the reference captures of FTP and its kin is found, whole, and the objects do not depend on
# the number of workers, though data and control connections are flows of their own.
. tests/lib/story.sh
need_shared data/captures/MANIFEST.csv
dir=$shared/data/captures
for c in ftp tftp; do
	first=
	for cores in 1 2 3; do
		"$bin/vigilctl" replay --all-files --cores "$cores" --objects "$W/objects.jsonl" "$dir/$c.pcap" >"$W/summary.txt" ||
			{ cat "$W/summary.txt"; fail "replay failed"; }
		sum=$(sort "$W/objects.jsonl" | sha256sum | cut -d' ' -f1)
		say "$c, $cores cores: $(wc -l <"$W/objects.jsonl") objects, $sum"
		[ "${first:=$sum}" = "$sum" ] || fail "$c: other objects with $cores cores"
	done
	"$bin/test-score" "$dir/MANIFEST.csv" "$W/objects.jsonl" --only "$c.pcap" --missing --min 100 || fail "$c: files are missing"
done
