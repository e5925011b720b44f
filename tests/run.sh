#!/bin/sh
# Runs kinds of tests and closes with "N passed, N failed, N skipped". usage: run.sh unit|fuzz|conformance|lint|e2e ...
# A unit program counts each cmocka test; a script counts once: exit 0 passed, 77 skipped (its last line says why), 75 failed when its
# capture port had lost frames (a machine too busy): played again, at most twice, each time with a line.
MODE=${MODE:-release}; O=build/$MODE; passed=0; failed=0; skipped=0; logs=$O/log; mkdir -p "$logs"
export MODE O
note() { printf '%s\n' "$*"; }
script() { # NAME COMMAND...
	name=$1; shift; log=$logs/$(echo "$name" | tr / _).log; began=$(date +%s)
	for again in "again" "a third time" ""; do
		timeout "${TEST_TIMEOUT:-900}" "$@" >"$log" 2>&1; code=$?
		[ $code = 75 ] && [ -n "$again" ] || break
		note "        $name: $(tail -n 1 "$log"); $again ($(grep -m 1 '^FAILED' "$log"))"
	done
	took=$(($(date +%s) - began))
	case $code in
	0) passed=$((passed + 1)); note "ok      $name (${took}s)" ;;
	77) skipped=$((skipped + 1)); note "skipped $name: $(tail -n 1 "$log")" ;;
	*) failed=$((failed + 1)); note "FAILED  $name (exit $code, ${took}s), the end of $log:"; tail -n 40 "$log" | sed 's/^/        /' ;;
	esac
}
unit() {
	for t in $(find tests/unit -name '*.c' | sort); do
		bin=$O/${t#tests/}; bin=${bin%.c}; log=$logs/$(echo "${t#tests/unit/}" | tr / _).log
		timeout 300 "$bin" >"$log" 2>&1; code=$?
		n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1); bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1); bad=${bad:-0}
		s=$(grep -c '^\[  SKIPPED \] [a-z_]' "$log"); [ "$s" = 0 ] || { skipped=$((skipped + s / 2)); grep -i '^skip:' "$log"; }
		passed=$((passed + ${n:-0}))
		if [ $code != 0 ]; then
			[ "$bad" -gt 0 ] || bad=1
			failed=$((failed + bad)); note "FAILED  $t (exit $code):"; grep -vE '^\[ (RUN|      OK)' "$log" | tail -n 30 | sed 's/^/        /'
		fi
	done
	note "ok      unit: $passed tests"
}
for kind; do
	case $kind in
	unit) unit ;;
	fuzz) for f in $(find tests/fuzz -name 'fuzz_*.c' | sort); do
		b=$(basename "$f" .c); script "fuzz/$b" sh tests/fuzz/replay.sh "$O/fuzz/$b" "tests/fuzz/corpus/${b#fuzz_}"
	done ;;
	conformance | e2e) for t in tests/$kind/[0-9]*.sh; do [ -e "$t" ] && script "$kind/$(basename "$t" .sh)" sh "$t"; done ;;
	lint) for l in arrows hotpath mirror sizes format cppcheck; do script "lint/$l" sh "tests/lint/$l.sh" "$O/obj"; done ;;
	*) echo "run.sh: no such kind: $kind" >&2; exit 2 ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
