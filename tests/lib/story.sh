# Sourced by the scripts of tests/conformance, tests/e2e and tests/bench (POSIX sh, run from the root of the tree).
# Gives: $bin (programs), $shared (optional material), $W (a private folder, gone at the end unless KEEP=1), and the
# words below. What a script starts with `start` ends with it, whatever happens.
MODE=${MODE:-release}; O=${O:-build/$MODE}
bin=$PWD/$O/bin; shared=${VIGIL_SHARED:-../shared}; story=$(basename "$0" .sh)
W=$(mktemp -d "/tmp/vigil-$story.XXXXXX"); chmod 755 "$W"
started=; at_end=
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:exitcode=99:log_path=$W/asan}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:log_path=$W/asan}
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
skip() { say "$*"; exit 77; }
need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }
need() { for p; do command -v "$p" >/dev/null || skip "needs $p"; done; }
need_shared() { [ -e "$shared/$1" ] || skip "$shared/$1 is not here"; }
# start LOG COMMAND...: in the background, in a group of its own; its id is then in $pid.
start() {
	log=$1; shift
	setsid "$@" >"$W/$log" 2>&1 &
	pid=$!; started="$started $pid"
}
# stop PID: TERM to its group, KILL after 10 s.
stop() {
	kill -TERM "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null || return 0
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 "-$1" 2>/dev/null || break; sleep 0.5; done
	kill -KILL "-$1" 2>/dev/null; wait "$1" 2>/dev/null; return 0
}
# wait_for SECONDS TEXT COMMAND...: until the command succeeds, or fail with the text. SECONDS: of a quiet machine; a busy one has PATIENCE times that.
wait_for() {
	end=$(($(date +%s) + $1 * ${PATIENCE:-4})); what=$2; shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$end" ] || fail "waited in vain for $what"
		sleep 0.2
	done
}
# children_of PID: it and all below it.
children_of() { echo "$1"; for c in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do children_of "$c"; done; }
# named NAME PID: the processes of that program name among PID and all below it.
named() { for p in $(children_of "$2"); do [ "$(cut -c1-15 "/proc/$p/comm" 2>/dev/null)" = "$(echo "$1" | cut -c1-15)" ] && echo "$p"; done; }
# json KEY FILE: a text of a flat JSON file. admin PATH [-X POST]: the endpoint's other side. endpoint_n STATE: reports in it.
json() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1; }
inside() { if [ -n "$H" ]; then ip netns exec "$H" "$@"; else "$@"; fi; }
admin() { path=$1; shift; inside curl -sS --cacert "$W/endpoint/ca.pem" "$@" "$(json url "$W/endpoint/endpoint.json" | sed 's|/ispws$||')/admin/$path"; }
endpoint_n() { admin reports | grep -c "\"state\": \"$1\""; }
finish() {
	code=$? n=
	trap - EXIT INT TERM
	for p in $started; do stop "$p"; done
	[ -z "$at_end" ] || eval "$at_end"
	if ls "$W"/asan.* >/dev/null 2>&1; then
		say "a sanitizer spoke:"; head -n 60 "$W"/asan.* | cut -c1-200; [ $code = 77 ] || code=1
	fi
	if [ $code != 0 ] && [ $code != 77 ]; then
		# What the capture port never handed over nobody can find: run.sh then plays the story again, and says so.
		n=$(cat "$W"/*.log 2>/dev/null | sed -n 's/.*control\/ports: port .*: \([0-9]* frames lost\).*/\1/p' | tail -n 1); [ -z "$n" ] || code=75
		for l in "$W"/*.log; do [ -s "$l" ] && { say "--- $l"; tail -n 15 "$l"; }; done
	fi
	[ -n "$KEEP" ] && say "kept: $W" || rm -rf "$W"
	[ -z "$n" ] || say "the capture port says: $n"
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
