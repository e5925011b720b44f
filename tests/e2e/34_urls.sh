#!/bin/sh
# Known URLs: the appliance inline between real nginx and curl, its pair inspect-first. Who asks for a URL of a list that says
# block gets 451 in the place of the page, whatever the page is and however the URL is written; lists that say review and
# count let it pass and say who asked for what, with the picture where there was one; nothing is filed; a list read again
# holds without a restart.
. tests/lib/story.sh
. tests/lib/net.sh
inline_up; endpoint_up
for p in stop review counted other; do picture $p "$(printf %s $p | cksum | cut -d' ' -f1)" 320x240; done
mkdir -p "$W/www/bad"; echo "<html>a page</html>" >"$W/www/bad/page.html"; cp "$W/www/stop.jpg" "$W/www/bad/1.jpg"; cp "$W/www/other.jpg" "$W/www/bad/2.jpg"
url=http://198.51.100.10
printf 'sha256,%064d,E-none\n' 7 >"$W/list"
printf '# pages\nhttp://198.51.100.10/bad U-bad,A1,all below\n' >"$W/stop.urls"
printf '198.51.100.10/review.jpg U-review\n198.51.100.10/gone U-gone\n' >"$W/review.urls"
printf 'http://198.51.100.10/counted.jpg\n' >"$W/count.urls"
hold_config "$W/list" 10000
for l in stop:block review:review count:count; do
	printf '  - name: %s\n    kind: url\n    file: %s\n    source: Vigil tests\n    action: %s\n' "${l%:*}" "$W/${l%:*}.urls" "${l#*:}"
done >"$W/more"
awk -v more="$W/more" '/^reporting:/ { while ((getline l < more) > 0) print l } { print }' "$W/vigil.yaml" >"$W/vigil.yaml.2"
mv "$W/vigil.yaml.2" "$W/vigil.yaml"
"$bin/vigild" -T -c "$W/vigil.yaml" || fail "the configuration is refused"
house_up
fetch() { in_c curl -sS -m 40 -o "$W/got" -D "$W/head" "$@" 2>"$W/curl.err"; }
link_up() { fetch $url/other.jpg && cmp -s "$W/got" "$W/www/other.jpg"; }
wait_for 20 "the link" link_up
table_up() { fetch $url/bad/page.html; grep -q "^HTTP/1.1 451" "$W/head"; }
wait_for 20 "the table of URLs" table_up
is_stopped() { # CURL'S WORDS
	fetch "$@"
	grep -q "^HTTP/1.1 451" "$W/head" || fail "$*: no 451 but $(head -n 1 "$W/head") $(cat "$W/curl.err")"
}
is_stopped $url/bad/page.html
is_stopped $url/bad/1.jpg
is_stopped "$url/bad/2.jpg?x=1"
is_stopped --path-as-is "$url/x/../%62a%64/./1.jpg"
is_stopped --path-as-is "$url//bad//nothing"
is_stopped -H "Host: 198.51.100.10." $url/bad/
is_stopped -H "Host: innocent.test" --request-target "http://198.51.100.10/bad/1.jpg" $url/
is_stopped -H "Host: 198.51.100.10" --request-target "http://innocent.test/bad/1.jpg" $url/
for p in other review counted; do
	fetch $url/$p.jpg || fail "$p does not pass: $(cat "$W/curl.err")"
	cmp "$W/got" "$W/www/$p.jpg" || fail "$p came changed"
done
fetch $url/badly.jpg; grep -q "^HTTP/1.1 404" "$W/head" || fail "a neighbour of a listed URL is stopped"
fetch $url/gone/1
say "listed URLs are stopped with 451 in every disguise, neighbours pass: $(metric vigil_hold_urls_stopped_total) stopped of $(metric vigil_requests_listed_total) listed requests"
[ "$(metric vigil_hold_urls_stopped_total)" -ge 8 ] || fail "not counted"

row() { ctl cases list | grep -q "$@"; }
two_review() { [ "$(ctl cases list | grep -c review)" = 2 ]; }
wait_for 30 "the cases of review" two_review
wait_for 10 "the case of counted" row counted
wait_for 30 "the cases of what was stopped" row U-bad
id=$(ctl cases list | awk '/U-review/ { print $1 }' | head -n 1)
ctl -j cases show "$id" >"$W/case"
for want in '"why": "url"' '"algo": "url"' '"entry": "U-review"' "\"url\": \"$url/review.jpg\"" "$(sha256sum <"$W/www/review.jpg" | cut -d' ' -f1)" 198.51.100.21; do
	grep -q -- "$want" "$W/case" || fail "the case does not say $want: $(cat "$W/case")"
done
id=$(ctl cases list | awk '/U-gone/ { print $1 }' | head -n 1)
ctl -j cases show "$id" | grep -q "$url/gone/1" || fail "no case of a request without a picture"
id=$(ctl cases list | awk '/U-bad/ { print $1 }' | head -n 1)
ctl -j cases show "$id" | tr -d ' \n' | grep -q '"hold":{"outcome":"stopped"' || fail "the case does not say that it was stopped: $(ctl -j cases show "$id" | grep -A5 '"hold"')"
[ "$(n_filed)" = 0 ] || fail "a URL alone was filed"
say "cases say who asked for which URL, with the picture where there was one; nothing was filed"

# Another list, without a restart.
printf '198.51.100.10/other.jpg U-other\n' >"$W/stop.urls"
ctl lists reload || fail "reload"
other_stopped() { fetch $url/other.jpg; grep -q "^HTTP/1.1 451" "$W/head"; }
wait_for 20 "the new table" other_stopped
fetch $url/bad/2.jpg && cmp "$W/got" "$W/www/bad/2.jpg" || fail "what is listed no more is stopped"
printf 'http://user@x.test/\n' >"$W/stop.urls"
ctl lists reload 2>"$W/why" && fail "a bad list was taken"
grep -q "stop.urls:1:" "$W/why" || fail "no file and line: $(cat "$W/why")"
is_stopped $url/other.jpg
[ "$(metric vigil_match_refused_total)" = 0 ] || fail "claims were refused: $(in_h curl -s http://127.0.0.1:9464/metrics | grep match_refused | grep -v ' 0$')"
stop "$house"
say "done"
