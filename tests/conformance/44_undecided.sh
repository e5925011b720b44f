#!/bin/sh
# Three flows of which the first bytes tell nothing (a database's greeting, SSH, nobody's): nDPI's engine is made for them
# by a worker behind the closed sandbox, which ends the dataplane where that needs a forbidden call.
. tests/lib/story.sh
printf 'hashing:\n  digests: no\n  pdq: no\n' >"$W/bare.yaml"
for cores in 1 2; do
	"$bin/vigilctl" replay --json --cores $cores --hashers 1 --config "$W/bare.yaml" tests/data/undecided.pcap >"$W/run.json" 2>"$W/err" ||
		{ cat "$W/run.json" "$W/err"; fail "$cores cores: the replay failed"; }
	grep -q '"flows":3[,}]' "$W/run.json" || { cat "$W/run.json"; fail "$cores cores: not three flows"; }
	grep -q '"detect_ndpi_skipped_packets":0[,}]' "$W/run.json" || { cat "$W/run.json"; fail "$cores cores: nDPI was not asked"; }
done
say "three undecided flows, with one worker and with two"
