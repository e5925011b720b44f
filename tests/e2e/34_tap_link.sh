#!/bin/sh
# A passive tap has a port for each direction of its link: with `link: 1` both ports' frames are of the same flows, with one
# worker and with two; without it each flow is seen as two halves.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
capture=tests/data/demo.pcap
"$bin/vigilctl" replay --json --list tests/data/demo.list --objects "$W/o.jsonl" "$capture" >"$W/replay.json" 2>&1 || fail "no replay"
want=$(grep -c '"member": *null' "$W/o.jsonl"); flows=$(grep -o '"flows": *[0-9]*' "$W/replay.json" | grep -o '[0-9]*$')
[ "$want" -ge 5 ] && [ "$flows" -ge 2 ] || fail "a replay gives $want objects of $flows flows"
ip link add name s1 netns "$S" type veth peer name c1 netns "$C" || skip "no second veth here"
in_s ip link set s1 up; in_c ip link set c1 up
objects() { [ "$(metric vigil_objects_done_total)" -ge "$1" ]; }
# tap CORES LINK FLOWS: LINK 0 = the ports have nothing to do with each other
tap() {
	rm -rf "$W/run" "$W/state"; house_config "$PWD/tests/data/demo.list"
	args=blocksz=65536,framesz=2048,framecnt=16384,qpairs=1
	sed -i -e "s|^  ports: .*|  ports:\n    - {device: \"net_af_packet0,iface=s0,$args\", link: $2}\n    - {device: \"net_af_packet1,iface=s1,$args\", link: $2}\n  texts: no|" \
		-e "s|^  cores: .*|  cores: $1|" "$W/vigil.yaml"
	house_up
	before=$(metric vigil_flows_total)
	in_c "$bin/test-frames" split c0 "$capture" c1 >"$W/sent" 2>&1 || { cat "$W/sent"; fail "the capture was not sent"; }
	end=$(($(date +%s) + 60)); until objects "$want" || [ "$2" = 0 ] || [ "$(date +%s)" -gt $end ]; do sleep 0.2; done
	wait_for 10 "all frames to be counted" sh -c "[ $(metric vigil_flows_total) -ge $3 ]"
	got=$(($(metric vigil_flows_total) - before))
	say "$1 workers, link: $2: $(cat "$W/sent"), $got flows, $(metric vigil_objects_done_total) objects"
	[ "$got" = "$3" ] || fail "$got flows instead of $3"
	[ "$2" = 0 ] || [ "$(metric vigil_objects_total)" = "$want" ] || fail "$(metric vigil_objects_total) objects instead of $want"
	[ "$2" = 0 ] || wait_for 30 "the report" sh -c "[ $(n_filed) -ge 1 ]"
	stop "$house"
}
tap 1 1 "$flows"
tap 2 1 "$flows"
tap 1 0 $((2 * flows))
