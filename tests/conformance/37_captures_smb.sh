#!/bin/sh
# Every file that crossed in the reference capture of SMB 1, 2 and 3 is found, whole, with all its digests; also where its
# packets are cut small and come out of order.
. tests/lib/story.sh
need_shared data/captures/MANIFEST.csv
dir=$shared/data/captures
replay() {
	"$bin/vigilctl" replay --all-files --objects "$W/$1.jsonl" "$2" >"$W/$1.txt" || { cat "$W/$1.txt"; fail "$1: replay failed"; }
	"$bin/test-score" "$dir/MANIFEST.csv" "$W/$1.jsonl" --only smb.pcap --missing --min 100 || fail "$1: files are missing"
}
replay as_recorded "$dir/smb.pcap"
mkdir "$W/told"
"$bin/test-perturb" "$dir/smb.pcap" "$W/told/smb.pcap" --seed 5 --split 700 --overlap 100 --duplicate 10 --reorder 20 || fail "test-perturb"
replay perturbed "$W/told/smb.pcap"
