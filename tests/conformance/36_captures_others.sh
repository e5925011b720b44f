#!/bin/sh
# Every file of the reference captures of the other protocols, and of HTTP that comes in pieces: FTP, SMB, HTTP/2, SMTP,
# ranges.
. tests/lib/story.sh
need_shared data/captures/MANIFEST.csv
dir=$shared/data/captures
score() { # pcap percent
	"$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" "$dir/$1.pcap" >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay of $1 failed"; }
	"$bin/test-score" "$dir/MANIFEST.csv" "$W/objects.jsonl" --only "$1.pcap" --missing --min "$2" || fail "files of $1 are missing"
}
score ftp 100
score smb 100
score h2 100
score smtp 100
score http_range 100
