#!/bin/sh
# The fixed contract of `vigilctl replay`, `scan` and `hash` (DESIGN.md section 3): options, exit codes, fields, and that
# nothing is left behind.
. tests/lib/story.sh
demo=tests/data/demo.pcap; list=tests/data/demo.list
export TMPDIR="$W/tmp"; mkdir "$TMPDIR"
# expect CODE "TEXT ON STDERR" COMMAND...
expect() {
	want=$1; text=$2; shift 2
	timeout 120 "$@" >"$W/out" 2>"$W/err"; code=$?
	[ "$code" = "$want" ] || { cat "$W/err"; fail "exit $code instead of $want: $*"; }
	[ -z "$text" ] || grep -qF -e "$text" "$W/err" || { cat "$W/err"; fail "stderr does not say '$text': $*"; }
}
clean() { [ -z "$(ls "$TMPDIR")" ] || fail "left behind in TMPDIR: $(ls "$TMPDIR")"; }
ctl="$bin/vigilctl"

# usage: 2, with a word on what was wrong, before anything is made
expect 2 "no capture" "$ctl" replay
expect 2 "unknown option '--bogus'" "$ctl" replay --bogus "$demo"
expect 2 "--cores" "$ctl" replay --cores 0 "$demo"
expect 2 "--hashers" "$ctl" replay --hashers x "$demo"
expect 2 "--loop" "$ctl" replay --loop 0 "$demo"
expect 2 "--objects wants" "$ctl" replay "$demo" --objects
expect 2 "refused" "$ctl" replay --report-to https://report.cybertip.org/ispws "$demo"
expect 2 "refused" "$ctl" replay --report-to https://exttest.cybertip.org/ispws "$demo"
expect 2 "refused" "$ctl" replay --report-to http://127.0.0.1:1/ispws "$demo"
expect 2 "test_endpoint" "$ctl" replay --report-to https://127.0.0.1:1/ispws "$demo"
printf '{"url":"https://127.0.0.1:1/","user":"u","password_file":"p","ca_file":"c","environment":"production"}' >"$W/endpoint.json"
expect 2 "not marked" "$ctl" replay --report-to "$W/endpoint.json" "$demo"
expect 2 "no command" "$ctl" ''
expect 2 "could be" "$ctl" c
expect 3 "is vigild running" "$ctl" -s "$W/nobody.sock" status
clean

# failed: 1, said where and why, before a packet is read
expect 1 "$W/none.pcap" "$ctl" replay "$demo" "$W/none.pcap"
expect 1 "neither pcap nor pcapng" "$ctl" replay "$0"
gzip -c "$demo" >"$W/demo.pcap.gz"; expect 1 "gunzip" "$ctl" replay "$W/demo.pcap.gz"
printf '# fine\nmd5,00112233445566778899aabbccddeeff\nmd5,zz\n' >"$W/bad.list"
expect 1 "$W/bad.list:3:" "$ctl" replay --list "$list" --list "$W/bad.list" --objects "$W/o" "$demo"
[ ! -s "$W/o" ] || fail "objects were written although a list is bad"
expect 1 "$W/none.list" "$ctl" replay --list "$W/none.list" "$demo"
expect 1 "$W/no/o.jsonl" "$ctl" replay --objects "$W/no/o.jsonl" "$demo"
expect 1 "$W/c.yaml:2:" sh -c "printf 'dataplane:\n  bogus: 1\n' >$W/c.yaml; exec $ctl replay --config $W/c.yaml $demo"
head -c 100000 "$demo" >"$W/cut.pcap"; mkdir "$W/dir"
expect 1 "" "$ctl" replay "$W/dir"
clean

# done: 0, the summary and nothing else on stdout, the object lines with their fields
printf 'reporting:\n  environment: production\n  url: https://report.cybertip.org/ispws\n  nonsense: x\nlists:\n  - name: real\n    file: /none\n' >"$W/c.yaml"
expect 0 "" "$ctl" replay --config "$W/c.yaml" --list "$list" --all-files --objects "$W/o.jsonl" --cases "$W/c.jsonl" --json "$demo"
[ "$(wc -l <"$W/out")" = 1 ] || fail "--json prints more than one line"
for key in packets bytes seconds gbit_per_s flows objects by_type by_state shed matches reports_filed verdict p50_ms p99_ms max_ms; do
	grep -q "\"$key\":" "$W/out" || fail "the summary has no $key"
