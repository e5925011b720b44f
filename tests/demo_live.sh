#!/bin/sh
# The appliance in a live link: client and server in network namespaces of their own, Vigil between them as a bump in the wire
# that inspects first. A listed picture is stopped, others pass, the report is filed. Everything stays on this machine; the
# namespaces go away at the end, one private folder is left behind and named. Needs root.
KEEP=1
. tests/lib/story.sh
. tests/lib/net.sh
headline() { printf '\n== %s\n' "$*"; }
url=http://198.51.100.10

headline "1. A client and a server with a wire between them, and Vigil in the wire"
inline_up; endpoint_up
picture holiday 801 640x480; picture listed 802 100x80; picture large 803 1600x1200; picture portrait 804 1600x1200
: >"$W/known.list"
for p in listed large; do echo "sha256,$(sha256sum <"$W/www/$p.jpg" | cut -d' ' -f1),entry-$p,drawn" >>"$W/known.list"; done
hold_config "$W/known.list" 8000
say "curl in $C  <-- veth -->  vigil-forward in $H  <-- veth -->  nginx in $S"
say "the pair is inspect-first, the list's action is report+block; its two entries are SHA-256 digests of drawn pictures:"
sed 's/^/    /' "$W/known.list"
say "(hold_ms is 8000 here, because a demo's machine may be busy; the default is 20)"
house_up
link_up() { in_c curl -s -m 2 -o /dev/null $url/holiday.jpg; }
wait_for 20 "the link" link_up
say "running: $(ctl status | grep -oE 'vigil-(forward|dataplane|hashing|reporter)' | sort -u | tr '\n' ' ')"

headline "2. The client asks for four pictures"
n_wrong=0
ask() { # NAME: what the client saw
	rm -f "$W/got" "$W/head"
	in_c curl -sS -m 30 -o "$W/got" -D "$W/head" $url/$1.jpg 2>"$W/curl.err"; code=$?
	n=$(stat -c %s "$W/got" 2>/dev/null || echo 0); all=$(stat -c %s "$W/www/$1.jpg")
	if cmp -s "$W/got" "$W/www/$1.jpg"; then is="passed, bit-identical ($all bytes)"
	elif grep -q "^HTTP/1.1 451" "$W/head" 2>/dev/null; then is="STOPPED: the client got $(head -n 1 "$W/head" | tr -d '\r'), none of its $all bytes"
	else is="STOPPED: connection reset after $n of $all bytes (curl: $code)"; fi
	say "\$ curl $url/$1.jpg    $is"
	case $1-$is in listed-STOPPED* | large-STOPPED* | holiday-passed* | portrait-passed*) ;; *) n_wrong=$((n_wrong + 1)) ;; esac
}
for p in holiday portrait listed large; do ask $p; done

headline "3. Once more: what was stopped is known now, by its length and its first 16 KiB"
filed() { [ "$(n_filed)" = 2 ]; }
wait_for 40 "two filed reports" filed
for p in large listed portrait; do ask $p; done
[ $n_wrong = 0 ] || fail "$n_wrong answers were wrong"

headline "4. The cases, and the reports that were filed by themselves"
say "\$ vigilctl cases list"; ctl cases list
for id in $(ctl cases list | awk '/VG-/ { print $1 }'); do
	ctl -j cases show "$id" | tr -d ' \n' | sed -E 's/.*"hold":\{"outcome":"([a-z]*)","passed_bytes":([0-9]*),"body_bytes":([0-9]*),"passed_percent":([0-9]*)\}.*/\1 \2 \3 \4/' |
		{ read -r how passed all percent; say "- $id: transfer $how; $passed of $all bytes ($percent percent) had reached the client"; [ "$how" = stopped ] || fail "$id was not stopped"; }
done
say "\$ vigilctl reports list"; ctl reports list
[ "$(endpoint_n finished)" = 2 ] || fail "the endpoint has $(endpoint_n finished) finished reports instead of 2"
grep -ho "The transfer was stopped: [^<]*" "$W"/endpoint/reports/*/*.xml | sort -u | sed 's/^/    in the report: /'

headline "5. What the link saw"
in_h curl -s http://127.0.0.1:9464/metrics | grep -E '^vigil_hold_(begun|ended|known|stops_missed|resets_total|let_go)' | grep -v ' 0$' | sed 's/^/    /'
stop "$house"

headline "Where to look next (all in $W, nothing of it runs any more)"
say "  vigil.yaml                           the configuration: forward.pairs, inline, lists"
say "  endpoint/reports/*/report.xml        what was filed; file-* beside it is what was uploaded"
say "  docs/operations.md (Inline), docs/adr/0011-verdict-hold.md"
say "Remove it when you like: rm -r $W"
