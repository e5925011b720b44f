#!/bin/sh
# The rows of the table of goals that are ratios to Suricata 7, each measured in turn with it: RUNS rounds (default 3) of
# Vigil, then Suricata, over the same file; medians of user + system seconds of all processes, and their ratio. Lines:
# name value unit. The captures are the laboratory's (lab/lab.sh caps; $LAB/pcaps), short flows are made here. Rows whose
# capture is not there are named. Takes minutes: wants PEERS=1 (run.sh skips it without).
# ROWS="short flows" measures these only; names below.
. tests/lib/story.sh
LAB=${LAB:-/tmp/vigil-lab}; runs=${RUNS:-3}; export LAB
[ -n "$PEERS" ] || { echo "# peers.sh: PEERS=1 measures against Suricata 7"; exit 77; }
[ -x "$LAB/suri7/usr/bin/suricata" ] && [ -x "$shared/lab/peers/s7.sh" ] ||
	{ echo "# peers.sh: Suricata 7 is not unpacked under $LAB"; exit 77; }
mkdir -p "$W/s7"
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# number KEY FILE: the first "KEY": number of a JSON text.
number() { tr ',{}' '\n\n\n' <"$2" | sed -n "s/^ *\"$1\" *: *\([0-9.]*\).*/\1/p" | head -n 1; }
# cpu COMMAND...: prints user+system seconds of it and all its descendants.
cpu() { ( "$@" >&2; times ) | tail -n 1 | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'; }
# row NAME SURICATA_CONF CAPTURE GOAL DIGESTS [DATAPLANE_LINES...]
row() {
	name=$1; conf=$2; capture=$3; goal=$4; digests=$5; shift 5
	case " ${ROWS:-$name} " in *" $name "*) ;; *) return ;; esac
	[ -e "$capture" ] || { echo "# peers_$name: $capture is not there"; return; }
	{ printf 'hashing:\n  digests: %s\n  pdq: no\n' "$digests"
	  [ $# -gt 0 ] && { echo dataplane:; printf '  %s\n' "$@"; }; } >"$W/$name.yaml"
	: >"$W/vigil"; : >"$W/suricata"; cat "$capture" >/dev/null
	for _ in $(seq "$runs"); do
		cpu "$bin/vigilctl" replay --json --cores 1 --hashers 1 --config "$W/$name.yaml" "$capture" >>"$W/vigil" 2>"$W/run.json" ||
			{ cat "$W/run.json"; fail "replay failed"; }
		grep -q '"objects"' "$W/run.json" || { cat "$W/run.json"; fail "no summary"; }
		cpu taskset -c 0 "$shared/lab/peers/s7.sh" "$conf" "$capture" "$W/s7/o" >>"$W/suricata" 2>/dev/null
	done
	echo "peers_${name}_objects $(number total "$W/run.json") complete-$(number complete "$W/run.json")"
	v=$(median <"$W/vigil"); s=$(median <"$W/suricata")
	echo "peers_${name}_vigil $v cpu-s"
	echo "peers_${name}_suricata7 $s cpu-s"
	echo "$v $s $goal" | awk -v n="$name" '{ if ($1 > 0) printf "peers_%s_ratio %.2f of-goal-%s\n", n, $2 / $1, $3 }'
}
big=$LAB/pcaps/big.pcap
row nohash nohash "$big" 2.5 no
row sha256 sha256 "$big" 2 sha256
row md5 hash "$big" 3.5 md5
row all hash3 "$big" 4 all
# 20,000 connections of one small picture each, twelve at a time.
if [ -z "$ROWS" ] || [ "${ROWS#*short}" != "$ROWS" ]; then
	for i in $(seq 1 24); do "$bin/test-draw" --seed "$i" --size 96x72 --quality 80 -o "$W/$i.jpg"; done
	dir=/dev/shm; [ -w $dir ] || dir=$W
	short=$(mktemp "$dir/vigil-short.XXXXXX"); at_end="rm -f $short"
	"$bin/test-bigcap" "$short" --bytes "${SHORT_BYTES:-134217728}" --per-flow 1 "$W"/*.jpg >"$W/short.txt" || fail "test-bigcap"
	cat "$W/short.txt" | sed 's/^/# short: /'
	row short hash "$short" 3 md5
fi
row flows nohash "$LAB/pcaps/manyflows.pcap" 3 no "flows: 262144" "streams: 131072" "records: 131072" "small_chunks: 131072" \
	"tiny_chunks: 131072" "large_chunks: 64"
row synflood nohash "$LAB/pcaps/synflood.pcap" 4 no
