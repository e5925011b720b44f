#!/bin/sh
# Requests by their URL, in our own captures: who asked for a listed URL is a case, with the picture where there was one,
# whatever the packets went through and with several cores; nothing is reported; and scope.urls leaves the bodies of other
# requests out, in both directions, request by request.
. tests/lib/story.sh
u=198.51.100.10
printf 'http://%s:8080/img/harbour.jpg E-harbour,A1,one page\n%s/dav E-dav\n%s/txt/page.html E-page\n%s/nothing E-none\n%s/img/absent.jpg?x E-query\n' $u $u $u $u $u >"$W/pages"
cases() { # NAME CAPTURE [OPTIONS]: entries of the cases, sorted, in $got
	name=$1; c=$2; shift 2
	"$bin/vigilctl" replay --url-list "$W/pages" "$@" --cases "$W/$name.jsonl" "$c" >"$W/$name.txt" || { cat "$W/$name.txt"; fail "$name: replay failed"; }
	got=$(grep -o '"entry":"[^"]*"' "$W/$name.jsonl" | sort -u | tr '\n' ' ')
	[ "$got" = '"entry":"E-dav" "entry":"E-harbour" "entry":"E-page" ' ] || fail "$name: $got"
	grep -q "reports *0 filed" "$W/$name.txt" || fail "$name: a URL was reported"
	say "$(printf '%-16s' "$name") $(grep -c . "$W/$name.jsonl") cases of $got"
}
cases as_recorded tests/data/demo.pcap
grep '"entry":"E-harbour"' "$W/as_recorded.jsonl" | grep -q '"why":"url".*"algo":"url".*"url":"http://198.51.100.10/img/harbour.jpg".*"size":53279' || fail "the picture is not tied to the request"
[ "$(grep -c '"entry":"E-dav"' "$W/as_recorded.jsonl")" -ge 2 ] || fail "two different uploads are two cases"
cases two_cores tests/data/demo.pcap --cores 2 --hashers 2
"$bin/test-perturb" tests/data/demo.pcap "$W/tiny.pcap" --split 61 --reorder 20 --seed 5 || fail "test-perturb"
cases tiny_segments "$W/tiny.pcap"
printf 'ok.test/a\nftp://x.test/\n' >"$W/bad"
"$bin/vigilctl" replay --url-list "$W/bad" tests/data/demo.pcap >"$W/bad.txt" 2>&1 && fail "a bad list was taken"
grep -q "bad:2: only http and https" "$W/bad.txt" || fail "no file and line: $(cat "$W/bad.txt")"

scope() { # NAME: objects under $W/NAME.yaml into $W/NAME.jsonl
	"$bin/vigilctl" replay --all-files --config "$W/$1.yaml" --objects "$W/$1.jsonl" tests/data/demo.pcap >"$W/$1.txt" || { cat "$W/$1.txt"; fail "$1: replay failed"; }
	n=$(grep -c . "$W/$1.jsonl")
}
printf 'scope: {}\n' >"$W/all.yaml"; scope all; all=$n
printf 'scope:\n  urls: ["%s/img/*"]\n' $u >"$W/img.yaml"; scope img
[ "$n" = "$(grep -c '"url":"/img/' "$W/all.jsonl")" ] && ! grep -v '"url":"/img/' "$W/img.jsonl" >/dev/null || fail "urls: $n objects"
say "urls: $n of $all objects"
printf 'scope:\n  exclude_urls: ["*/form", "*/txt/*"]\n' >"$W/ex.yaml"; scope ex
grep -qE '"url":"/(form|txt)' "$W/ex.jsonl" && fail "what is excluded was looked at"
[ "$n" = "$(grep -cvE '"url":"/(form|txt)' "$W/all.jsonl")" ] || fail "exclude_urls: $n objects"
say "exclude_urls: $n of $all objects"
printf 'scope:\n  urls: ["other.test", "*.%s"]\n' $u >"$W/none.yaml"; scope none
[ "$n" = 0 ] || fail "nothing is in scope, and $n objects came"
printf 'scope:\n  vlans: []\n  urls: ["HTTP://x"]\n' >"$W/wrong.yaml"
"$bin/vigild" -T -c "$W/wrong.yaml" >"$W/wrong.txt" 2>&1 && fail "a bad pattern was taken"
grep -q "wrong.yaml:3: .*leave out the scheme" "$W/wrong.txt" || fail "no file and line: $(cat "$W/wrong.txt")"
printf 'lists:\n  - name: a\n    file: b\n    kind: url\n    action: report\n' >"$W/wrong.yaml"
"$bin/vigild" -T -c "$W/wrong.yaml" >"$W/wrong.txt" 2>&1 && fail "a list of URLs that reports was taken"
grep -q "wrong.yaml:2: .*a URL is no picture" "$W/wrong.txt" || fail "no file and line: $(cat "$W/wrong.txt")"
say "done"
