#!/bin/sh
# Verdict hold: the appliance inline, its pair inspect-first, between real nginx and curl. Listed pictures are stopped, small
# and large, with and without an announced length, down and up; others pass bit-identically; the second transfer of one is
# stopped by its first bytes; a stopped hasher costs hold_ms and is counted; without an inspector everything passes. No outcome
# here hangs on timing: hold_ms is long, except where it is to run out.
. tests/lib/story.sh
. tests/lib/net.sh
inline_up; endpoint_up
for i in 1 2; do picture "clean$i" "$((700 + i))" 100x80; done
picture clean3 703 1600x1200; picture clean4 704 1600x1200
picture small 711 100x80; picture large 712 1600x1200; picture chunked 713 1600x1200; picture upload 714 1600x1200; picture later 715 100x80
: >"$W/list"; for p in small large chunked upload later; do listed $p; done
hold_config "$W/list" 10000
# A second server without lengths: what it sends is chunked.
sed -i 's|location /dav/|location /chunked/ { alias '"$W"'/www/; chunked_transfer_encoding on; gzip off; sub_filter_types *; sub_filter none none; }\n\t\tlocation /dav/|' "$W/nginx.conf"
kill -HUP "$(cat "$W/nginx.pid")"
house_up
url=http://198.51.100.10
fetch() { in_c curl -sS -m 40 -o "$W/got" -D "$W/head" "$@" 2>"$W/curl.err"; }
link_up() { fetch $url/clean1.jpg; }
wait_for 20 "the link" link_up
at() { metric "vigil_hold_ended_total{outcome=\"$1\"}"; }
passes() { # NAME [PATH]
	fetch "$url/${2:-}$1.jpg" || fail "$1 does not pass: $(cat "$W/curl.err")"
	cmp "$W/got" "$W/www/$1.jpg" || fail "$1 came changed"
}
is_stopped() { # NAME HOW MOST_BYTES [PATH]: at most so many bytes of it arrive
	before=$(at stopped)
	fetch "$url/${4:-}$1.jpg"; code=$?; n=$(stat -c %s "$W/got" 2>/dev/null || echo 0)
	case $2 in
	451) grep -q "^HTTP/1.1 451" "$W/head" || fail "$1: no 451 but $(head -n 1 "$W/head"), curl $code" ;;
	reset) [ $code != 0 ] || fail "$1 came to its end" ;;
	esac
	cmp -s "$W/got" "$W/www/$1.jpg" && fail "$1 arrived"
	[ "$n" -le "$3" ] || fail "$n bytes of $1 arrived, more than $3"
	more_stopped() { [ "$(at stopped)" -gt "$before" ]; }
	wait_for 10 "the count of the stop of $1" more_stopped
	say "$(printf '%-10s' "$1") stopped ($2): $n of $(stat -c %s "$W/www/$1.jpg") bytes arrived"
}
for i in 1 2 3 4; do passes clean$i; passes clean$i chunked/; done
in_c curl -sS --no-progress-meter -m 40 -Z -o "$W/a" -o "$W/b" -o "$W/c" -o "$W/d" $url/clean1.jpg $url/clean3.jpg $url/clean4.jpg $url/clean2.jpg || fail "parallel downloads"
cmp "$W/a" "$W/www/clean1.jpg" && cmp "$W/b" "$W/www/clean3.jpg" && cmp "$W/c" "$W/www/clean4.jpg" && cmp "$W/d" "$W/www/clean2.jpg" || fail "parallel downloads came changed"
in_c curl -sS -m 40 -T "$W/www/clean3.jpg" $url/dav/clean3.jpg || fail "the upload"
cmp "$W/www/clean3.jpg" "$W/stored/clean3.jpg" || fail "the upload came changed"
say "what is not listed passes bit-identically: held $(metric vigil_hold_begun_total) times, released by a verdict $(at passed)"
[ "$(at stopped)" = 0 ] || fail "something was stopped that is not listed"

is_stopped small 451 100
large=$(stat -c %s "$W/www/large.jpg")
is_stopped large reset $((large - 1))
fetch $url/chunked/clean3.jpg; grep -qi "^transfer-encoding: chunked" "$W/head" || fail "no body without a length here"
is_stopped chunked reset $(($(stat -c %s "$W/www/chunked.jpg") - 1)) chunked/
in_c curl -sS -m 40 -T "$W/www/upload.jpg" $url/dav/upload.jpg 2>/dev/null && fail "the listed upload came to its end"
cmp -s "$W/stored/upload.jpg" "$W/www/upload.jpg" && fail "the listed upload arrived"
say "upload     stopped (reset)"
cases_are() { [ "$(ctl cases list | grep -c 'report+block')" = "$1" ]; }
wait_for 30 "four cases" cases_are 4
for id in $(ctl cases list | awk '/VG-/ { print $1 }'); do
	ctl -j cases show "$id" | tr -d ' \n' | grep -q '"hold":{"outcome":"stopped"' || fail "case $id does not say what became of the transfer: $(ctl -j cases show "$id" | grep -A5 '"hold"')"
done
say "cases say what passed: $(for id in $(ctl cases list | awk '/VG-/ { print $1 }'); do ctl -j cases show "$id" | tr -d ' \n' | grep -o '"passed_percent":[0-9]*' | cut -d: -f2; done | tr '\n' ' ')percent"
filed() { [ "$(n_filed)" = 4 ]; }
wait_for 40 "four filed reports" filed

# Known by now: stopped by its first bytes.
is_stopped large reset 20000
is_stopped small 451 100
[ "$(metric vigil_hold_known_stopped_total)" = 2 ] || fail "not recognised by their first bytes"
passes clean3

# A hasher that hangs: what is listed passes when hold_ms are over, and is counted.
hasher=$(named vigil-hashing "$house" | head -n 1); time_before=$(at time)
kill -STOP "$hasher"
fetch $url/later.jpg || fail "a stopped hasher keeps a picture"; kill -CONT "$hasher"
cmp "$W/got" "$W/www/later.jpg" || fail "later came changed"
time_counted() { [ "$(at time)" -gt "$time_before" ]; }
wait_for 20 "the count of what waited for hold_ms" time_counted
missed() { [ "$(metric vigil_hold_stops_missed_total)" -ge 1 ]; }
wait_for 20 "the missed stop" missed
wait_for 30 "the case of the late verdict" cases_are 5
id=$(ctl cases list | awk '/E-later/ { print $1 }')
ctl -j cases show "$id" | tr -d ' \n' | grep -q '"hold":{"outcome":"late"' || fail "the case does not say that it passed"
say "later      passed when hold_ms were over: counted, and the case says so"

# No inspector, dead or hanging: everything passes, also what is listed.
dataplane=$(named vigil-dataplane "$house" | head -n 1)
kill -STOP "$dataplane"; passes large; passes clean1; kill -CONT "$dataplane"
say "large      passed while the inspector hung: let go $(metric vigil_hold_let_go_frames_total)"
kill -KILL "$dataplane"; passes later; passes clean2
wait_for 30 "the next inspector" house_ready
known_again() { is_stopped large reset 20000 >/dev/null; }
wait_for 30 "the next inspector to know" known_again
say "large      stopped by the next inspector, from its first bytes"
[ "$(metric vigil_hold_violations_total)" = 0 ] && [ "$(metric vigil_forward_inspector_violations_total)" = 0 ] || fail "the forwarder complains of its inspector"
stop "$house"
say "done"
