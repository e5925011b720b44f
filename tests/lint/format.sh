#!/bin/sh
# Every C file is as .clang-format would write it (`make format`).
command -v clang-format >/dev/null || { echo "format: clang-format is not here"; exit 1; }
find forward dataplane hashing control include tests \( -name '*.[ch]' -o -name '*.inc' \) | sort | xargs clang-format --dry-run --Werror 2>&1 | grep -E 'error|warning' | sort -u | head -20 | grep . && exit 1
echo "format: ok"
