#!/bin/sh
# Replay figures: one dataplane core over a big image capture, whole bodies extracted into the arena, digests off and on;
# next to Suricata 7 over the same file in the same run where ../shared/lab has unpacked it. Lines: name value unit.
# The capture: $LAB/pcaps/big.pcap where it is there (lab/lab.sh caps big), else drawn pictures by test-bigcap.
# REPLAY_BYTES (default 268435456) is the size of the own one, REPLAY_RUNS (default 3) how often each is measured.
. tests/lib/story.sh
LAB=${LAB:-/tmp/vigil-lab}; runs=${REPLAY_RUNS:-3}; export LAB
if [ -e "$LAB/pcaps/big.pcap" ] && [ -z "$REPLAY_BYTES" ]; then
	capture=$LAB/pcaps/big.pcap; what=lab_big
else
	dir=/dev/shm; [ -w $dir ] || dir=$W
	capture=$(mktemp "$dir/vigil-big.XXXXXX"); at_end="rm -f $capture"; what=own_big
	for i in $(seq 1 24); do "$bin/test-draw" --seed "$i" --size 1200x900 --quality 88 -o "$W/$i.jpg"; done
	"$bin/test-bigcap" "$capture" --bytes "${REPLAY_BYTES:-268435456}" "$W"/*.jpg >"$W/big.txt" || fail "test-bigcap"
fi
whole=$capture; bytes=$(stat -c %s "$capture"); cat "$capture" >/dev/null
echo "replay_capture_$what $bytes bytes"
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# number KEY FILE: the first "KEY": number of a JSON text.
number() { tr ',{}' '\n\n\n' <"$2" | sed -n "s/^ *\"$1\" *: *\([0-9.]*\).*/\1/p" | head -n 1; }
# cpu COMMAND...: prints user+system seconds of it and all its descendants.
cpu() { ( "$@" >&2; times ) | tail -n 1 | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'; }
# vigil NAME CONFIG_LINES...: one line each for speed and processor time.
vigil() {
	name=$1; shift; : >"$W/gbit"; : >"$W/cpu"
	printf '%s\n' "$@" >"$W/$name.yaml"
	for _ in $(seq "$runs"); do
		cpu "$bin/vigilctl" replay --json --cores 1 --hashers 1 --config "$W/$name.yaml" "$capture" >>"$W/cpu" 2>"$W/run.json" ||
			{ cat "$W/run.json"; fail "replay failed"; }
		s=$(number seconds "$W/run.json"); [ -n "$s" ] || { cat "$W/run.json"; fail "no seconds in the summary"; }
		echo "$bytes $s" | awk '{ printf "%.3f\n", $1 * 8 / 1e9 / $2 }' >>"$W/gbit"
	done
	echo "replay_$name $(median <"$W/gbit") Gbit/s"
	echo "replay_${name}_all_processes $(median <"$W/cpu") cpu-s"
}
suricata() {
	: >"$W/cpu"
	for _ in $(seq "$runs"); do cpu taskset -c 0 "$shared/lab/peers/s7.sh" "$1" "$capture" "$W/s7/o" >>"$W/cpu" 2>/dev/null; done
	c=$(median <"$W/cpu")
	echo "suricata7_$1 $(echo "$bytes $c" | awk '{ printf "%.3f", $1 * 8 / 1e9 / $2 }') Gbit/s-per-cpu-s"
	echo "suricata7_${1}_cpu $c cpu-s"
}
vigil digests_off "hashing:" "  digests: no" "  pdq: no"
vigil digests_md5 "hashing:" "  digests: md5" "  pdq: no"
vigil digests_sha256 "hashing:" "  digests: sha256" "  pdq: no"
vigil digests_on "hashing:" "  digests: all" "  pdq: no"
# Without the reader: a cut held in memory and worked through 2 and 18 times; the difference is what 16 rounds cost all
# processes. PDQ decodes every picture, far beyond what a dataplane does: the cut once.
cut_bytes=67108864; head -c $cut_bytes "$capture" >"$W/cut.pcap"
rounds() { cpu "$bin/vigilctl" replay --json --cores "$1" --hashers 1 --loop "$2" --config "$W/digests_off.yaml" "$W/cut.pcap" 2>/dev/null; }
for cores in 1 2; do
	: >"$W/memory"
	for _ in $(seq "$runs"); do
		echo "$(rounds $cores 2) $(rounds $cores 18)" | awk -v n=$cut_bytes '{ if ($2 > $1) printf "%.3f\n", n * 16 * 8 / 1e9 / ($2 - $1) }' >>"$W/memory"
	done
	echo "replay_memory_${cores}_cores $(median <"$W/memory") Gbit/s-per-cpu-s"
done
capture=$W/cut.pcap; bytes=$cut_bytes; all_runs=$runs; runs=1
vigil digests_and_pdq "hashing:" "  digests: all" "  pdq: yes" "  seen_before_entries: 0"
capture=$whole; bytes=$(stat -c %s "$capture"); runs=$all_runs
if [ -x "$LAB/suri7/usr/bin/suricata" ] && [ -x "$shared/lab/peers/s7.sh" ]; then
	mkdir -p "$W/s7"; suricata nohash; suricata hash
else
	echo "# Suricata 7 is not unpacked under $LAB: no paired figure"
fi
