#!/bin/sh
# Every module x/y.c has tests/unit/x/test_y.c, or a line "x/y.c because REASON" in tests/lint/UNTESTED. Instruction-set
# tiers, _select and _setup halves share the test of their base name, and a part x_part.c that of test_x.c; main*.c are
# tested by the programs they make.
bad=0
for f in $(find forward dataplane hashing control -name '*.c' ! -name 'main*.c' | sed -E 's/_(generic|avx2|avx512|select|setup)\.c$/.c/' | sort -u); do
	at=tests/unit/$(dirname "$f"); name=$(basename "$f" .c); found=
	while :; do
		[ -f "$at/test_$name.c" ] && { found=1; break; }
		case $name in *_*) name=${name%_*} ;; *) break ;; esac
	done
	[ -n "$found" ] && continue
	grep -qsE "^$f[[:space:]]+because [^ ]" tests/lint/UNTESTED && continue
	echo "$f: no tests/unit/$(dirname "$f")/test_$(basename "$f")"; bad=1
done
for f in $(awk '$2 == "because" { print $1 }' tests/lint/UNTESTED 2>/dev/null); do
	[ -f "$f" ] || { echo "tests/lint/UNTESTED names $f, which is not there"; bad=1; }
done
[ $bad = 0 ] && echo "mirror: ok"
exit $bad