done
n=$(wc -l <"$W/o.jsonl"); [ "$n" -gt 20 ] || fail "only $n objects"
for key in capture proto direction src_ip src_port dst_ip dst_port client_ip host url filename type size state md5 sha1 sha256 raw_md5 pdq pdq_quality parent member matches; do
	[ "$(grep -c "[{,]\"$key\":" "$W/o.jsonl")" = "$n" ] || fail "not every object line has $key"
done
[ "$(grep -c "^{\"capture\":\"$demo\"," "$W/o.jsonl")" = "$n" ] || fail "the capture is not named as it was given"
grep -qE '"matches":\[\{"list":"demo","entry":"DEMO-1","algo":"sha256","distance":0\}' "$W/o.jsonl" || fail "the exact match is not in the objects"
grep -qE '"list":"demo","entry":"DEMO-3","algo":"pdq","distance":[1-9]' "$W/o.jsonl" || fail "the perceptual match is not in the objects"
grep -vE '"(md5|raw_md5|sha1|sha256|pdq|parent)":("[0-9a-f]+"|null),' "$W/o.jsonl" && fail "a digest is no hex text"
[ "$(wc -l <"$W/c.jsonl")" = 3 ] || fail "$(wc -l <"$W/c.jsonl") cases instead of 3"
[ "$(grep -c '"file_viewed":false' "$W/c.jsonl")" = 3 ] || fail "a case does not say file_viewed false"
grep -qE '"state":"review","action":"review","why":"perceptual","algo":"pdq","distance":[1-9]' "$W/c.jsonl" || fail "no perceptual case in review"
grep -qE '"state":"queued","action":"report","why":"exact".*"report_id":null' "$W/c.jsonl" || fail "no exact case: nothing was to be filed"
sed -nE 's/.*"client_ip":"([^"]*)".*/\1/p' "$W/o.jsonl" | grep -q . || fail "no client is named"
clean

# without --all-files only media; --loop gives everything again; batches of more than 16 captures are one run
expect 0 "" "$ctl" replay --objects "$W/m.jsonl" "$demo"
grep -o '"type":"[^"]*"' "$W/m.jsonl" | grep -vE 'image/|video/|octet-stream|multipart' && fail "something else than media without --all-files"
expect 0 "" "$ctl" replay --all-files --loop 3 --objects "$W/l.jsonl" "$demo"
[ "$(wc -l <"$W/l.jsonl")" = $((3 * n)) ] || fail "--loop 3: $(wc -l <"$W/l.jsonl") objects instead of $((3 * n))"
set --; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do cp tests/data/ipv6.pcap "$W/dir/$i.pcap"; set -- "$@" "$W/dir/$i.pcap"; done
expect 0 "" "$ctl" replay --all-files --objects "$W/b.jsonl" "$@"
[ "$(grep -o '"capture":"[^"]*"' "$W/b.jsonl" | sort -u | wc -l)" = 18 ] || fail "not all of 18 captures have objects"
expect 0 "" "$ctl" replay --all-files --pace --objects "$W/p.jsonl" tests/data/ipv6.pcap
clean

# --state keeps the state, stamped demo, for us alone, and is not used twice
expect 0 "" "$ctl" replay --state "$W/state" --list "$list" "$demo"
[ "$(cat "$W/state/STAMP")" = demo ] || fail "the state folder is not stamped demo"
[ "$(stat -c %a "$W/state")" = 700 ] || fail "others may enter the state folder"
[ -s "$W/state/vigil.db" ] || fail "--state keeps no database"
expect 1 "earlier run" "$ctl" replay --state "$W/state" "$demo"

# interrupted: everything ends, whole lines stay, 1
"$ctl" replay --loop 1000000 --objects "$W/i.jsonl" "$demo" >"$W/out" 2>"$W/err" & pid=$!
wait_for 30 "the first objects" test -s "$W/i.jsonl"
kill -TERM $pid; wait $pid; code=$?
[ "$code" = 1 ] || fail "interrupted: exit $code instead of 1"
grep -q interrupted "$W/err" || fail "interrupted: it does not say so"
[ "$(tail -c 1 "$W/i.jsonl" | od -An -c | tr -d ' ')" = '\n' ] || fail "interrupted: a half line stands in the objects"
clean

# vigild killed in the middle: 1, and neither a program nor a folder is left
"$ctl" replay --loop 1000000 --objects "$W/k.jsonl" "$demo" >"$W/out" 2>"$W/err" & pid=$!
wait_for 30 "the first objects" test -s "$W/k.jsonl"
programs=$(children_of $pid)
kill -KILL $(named vigild $pid); wait $pid; code=$?
[ "$code" = 1 ] || fail "vigild killed: exit $code instead of 1"
for p in $programs; do [ ! -d "/proc/$p" ] || fail "vigild killed: $(cat "/proc/$p/comm") is left"; done
clean

# vigilctl killed: its programs end, and the next run removes the folder that it left
"$ctl" replay --loop 1000000 --objects "$W/k2.jsonl" "$demo" >"$W/out" 2>"$W/err" & pid=$!
wait_for 30 "the first objects" test -s "$W/k2.jsonl"
programs=$(children_of $pid)
kill -KILL $pid; wait $pid
gone() { for p in $programs; do [ ! -d "/proc/$p" ] || return 1; done; }
wait_for 30 "the programs of a killed vigilctl to end" gone
[ -n "$(ls "$TMPDIR")" ] || fail "a killed vigilctl left no folder: what is this test about?"
expect 0 "" "$ctl" hash tests/data/demo.list
clean

# scan and hash: the same programs over files
mkdir "$W/pictures/" "$W/pictures/sub"
"$bin/test-draw" --seed 7 --size 320x240 --quality 90 -o "$W/pictures/a.jpg"
"$bin/test-draw" --seed 8 --size 320x240 --quality 90 -o "$W/pictures/sub/b.jpg"
md5=$(md5sum <"$W/pictures/sub/b.jpg" | cut -d' ' -f1); echo "md5,$md5,B" >"$W/b.list"
expect 0 "" "$ctl" scan --list "$W/b.list" --objects "$W/s.jsonl" --json "$W/pictures"
[ "$(wc -l <"$W/s.jsonl")" = 2 ] || fail "scan: $(wc -l <"$W/s.jsonl") objects instead of 2"
grep "\"md5\":\"$md5\"" "$W/s.jsonl" | grep -q '"entry":"B","algo":"md5"' || fail "scan: the listed file is not matched"
grep -q '"proto":"file"' "$W/s.jsonl" || fail "scan: the objects do not say proto file"
expect 1 "$W/nothing" "$ctl" scan --objects "$W/s.jsonl" "$W/nothing" "$W/pictures/a.jpg"
[ "$(wc -l <"$W/s.jsonl")" = 1 ] || fail "scan: the file that is there was not scanned"
expect 0 "" "$ctl" hash "$W/pictures/a.jpg" "$W/pictures/sub/b.jpg"
grep -q "md5      $md5" "$W/out" && grep -qE 'pdq      [0-9a-f]{64}' "$W/out" && grep -q 'quality  ' "$W/out" || { cat "$W/out"; fail "hash: no digests"; }
expect 0 "" "$ctl" hash -j "$W/pictures/a.jpg" "$W/pictures/sub/b.jpg"
[ "$(wc -l <"$W/out")" = 2 ] || fail "hash -j: not one line for each file"
expect 1 "$W/nothing" "$ctl" hash "$W/pictures/a.jpg" "$W/nothing"
grep -q "md5      " "$W/out" || fail "hash: the file that is there was not hashed"
expect 2 "no file" "$ctl" hash
clean
say "the contract holds: $n objects"
