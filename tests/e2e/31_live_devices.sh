#!/bin/sh
# Live over other devices than net_af_packet (30_live.sh): net_pcap on an interface, net_tap, net_memif, each with one worker
# and with two: the pictures of an own capture, sent into them, are handed to hashers and the listed one is reported. And
# once by a name that vigil-dataplane does not have: it becomes vigil-dataplane-cards, over all drivers of Debian's packages.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
capture=tests/data/demo.pcap
want=$("$bin/vigilctl" replay --list tests/data/demo.list --objects "$W/o.jsonl" "$capture" >/dev/null 2>&1; grep -c '"member": *null' "$W/o.jsonl")
[ "$want" -ge 5 ] || fail "a replay gives $want objects"
drivers=$(ls /usr/lib/*/dpdk/pmds-*/librte_net_*.so 2>/dev/null)
objects() { [ "$(metric vigil_objects_done_total)" -ge "$1" ]; }
# watch NAME DEVICE CORES COMMAND...: the house watches the device while the command sends the capture.
watch() {
	name=$1; device=$2; cores=$3; shift 3
	case $drivers in *librte_net_${name}.so*) ;; *) say "net_$name: not tried, Debian's package has no such driver here"; return ;; esac
	rm -rf "$W/run" "$W/state"; house_config "$PWD/tests/data/demo.list"
	sed -i -e "s|^  ports: .*|  ports: [\"$device\"]|" -e "s|^  cores: .*|  cores: $cores|" "$W/vigil.yaml"
	sed -i '/^dataplane:/a\  texts: no' "$W/vigil.yaml" # a text is handed over, too, and has no record
	[ $cores = 1 ] || sed -i '/^dataplane:/a\  rx_idle: interrupt' "$W/vigil.yaml"
	house_up
	"$@" >"$W/sent" 2>&1 || { cat "$W/sent"; fail "net_$name: the capture was not sent"; }
	end=$(($(date +%s) + 60)); until objects "$want" || [ "$(date +%s)" -gt $end ]; do sleep 0.2; done
	objects "$want" || fail "net_$name: $(metric vigil_objects_total) objects begun, $(metric vigil_objects_done_total) done instead of $want; $(metric vigil_rx_packets_total) packets"
	[ "$name" = pcap ] || [ "$(metric vigil_objects_total)" = "$want" ] || fail "net_$name: $(metric vigil_objects_total) objects instead of $want"
	[ "$name" = pcap ] || [ "$(metric vigil_port_losing)" = 0 ] || fail "net_$name: frames were lost"
	say "net_$name, $cores workers: $(tail -n 1 "$W/sent"), $want objects; $(ctl status | grep '^ports' | cut -d, -f1-3)"
	ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
	p=$(named vigil-dataplane "$house" | head -n 1); before=$(ticks "$p"); sleep 1
	say "    idle for a second: $((($(ticks "$p") - before) * 1000 / $(getconf CLK_TCK))) ms of processor time$([ $cores = 1 ] || echo ', rx_idle: interrupt')"
	stop "$house"
}
replay() { ip netns exec "$1" "$bin/test-frames" replay "$2" "$capture"; }
# libpcap gives frames in blocks of which the last one waits to be filled: others follow. It loses some where its reader is
# kept from its core: then once more.
pcap() {
	for _ in 1 2 3 4 5 6; do
		replay "$C" c0 && in_c "$bin/test-frames" send c0 1000 1 >"$W/more" || return 1
		sleep 1; objects "$want" && return 0
	done
}
tap() { wait_for 10 "the tap's interface" in_s ip link show vgtap; in_s ip link set vgtap up; sleep 0.5; replay "$S" vgtap; }
memif() { wait_for 10 "the memif's socket" in_s grep -q "@$W/run/memif.sock" /proc/net/unix; ip netns exec "$S" "$bin/test-memif_dataplane" "$W/run/memif.sock" "$capture"; }
for cores in 1 2; do
	watch pcap "net_pcap0,iface=s0" $cores pcap
	watch tap "net_tap0,iface=vgtap" $cores tap
	watch memif "net_memif0,role=server,id=0,socket=$W/run/memif.sock" $cores memif
done
program() { p=$(named vigil-dataplane "$house" | head -n 1); basename "$(readlink "/proc/$p/exe")"; }
other_name() { [ "$(program)" = vigil-dataplane-cards ] || { echo "it is $(program)"; return 1; }; replay "$C" c0; }
watch af_packet "eth_af_packet0,iface=s0" 1 other_name
