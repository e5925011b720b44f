#!/bin/sh
# kill -9 of the reporter in every call of a report, before the endpoint acted and after it acted but before it answered; and
# answers that get lost: each match is filed, once, and nothing is left open.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
: >"$W/list"; n=0
for call in submit upload fileinfo finish; do
	for kind in slow stall lost; do n=$((n + 1)); picture "$call-$kind" $((600 + n)) 320x240; listed "$call-$kind"; done
done
house_config "$W/list"; house_up
filed() { [ "$(n_filed)" -ge "$1" ]; }
state_is() { ctl -j reports list "$1" | grep -q '"case"'; }
n=0
for call in submit upload fileinfo finish; do
	case $call in submit) state=opening ;; upload) state=uploading ;; fileinfo) state=describing ;; finish) state=finishing ;; esac
	for kind in slow stall lost; do
		n=$((n + 1))
		admin "fault?call=$call&kind=$kind&ms=4000" -X POST >/dev/null
		get "$call-$kind"
		if [ $kind != lost ]; then
			wait_for 20 "a report in state $state" state_is $state
			sleep 0.7
			victim=$(named vigil-reporter "$house"); [ -n "$victim" ] || fail "no reporter runs"
			for v in $victim; do kill -KILL "$v"; done
		fi
		wait_for 60 "the report after $call was $kind" filed $n
		say "$call $kind: filed"
	done
done
sleep 5 # calls that the endpoint still had in hand
[ "$(n_filed)" = $n ] || fail "$(n_filed) reports filed instead of $n"
finished=$(endpoint_n finished); open=$(endpoint_n open)
[ "$finished" = $n ] || { admin reports; fail "the endpoint has $finished finished reports instead of $n"; }
doubled=$(admin reports | tr -d ' \n' | sed 's/{"id":[0-9]*,"state"/\n&/g' | grep '"state":"finished"' | grep -o '"sha256":"[0-9a-f]*"' | sort | uniq -d | wc -l)
[ "$doubled" = 0 ] || fail "$doubled files are in more than one finished report"
say "$n reports finished, $(endpoint_n retracted) begun again after retracting, $open left open (these expire)"
[ "$open" -le 3 ] || fail "more reports were left open than answers to submit were lost"
