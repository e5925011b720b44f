#!/bin/sh
# A long search over several targets, one after another: each is built and explored (explore.sh) for SECONDS, then what was found is
# merged to the smallest set that reaches the same code. usage: long.sh SECONDS TARGET...   e.g. long.sh 600 fuzz_dataplane_ftp
# One line a target on stdout, the table of docs/testing.md: target, minutes, runs, inputs after merging, findings.
# The merged corpus stands in build/explore/merged/TARGET: of it go into tests/fuzz/corpus what is small and adds something.
[ $# -ge 2 ] || { sed -n 2,5p "$0"; exit 2; }
seconds=$1 E=build/explore; shift
mkdir -p "$E/log"
for target; do
	corpus=tests/fuzz/corpus/${target#fuzz_} log=$E/log/$target.log
	rm -f "$E/found/$target"-*
	sh tests/fuzz/explore.sh "$target" "$corpus" "$seconds" >"$log" 2>&1; code=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	[ -n "$runs" ] || { [ $code = 0 ] || runs=?; }
	findings=$(ls "$E/found/" | grep -c "^$target-")
	rm -rf "$E/merged/$target"; mkdir -p "$E/merged/$target"
	"$E/fuzz/$target" -merge=1 -timeout=20 -rss_limit_mb=3000 -max_len=4096 -close_fd_mask=1 "$E/merged/$target" "$corpus" "$E/found/$target" >>"$log" 2>&1
	echo "| ${target#fuzz_} | $((seconds / 60)) | $runs | $(ls "$E/merged/$target" | wc -l) | $findings |"
done
