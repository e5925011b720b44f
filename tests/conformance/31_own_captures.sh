#!/bin/sh
# The captures in tests/data, as recorded and told less politely by test-perturb: every file that all bytes are there of is
# found, whole; one that has a hole says so.
. tests/lib/story.sh
data=tests/data
# found NAME "OPTIONS OF PERTURB" "OPTIONS OF SCORE" [CAPTURE]
found() {
	c=${4:-demo}; mkdir -p "$W/$1"
	"$bin/test-perturb" "$data/$c.pcap" "$W/$1/$c.pcap" $2 || fail "test-perturb $2"
	"$bin/vigilctl" replay --all-files --objects "$W/$1.jsonl" "$W/$1/$c.pcap" >"$W/$1.txt" || { cat "$W/$1.txt"; fail "$1: replay failed"; }
	"$bin/test-score" $data/MANIFEST.csv "$W/$1.jsonl" --only "$c.pcap" --missing $3 >"$W/score.txt" || { cat "$W/score.txt"; bad="$bad $1"; }
	say "$(printf '%-20s' "$1") $(tail -n 1 "$W/score.txt")"
}
bad=
found as_recorded "" ""
found ipv6 "" "" ipv6
found pipelined "" "" pipeline
found ranges "" "" ranges
found ranges_tiny "--seed 6 --split 70 --overlap 30 --reorder 10" "" ranges
found websocket "" "" websocket
found websocket_tiny "--split 61 --overlap 20" "" websocket
found websocket_h2 "" "" websocket_h2
found websocket_h2_tiny "--split 61 --overlap 20 --reorder 10" "" websocket_h2
found fastcgi "" "" fastcgi
found fastcgi_tiny "--seed 5 --split 70 --overlap 30 --reorder 10" "" fastcgi
found duplicated "--seed 2 --duplicate 30" ""
found reordered "--seed 3 --reorder 25" ""
found tiny_segments "--split 61" ""
found overlapping "--split 200 --overlap 150" ""
found all_at_once "--seed 4 --split 333 --overlap 100 --duplicate 10 --reorder 20" ""
found vlan "--vlan 100" ""
found qinq "--vlan 100 --qinq 7" ""
found midstream "--strip-syn" ""
for l in raw null sll sll2; do found "link_$l" "--link $l" ""; done
found pcapng "--pcapng" ""
found ipv6_tiny "--split 40 --reorder 20" "" ipv6
found pipelined_tiny "--split 50 --overlap 20 --duplicate 10" "" pipeline
found cut_file "--cut-bytes 300000" "--min 30"
for t in gre erspan2 erspan3 vxlan geneve ipip mpls pseudowire pppoe; do found "$t" "--tunnel $t --tunnel-id 42" ""; done
found vxlan_of_ipv6 "--tunnel vxlan --tunnel-id 42" "" ipv6
found ipip_of_ipv6 "--tunnel ipip" "" ipv6
found fragments "--fragment 552" ""
found fragments_any_order "--fragment 256 --reorder 30 --duplicate 5" ""
found fragments_in_gre "--fragment 400 --reorder 10 --tunnel gre" ""
found decoys "--decoys 10" ""
found decoys_in_vxlan "--decoys 10 --tunnel vxlan" ""
found offload "--offload" ""
# Nobody sends right checksums there: what follows a decoy is believed no more than the decoy, but nothing else is lost.
found decoys_midstream "--strip-syn --decoys 2" "--min 90"
# One lost packet in the middle of a picture of a keep-alive connection costs that picture and no other.
found hole "--drop 100" "--min 96"
n=$(grep -c '"state":"gap"' "$W/hole.jsonl")
[ "$n" = 1 ] || bad="$bad hole($n gaps instead of 1)"
[ -z "$bad" ] || fail "not as expected:$bad"
# The list's PDQ is still what the drawn original gives.
"$bin/test-draw" --seed 110 --size 800x600 --quality 92 -o "$W/original.jpg"
want=$(sed -n 's/^pdq,\([0-9a-f]*\),.*/\1/p' $data/demo.list)
"$bin/vigilctl" hash "$W/original.jpg" | grep -q "$want" || fail "the PDQ of the drawn original is not the one in demo.list"
