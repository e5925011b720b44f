#!/bin/sh
# A hijacked hasher tells every lie there is, one per replay: each is refused and counted, nothing of it reaches a report, and
# the dataplane lives on.
. tests/lib/story.sh
lies="wrong-digest bad-hit foreign-record stale-record unsealed truncated short-memfd huge-length film-percent film-frames film-order film-entry garbage-message flood ring-index made-up-chunk double-done"
mkdir "$W/bin"; cp "$bin"/vigil* "$W/bin/"; cp "$bin/test-hashing_liar" "$W/bin/vigil-hashing"
start endpoint.log "$bin/vigil-endpoint" --state "$W/endpoint"
wait_for 20 "the endpoint" test -s "$W/endpoint/endpoint.json"
# A plug-in is declared, where it can be: its file must be root's.
: >"$W/conf"
if [ "$(id -u)" = 0 ]; then
	mkdir "$W/p"; cp "$O/plugins/average_hash.so" "$W/p/"; chmod 755 "$W/p"; chmod 644 "$W/p/average_hash.so"
	printf 'hashing:\n  plugins: ["average_hash@1:%s/p/average_hash.so"]\n' "$W" >"$W/conf"
	lies="$lies plugin-distance plugin-version plugin-name plugin-entry"
fi
# Listed: pictures that come after others, so that there is somebody else to accuse.
sum() { awk -F, -v f="$1" '$1 == "demo.pcap" && $7 == f { print $11; exit }' tests/data/MANIFEST.csv; }
{
	echo "sha256,$(sum img/market.jpg),E-1"; echo "sha256,$(sum up/street.jpg),E-2"
	echo "plugin,average_hash@1,5,ffe0c0808080c0e0,E-4"
	echo "video,E-3"
	for i in 0 1 2 3 4 5 6 7 8 9; do echo "$i,100,$(echo $i | sha256sum | cut -d' ' -f1),$i.000"; done
} >"$W/list"
replay() { # PROGRAMS NAME
	timeout 120 "$1/vigilctl" replay --config "$W/conf" --json --list "$W/list" --report-to "$W/endpoint/endpoint.json" --objects "$W/$2.jsonl" --cases "$W/$2.cases" tests/data/demo.pcap >"$W/$2.json" 2>"$W/$2.err"
}
number() { grep -o "\"$1\":[0-9]*" "$W/$lie.json" | tail -n 1 | cut -d: -f2; }
bad=
for lie in $lies; do
	VIGIL_LIE=$lie replay "$W/bin" "$lie"; code=$?
	refused=$(number matches_refused); returns=$(number hasher_violations.return); indices=$(number hasher_violations.index)
	say "$(printf '%-16s' "$lie") exit $code, claims refused ${refused:-?}, returns refused ${returns:-?}, indices refused ${indices:-?}, reports $(endpoint_n finished)"
	# Claims that were refused leave objects without a believed word: the replay says so by its exit code.
	want=0; [ "${refused:-0}" = 0 ] || want=1
	[ $code = $want ] || bad="$bad $lie(exit $code)"
	grep -q 'vigil-dataplane died\|vigild was ended' "$W/$lie.err" && bad="$bad $lie(a program died)"
	case $lie in
	ring-index) [ "${indices:-0}" -ge 1 ] || bad="$bad $lie(not counted)" ;;
	made-up-chunk | double-done) [ "${returns:-0}" -ge 1 ] || bad="$bad $lie(not counted)" ;;
	flood) ;;
	*) [ "${refused:-0}" -ge 1 ] || bad="$bad $lie(not counted)" ;;
	esac
	[ "$(admin reports | grep -c '"id"')" = 0 ] || { admin reports; fail "$lie reached the endpoint"; }
	[ ! -s "$W/$lie.cases" ] || bad="$bad $lie(made a case)"
done
[ -z "$bad" ] || fail "not as it should be:$bad"
lie=honest; replay "$bin" honest || fail "the honest replay"
[ "$(endpoint_n finished)" -ge 2 ] || fail "the honest hasher's matches were not filed"
say "honest: $(endpoint_n finished) reports"
