#!/bin/sh
# Who is told apart from whom: two tenants with the same addresses and ports, packet by packet, are two; a mirror that
# gives frames twice is one; a mirror that tags its directions apart is whole with the map, and one-sided without.
. tests/lib/story.sh
printf 'dataplane:\n  direction_vlans: {in: 101, out: 102}\n' >"$W/map.yaml"
for k in vlan vni none; do printf 'dataplane:\n  tenant_key: %s\n' $k >"$W/$k.yaml"; done
objects() { # NAME CONFIG|- OPTIONS OF PERTURB: the number of objects, in $n; how many of them have a URL, in $named
	"$bin/test-perturb" tests/data/demo.pcap "$W/$1.pcap" $3 || fail "test-perturb $3"
	[ "$2" = - ] && config= || config="--config $W/$2.yaml"
	"$bin/vigilctl" replay --all-files $config --objects "$W/o.jsonl" "$W/$1.pcap" >"$W/$1.log" || fail "replay of $1"
	n=$(wc -l <"$W/o.jsonl"); named=$(grep -c '"url": *"' "$W/o.jsonl")
	say "$(printf '%-24s %-5s %3d objects, %3d with their URL' "$1" "$2" $n $named)"
}
is() { [ "$1" = "$2" ] || fail "$3: $1 instead of $2"; }
objects plain - ""; whole=$n
[ "$whole" -ge 26 ] || fail "too few objects"
objects vlans - "--vlan 10 --twin 20"; is $n $((2 * whole)) "two VLANs"; is $named $((2 * whole)) "their URLs"
objects vnis - "--tunnel vxlan --tunnel-id 10 --twin 20"; is $n $((2 * whole)) "two VNIs"
objects vlans_by_vlan vlan "--vlan 10 --twin 20"; is $n $((2 * whole)) "two VLANs by vlan"
objects vnis_by_vni vni "--tunnel geneve --tunnel-id 10 --twin 20"; is $n $((2 * whole)) "two VNIs by vni"
objects vlans_by_vni vni "--vlan 10 --twin 20"; is $n $whole "VLANs are nothing by vni"
objects vnis_by_vlan vlan "--tunnel vxlan --tunnel-id 10 --twin 20"; is $n $whole "VNIs are nothing by vlan"
objects all_by_none none "--vlan 10 --twin 20"; is $n $whole "nothing by none"
objects span_duplicates - "--duplicate 100"; is $n $whole "a mirror that duplicates"
objects span_duplicates_at_once - "--vlan 7 --twin 7"; is $n $whole "a mirror that duplicates at once"
objects span_directions map "--vlan 101 --back 102"; is $n $whole "tagged directions"; is $named $whole "their URLs"
objects span_without_map - "--vlan 101 --back 102"; [ $named -lt $whole ] || fail "without the map the directions met"
objects span_by_none none "--vlan 101 --back 102"; is $named $whole "tagged directions without tenants"
# Whose network it was reaches the case.
"$bin/test-perturb" tests/data/demo.pcap "$W/inner.pcap" --vlan 30 --qinq 31 || fail "test-perturb"
"$bin/test-perturb" "$W/inner.pcap" "$W/mirror.pcap" --tunnel erspan2 --tunnel-id 77 || fail "test-perturb"
"$bin/vigilctl" replay --list tests/data/demo.list --cases "$W/cases.jsonl" "$W/mirror.pcap" >"$W/mirror.log" || fail "replay of the mirror"
[ -s "$W/cases.jsonl" ] || fail "no cases"
want='"vlan":31,"vlan_inner":30,"tunnels":[{"kind":"erspan","session":77,"src_ip":"192.0.2.1","dst_ip":"192.0.2.2"}]'
[ "$(grep -cF "$want" "$W/cases.jsonl")" = "$(wc -l <"$W/cases.jsonl")" ] || { head -n 1 "$W/cases.jsonl" | cut -c1-900; fail "not $want"; }
say "$(wc -l <"$W/cases.jsonl") cases name VLANs and mirror session"
