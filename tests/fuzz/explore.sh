#!/bin/sh
# Searches with clang's libFuzzer for new inputs: builds one target with coverage, address and undefined-behaviour sanitizers and
# runs it. usage: explore.sh TARGET CORPUS SECONDS   e.g. explore.sh fuzz_hashing_jpeg tests/fuzz/corpus/hashing_jpeg 60
# What it finds goes to build/explore/found/TARGET; the corpus itself is only read. A crash becomes a corpus file in the fix's
# commit: `explore.sh TARGET CORPUS 0` merges nothing and only replays. Needs clang and libclang-rt.
[ $# = 3 ] || { echo "usage: explore.sh TARGET CORPUS SECONDS"; exit 2; }
target=$1 corpus=$2 seconds=$3 E=build/explore
command -v clang >/dev/null || { echo "clang is not here"; exit 77; }
room=$(echo "$target" | sed -E 's/^fuzz_([a-z]+)_.*/\1/')
of() { make -s --no-print-directory --eval='say-%: ; @echo $($*)' "say-$1"; }
make -s CC=clang MODE=asan O=$E EXTRA_CFLAGS="-fsanitize=fuzzer-no-link -Wno-error" "$E/lib/$room.a" || exit 1
mkdir -p "$E/fuzz" "$E/found/$target"
clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE -Iinclude -I. $(of "CFLAGS_$room") \
	"tests/fuzz/$target.c" "$E/lib/$room.a" $(of "LIBS_$room") -o "$E/fuzz/$target" || exit 1
echo "exploring $target for ${seconds}s"
[ "$seconds" -gt 0 ] || exec "$E/fuzz/$target" -runs=0 "$corpus"
exec "$E/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -artifact_prefix="$E/found/$target-" \
	-print_final_stats=1 -close_fd_mask=1 "$E/found/$target" "$corpus"
