#!/bin/sh
# The whole walk in the open: a capture of real traffic goes in, filed reports come out; a perceptual match waits for a person
# and is then approved. Everything stays on this machine and in one private folder, which is left behind and named.
KEEP=1
. tests/lib/story.sh
umask 077; chmod 700 "$W"
state=$W/state; run=$state/run
headline() { printf '\n== %s\n' "$*"; }
ctl() { "$bin/vigilctl" --run-dir "$run" "$@"; }
# of KEY FILE: the texts or numbers of that key in JSON, one a line.
of() { grep -oE "\"$1\": ?(\"[^\"]*\"|[0-9]+)" "$2" | sed -E 's/^"[^"]*": ?//; s/^"//; s/"$//'; }

headline "1. A reporting endpoint on this machine (stands in for the CyberTipline's test environment)"
start endpoint.log "$bin/vigil-endpoint" --state "$W/endpoint"
wait_for 20 "the endpoint" test -s "$W/endpoint/endpoint.json"
say "it listens at $(json url "$W/endpoint/endpoint.json"), with a CA and a password made just now in $W/endpoint"

headline "2. Replay: the same programs as in production, over tests/data/demo.pcap (real nginx and curl, drawn pictures)"
say "\$ vigilctl replay --list tests/data/demo.list --report-to endpoint.json --state $state --objects objects.jsonl tests/data/demo.pcap"
"$bin/vigilctl" replay --list tests/data/demo.list --report-to "$W/endpoint/endpoint.json" --state "$state" \
	--objects "$W/objects.jsonl" --cases "$W/cases.jsonl" tests/data/demo.pcap >"$W/summary.txt" 2>"$W/replay.log" ||
	{ cat "$W/summary.txt"; fail "the replay failed"; }
cat "$W/summary.txt"

headline "3. What matched, and why"
grep '"matches":\[{' "$W/objects.jsonl" | sed -E 's/.*"direction":"([a-z]*)".*"url":"([^"]*)".*"list":"([^"]*)","entry":"([^"]*)","algo":"([a-z0-9]*)","distance":([0-9]+).*/\1 \2 \3 \4 \5 \6/' |
	while read -r direction url list entry algo distance; do
		case $algo in
		pdq) why="it looks like the listed picture: PDQ hashes differ in $distance of 256 bits (at most 31 match); its bytes are others" ;;
		*) why="byte for byte the listed file ($algo)" ;;
		esac
		say "- $direction of $url: entry $entry of list '$list', $why"
	done
exact=$(grep -cE '"algo":"(md5|sha1|sha256)"' "$W/objects.jsonl"); perceptual=$(grep -c '"algo":"pdq"' "$W/objects.jsonl")
[ "$exact" = 2 ] || fail "$exact exact matches instead of 2"
[ "$perceptual" = 1 ] || fail "$perceptual perceptual matches instead of 1"
say "An exact match was checked again by vigild over the bytes themselves before anything else happened."

headline "4. What was filed by itself, and what waits"
filed=$(grep '"state":"filed"' "$W/cases.jsonl" | grep -o '"report_id":[0-9]*' | cut -d: -f2)
n_filed=$(grep -c '"state":"filed"' "$W/cases.jsonl"); n_review=$(grep -c '"state":"review"' "$W/cases.jsonl")
[ "$n_filed" = 2 ] || fail "$n_filed cases filed instead of 2"
[ "$n_review" = 1 ] || fail "$n_review cases wait for review instead of 1"
for id in $filed; do
	[ -s "$W/endpoint/reports/$id/report.xml" ] || fail "the endpoint does not have report $id"
	say "- report $id is filed, with its receipt: an exact match"
done
waiting=$(grep '"state":"review"' "$W/cases.jsonl" | grep -o '"id":"[^"]*"' | head -n 1 | cut -d'"' -f4)
say "- case $waiting waits: a match by looks alone is never filed without a person's word"

headline "5. That word, in the open: vigild and the reporter on the same state, without any traffic"
start vigild.log "$bin/vigild" -c "$state/vigil.yaml"
wait_for 20 "vigild" ctl status
start reporter.log "$bin/vigil-reporter" --run-dir "$run" --state-dir "$state"
say "\$ vigilctl cases list"; ctl cases list || fail "cases list"
say "\$ vigilctl cases approve $waiting digests and metadata checked, nobody viewed it"
ctl cases approve "$waiting" digests and metadata checked, nobody viewed it || fail "the approval"
is_filed() { ctl -j cases show "$waiting" | tr -d ' \n' | grep -q '"state":"filed"'; }
wait_for 30 "the approved report" is_filed
ctl -j cases show "$waiting" >"$W/approved.json"
approved=$(of report_id "$W/approved.json" | head -n 1)
[ -s "$W/endpoint/reports/$approved/report.xml" ] || fail "the endpoint does not have report $approved"
[ "$(endpoint_n finished)" = 3 ] || fail "the endpoint has $(endpoint_n finished) finished reports instead of 3"
say "- report $approved is filed: the approved one"
say "\$ vigilctl reports list"; ctl reports list
say "\$ vigilctl audit verify"; ctl audit verify || fail "the audit chain"

headline "Where to look next (all in $W, nothing of it runs any more)"
for id in $filed $approved; do say "  endpoint/reports/$id/report.xml    what was filed (valid against the schema); file-* beside it is what was uploaded"; done
say "  state/evidence/                      the matched bytes, sealed to two custodian keys and the reporter's: no one here can read them"
say "  state/vigil.db                       cases, outbox with every call and receipt, hash-chained audit (SQLite)"
say "  objects.jsonl, cases.jsonl           what the replay saw; summary.txt in words"
say "  docs/architecture.md, docs/operations.md, docs/reporting.md"
say "The folder is stamped 'demo' and can never report to production. Remove it when you like: rm -r $W"
