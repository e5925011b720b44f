#!/bin/sh
# Knowledge goes left: an include may point to its own folder, to a folder that stands earlier in tests/lint/ORDER within
# the same program, or to include/vigil (by <vigil/...>). Prints every arrow that does not, and fails.
find forward dataplane hashing control include \( -name '*.[ch]' -o -name '*.inc' \) | sort | xargs awk '
function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
function program(path) { sub(/\/.*/, "", path); return path }
BEGIN {
	while ((getline line < "tests/lint/ORDER") > 0) {
		split(line, word, " ")
		if (word[1] != "" && word[1] !~ /^#/) place[word[1]] = ++n_places
	}
}
FNR == 1 {
	here = folder(FILENAME); ours = program(FILENAME)
	if (ours != "include" && !(here in place)) { print FILENAME ": folder " here " is not in tests/lint/ORDER"; bad = 1 }
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	head = $0; sub(/^[^"]*"/, "", head); sub(/".*/, "", head); there = folder(head)
	if (ours == "include") why = "include/vigil stands alone"
	else if (program(head) != ours) why = "crosses programs; what is shared belongs to include/vigil"
	else if (!(there in place)) why = "not in tests/lint/ORDER"
	else if (place[there] > place[here]) why = "points downstream"
	else if (head ~ /_priv\.h$/ && there != here) why = "_priv.h is for its own folder"
	else next
	print FILENAME ":" FNR ": \"" head "\" " why; bad = 1
}
END { exit bad }' && echo "arrows: ok"
