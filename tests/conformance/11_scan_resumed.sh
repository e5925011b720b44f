#!/bin/sh
# A scan that is interrupted again and again, by TERM and by kill -9 of vigilctl or vigild, and gone on with gives the lines
# of one that was not: nothing lost, nothing twice; also where the tree changed meanwhile behind the place it had come
# to. Links, pipes, empty and unreadable files are counted.
. tests/lib/story.sh
export TMPDIR="$W/tmp"; mkdir "$TMPDIR"
mkdir -p "$W/tree/a/b" "$W/tree/a-b" "$W/tree/z"
awk 'BEGIN { for (i = 0; i < 3000; i++) { d = i % 3 == 0 ? "a/b" : i % 3 == 1 ? "a-b" : "z"; print d "/f" i } }' | while read -r f; do
	echo "file $f" >"$W/tree/$f"
done
# A container whose member lines must come with its own; a file that is long enough to be in the way.
(cd "$W/tree" && tar -cf a/c.tar a-b/f1 z/f2 && head -c 30000000 /dev/zero >a/big)
ln -s ../a "$W/tree/z/link"; mkfifo "$W/tree/z/pipe"; : >"$W/tree/z/empty"
ln "$W/tree/a/b/f0" "$W/tree/z/hard"
scan() { "$bin/vigilctl" scan --hashers 2 --objects "$1" -j "$W/tree"; }
lines() { sed 's/"matches":.*//' "$1" | sort; }

scan "$W/whole.jsonl" >"$W/whole.json" || { cat "$W/whole.json"; fail "scan failed"; }
[ "$(wc -l <"$W/whole.jsonl")" = 3005 ] || fail "$(wc -l <"$W/whole.jsonl") lines for 3003 files and 2 members"
for key in files_skipped.special:1 files_skipped.link:1; do
	grep -qE "\"${key%:*}\": *${key#*:}" "$W/whole.json" || { cat "$W/whole.json"; fail "no $key in the summary"; }
done

# Interrupted: each round a little later, until one comes to its end.
round=0; done=
while [ -z "$done" ] && [ $round -lt 60 ]; do
	round=$((round + 1))
	"$bin/vigilctl" scan --hashers 2 --resume "$W/state" --objects "$W/parts.jsonl" -j "$W/tree" >"$W/part.json" 2>"$W/err" &
	pid=$!
	i=0
	while [ $i -lt $round ] && kill -0 $pid 2>/dev/null; do sleep 0.2; i=$((i + 1)); done
	if kill -0 $pid 2>/dev/null; then
		case $((round % 3)) in
		0) kill -TERM $pid ;;
		1) kill -KILL $pid ;;
		2) child=$(cat /proc/$pid/task/$pid/children 2>/dev/null | awk '{ print $1 }'); [ -z "$child" ] || kill -KILL "$child" ;;
		esac
	fi
	wait $pid 2>/dev/null && done=1
	[ -n "$done" ] || ! grep -q "state of another scan\|is no state" "$W/err" || { cat "$W/err"; fail "state refused"; }
	[ -n "$done" ] || while ! flock -n "$W/state.lock" true; do sleep 0.1; done # what was killed is gone
done
[ -n "$done" ] || { cat "$W/err"; fail "no round came to its end"; }
[ ! -e "$W/state" ] || fail "the state of a complete scan is still there"
lines "$W/whole.jsonl" >"$W/whole.txt"; lines "$W/parts.jsonl" >"$W/parts.txt"
cmp "$W/whole.txt" "$W/parts.txt" || { diff "$W/whole.txt" "$W/parts.txt" | head; fail "lines lost or doubled"; }
say "$round rounds, 3005 lines, none lost or doubled"

# A state belongs to its scan.
echo '{"scan":"other","done":[]}' >"$W/state"
"$bin/vigilctl" scan --resume "$W/state" --objects "$W/x.jsonl" "$W/tree" >/dev/null 2>"$W/err" && fail "another scan's state was taken"
grep -q "state of another scan" "$W/err" || { cat "$W/err"; fail "no clear word about another scan's state"; }
"$bin/vigilctl" scan --resume "$W/s" --cases "$W/c" "$W/tree" 2>"$W/err"; [ $? = 2 ] || fail "--resume with --cases is no usage error"
rm -f "$W/state"; : >"$W/state.lock"
flock "$W/state.lock" "$bin/vigilctl" scan --resume "$W/state" "$W/tree" >/dev/null 2>"$W/err" && fail "a state was taken that another scan holds"
grep -q "still runs" "$W/err" || { cat "$W/err"; fail "no clear word about a running scan"; }
# What cannot be read is named and counted, and the others are done. (root reads everything: a folder too deep to walk.)
(cd "$W/tree/z" && i=0 && while [ $i -lt 66 ]; do mkdir d && cd d && i=$((i + 1)); done && echo deep >x)
scan "$W/deep.jsonl" >"$W/deep.json" 2>"$W/err"; [ $? = 1 ] || fail "exit code with an unreadable folder"
grep -qE '"files_shed.unreadable": *1' "$W/deep.json" && grep -q "z/d/d" "$W/err" || { cat "$W/err" "$W/deep.json"; fail "unreadable folder not named or counted"; }
[ "$(wc -l <"$W/deep.jsonl")" = 3005 ] || fail "files lost beside an unreadable folder"
