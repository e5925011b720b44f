#!/bin/sh
# usage: replay.sh PROGRAM CORPUS: every file of the corpus through one fuzz target; with FUZZ_S=n and clang, n seconds of search.
[ -n "$(ls "$2" 2>/dev/null)" ] || { echo "no corpus $2"; exit 1; }
find "$2" -type f | sort | xargs "$1" || exit 1
[ -z "$FUZZ_S" ] && exit 0
exec sh tests/fuzz/explore.sh "$(basename "$1")" "$2" "$FUZZ_S"
