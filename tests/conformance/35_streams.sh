#!/bin/sh
# Every direction of every TCP connection whose bytes another project publishes the MD5 of is put together to the same ones.
. tests/lib/story.sh
need_shared data/corpus/STREAMS.csv
corpus=$shared/data/corpus; n=0; bad=0
for c in $(sed 1d "$corpus/STREAMS.csv" | cut -d, -f1 | sort -u); do
	"$bin/test-streams_dataplane" "$corpus/$c" | sed "s|^$corpus/||" >>"$W/found" || fail "$c"
done
sed 1d "$corpus/STREAMS.csv" | { while IFS=, read -r c flow md5 size source; do
	n=$((n + 1))
	grep -q "^$c $flow $md5 ${size:-[0-9]*} 0 " "$W/found" && continue
	say "$c $flow $md5 ($source) is missing, found:"; grep -F "$c $flow " "$W/found"; bad=$((bad + 1))
done; say "$((n - bad)) of $n directions"; [ $n -gt 0 ] && [ $bad = 0 ]; } || fail "directions differ"
