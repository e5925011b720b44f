#!/bin/sh
# What it costs to start: processor time in ms of each program and of all, medians of STARTUP_RUNS runs (default 9) over a
# capture of 60 kB with four pictures: a replay without digests and pictures, one with the presets, a scan of one picture,
# one core and one hasher each. Lines: name value unit. The rest of a run is small next to it.
. tests/lib/story.sh
runs=${STARTUP_RUNS:-9}; capture=tests/data/pipeline.pcap
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
printf 'hashing:\n  digests: no\n  pdq: no\n' >"$W/bare.yaml"
"$bin/test-draw" --seed 7 --size 640x480 --quality 88 -o "$W/p.jpg"
# row NAME COMMAND...
row() {
	name=$1; shift; : >"$W/ms"
	for _ in $(seq "$runs"); do
		"$bin/test-cpu" "$@" >"$W/out" 2>"$W/err" || { cat "$W/out" "$W/err"; fail "$name"; }
		grep -E '^(vigil[a-z-]*|all) [0-9.]+$' "$W/err" >>"$W/ms"
	done
	for p in $(cut -d' ' -f1 "$W/ms" | sort -u); do
		echo "startup_${name}_$p $(sed -n "s/^$p //p" "$W/ms" | median) cpu-ms"
	done
}
row replay_bare "$bin/vigilctl" replay --json --cores 1 --hashers 1 --config "$W/bare.yaml" "$capture"
row replay_presets "$bin/vigilctl" replay --json --cores 1 --hashers 1 "$capture"
row scan "$bin/vigilctl" scan --json --hashers 1 "$W/p.jpg"
