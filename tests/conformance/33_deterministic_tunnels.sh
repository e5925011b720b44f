#!/bin/sh
# Tunnels, fragments and decoys: the same objects whatever the number of cores, because frames are spread by what is inside.
. tests/lib/story.sh
for p in "gre --tunnel gre --tunnel-id 7" "vxlan --tunnel vxlan --tunnel-id 7" "erspan --tunnel erspan2" "mpls --tunnel mpls" \
	"fragments --fragment 256 --reorder 30" "fragments_in_geneve --fragment 400 --reorder 10 --tunnel geneve" "decoys --decoys 10"; do
	name=${p%% *}; first=
	"$bin/test-perturb" tests/data/demo.pcap "$W/$name.pcap" ${p#* } || fail "test-perturb ${p#* }"
	for n in 1 2 3; do
		"$bin/vigilctl" replay --all-files --cores $n --objects "$W/o.jsonl" "$W/$name.pcap" >"$W/summary.txt" ||
			{ cat "$W/summary.txt"; fail "$name: replay with $n cores failed"; }
		sum=$(sort "$W/o.jsonl" | sha256sum | cut -d' ' -f1)
		[ "${first:=$sum}" = "$sum" ] || fail "$name: other objects with $n cores"
	done
	say "$(printf '%-20s' $name) $(wc -l <"$W/o.jsonl") objects, $sum"
	[ "$(wc -l <"$W/o.jsonl")" -ge 26 ] || fail "$name: too few objects"
done
