#!/bin/sh
# cppcheck over the programs: warnings, performance and portability; suppressions with a reason in tests/lint/CPPCHECK.
command -v cppcheck >/dev/null || { echo "cppcheck: not here"; exit 1; }
grep -v '^#' tests/lint/CPPCHECK 2>/dev/null | grep . >build/cppcheck.suppress
cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -D_GNU_SOURCE -Iinclude -I. \
	--suppressions-list=build/cppcheck.suppress --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=normalCheckLevelMaxBranches \
	forward dataplane hashing control 2>&1 | grep -v '^$' | head -40 | grep . && exit 1
echo "cppcheck: ok"
