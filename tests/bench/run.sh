#!/bin/sh
# Every bench, one after the other, pinned to one core: `name value unit` a line. usage: run.sh BUILD_FOLDER
O=${1:-build/release}
core=$(($(nproc) - 1)); pin=
command -v taskset >/dev/null && pin="taskset -c $core"
echo "# $(date -u +%Y-%m-%dT%H:%MZ) $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, core $core, $(uname -sr), $(${CC:-cc} --version | head -n 1)"
echo "# load $(cut -d' ' -f1-3 /proc/loadavg); medians of CPU time"
bad=0
for b in tests/bench/bench_*.c; do
	name=$(basename "$b" .c)
	[ -x "$O/bench/$name" ] || { echo "# $name is not built" >&2; bad=1; continue; }
	$pin "$O/bench/$name" || { echo "# $name failed" >&2; bad=1; }
done
for s in tests/bench/*.sh; do
	[ "$s" = tests/bench/run.sh ] && continue
	[ "$s" = tests/bench/soak.sh ] && [ -z "$MINUTES" ] && continue
	O=$O sh "$s"; code=$?
	[ $code = 0 ] || [ $code = 77 ] || { echo "# $s failed" >&2; bad=1; }
done
exit $bad
