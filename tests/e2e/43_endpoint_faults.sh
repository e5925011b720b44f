#!/bin/sh
# An endpoint that misbehaves in every way it can, at every call: each match is filed in the end, once; what a person must
# decide says so and goes on at their word.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
faults="submit:500 submit:cut submit:rubbish submit:4100 upload:503 upload:cut upload:md5 upload:429 fileinfo:500 fileinfo:doctype finish:503 finish:huge upload:expire submit:401"
: >"$W/list"; n=0
for f in $faults; do n=$((n + 1)); p=$(echo "$f" | tr : -); picture "$p" $((700 + n)) 320x240; listed "$p"; done
house_config "$W/list"; house_up
filed() { [ "$(n_filed)" -ge "$1" ]; }
# settled N: filed, or waiting for a person
settled() { [ $(($(n_filed) + $(n_waiting))) -ge "$1" ]; }
n_waiting() { for state in held failed; do ctl -j reports list $state 2>/dev/null; done | grep -o '"case": *"' | wc -l; }
n=0
for f in $faults; do
	n=$((n + 1)); p=$(echo "$f" | tr : -)
	admin "fault?call=${f%:*}&kind=${f#*:}&times=1" -X POST >/dev/null
	get "$p"
	wait_for 150 "the report after $f" settled $n # after a 401 nothing goes out for a minute
	case $(n_waiting) in
	0) say "$f: filed" ;;
	*)
		waiting=$(for state in held failed; do ctl -j reports list $state; done | grep -o '"case": *"[^"]*"' | head -n 1 | cut -d'"' -f4)
		say "$f: waits for a person ($(ctl -j reports show "$waiting" | grep -o '"reason": *"[^"]*"' | head -n 1)); tried again at their word"
		ctl reports retry "$waiting" >/dev/null || fail "reports retry"
		wait_for 60 "the report after $f and a retry" filed $n
		;;
	esac
done
sleep 2
[ "$(n_filed)" = $n ] || fail "$(n_filed) reports filed instead of $n"
finished=$(endpoint_n finished)
[ "$finished" = $n ] || { admin reports; fail "the endpoint has $finished finished reports instead of $n"; }
say "$n faults, $n reports finished, $(endpoint_n retracted) begun again after retracting"
