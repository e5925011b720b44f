#!/bin/sh
# The perturbed captures of the shared laboratory, where they were made: every file that is called recoverable, on every row.
. tests/lib/story.sh
lab=${LAB:-/tmp/vigil-lab}/pcaps
[ -e "$lab/MANIFEST.csv" ] && [ -e "$lab/pert_gre.pcap" ] || skip "no perturbed captures in $lab (lab.sh caps http_base, perturb, manifest)"
only=; files=
for f in "$lab"/pert_*.pcap; do files="$files $f"; only="$only --only ${f##*/}"; done
timeout 240 "$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" $files >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay failed"; }
"$bin/test-score" "$lab/MANIFEST.csv" "$W/objects.jsonl" $only --missing --min 100 || fail "recoverable files are missing"
