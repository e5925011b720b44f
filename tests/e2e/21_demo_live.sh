#!/bin/sh
# The live demo does all that it says; its folder goes away here.
out=$(mktemp)
sh tests/demo_live.sh >"$out" 2>&1; code=$?
cat "$out"
folder=$(sed -n 's/^kept: \(\/tmp\/vigil-demo_live\.[A-Za-z0-9]*\)$/\1/p' "$out" | tail -n 1)
rm -f "$out"; [ -z "$folder" ] || rm -rf "$folder"
exit $code
