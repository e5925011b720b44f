# Sourced after net.sh by stories of real clients and servers. What crosses the server's interface is watched by the house and captured
# beside it: listed pictures must be filed, and every file that crossed must be among the objects of the capture's replay, whole.
#   live_up           endpoint, house on $W/list, capture; whatever changes vigil.yaml comes as a sed expression
#   crossed FILE...   these have crossed
#   live_end N WORD...   N reports are filed, each WORD stands in a case; the capture is replayed and looked through
live_up() {
	need tcpdump
	endpoint_up; house_config "$W/list"; [ -z "$1" ] || sed -i "$1" "$W/vigil.yaml"
	: >"$W/crossed"
	start tcpdump.log ip netns exec "$S" tcpdump -i s0 -Z root -s 0 -B 65536 -U --immediate-mode -w "$W/live.pcap"; dump=$pid
	house_up
}
crossed() { for f; do echo "$(md5sum <"$f" | cut -d' ' -f1) $f" >>"$W/crossed"; done; }
live_end() {
	want=$1; shift
	filed() { [ "$(n_filed)" -ge "$want" ]; }
	wait_for 60 "$want filed reports" filed
	for c in $(ctl -j cases list | sed -n 's/.*"\(VG-[0-9-]*\)".*/\1/p'); do ctl -j cases show "$c"; done >"$W/cases.json"
	[ "$(n_filed)" = "$want" ] || { cat "$W/cases.json"; fail "$(n_filed) reports instead of $want"; }
	for word; do grep -qiF "$word" "$W/cases.json" || { cat "$W/cases.json"; fail "no case names $word"; }; done
	stop "$dump"
	"$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" "$W/live.pcap" >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay failed"; }
	while read -r md5 file; do
		grep '"state": *"complete"' "$W/objects.jsonl" | grep -q "\"\(raw_\)\{0,1\}md5\": *\"$md5\"" || { missing="$missing ${file##*/}"; grep -F "$md5" "$W/objects.jsonl"; }
	done <"$W/crossed"
	[ -z "$missing" ] || { cat "$W/summary.txt"; tail -n 3 "$W/tcpdump.log"; fail "not among the objects:$missing"; }
	say "filed $want, $(wc -l <"$W/crossed") files among $(wc -l <"$W/objects.jsonl") objects"
}
