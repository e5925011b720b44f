#!/bin/sh
# A .c has at most 500 lines, a .h 200, a function 60 (from the brace in column 0 to its end), a line 120 columns.
# A longer file needs a line "FILE because REASON" in tests/lint/LONG, which points to an ADR.
find forward dataplane hashing control include tests \( -name '*.[ch]' -o -name '*.inc' \) | sort | xargs awk '
BEGIN { while ((getline line < "tests/lint/LONG") > 0) { split(line, word, " "); if (word[2] == "because") excused[word[1]] = 1 } }
function check_file() {
	if (file != "" && n_lines > (file ~ /\.h$/ ? 200 : 500) && !(file in excused)) { print file ": " n_lines " lines"; bad = 1 }
}
FNR == 1 { check_file(); file = FILENAME; begin = 0 }
{ n_lines = FNR; wide = $0; gsub(/\t/, "        ", wide) }
length(wide) > 120 { print FILENAME ":" FNR ": wider than 120 columns"; bad = 1 }
/^\{/ { begin = FNR }
/^\}/ { if (begin && FNR - begin + 1 > 60) { print FILENAME ":" begin ": a function of " FNR - begin + 1 " lines"; bad = 1 } begin = 0 }
END { check_file(); exit bad }' && echo "sizes: ok"
