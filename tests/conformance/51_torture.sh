#!/bin/sh
# Ordinary torture files for decoders and archives, all opened and decoded in one process that has closed the hashers'
# sandbox first: none crashes, hangs or calls what is forbidden, and each is decoded or refused with its reason. Prints a table.
# The address-sanitizer build of the same program looks for reads past the end and leaks (tests/e2e/61_asan_formats.sh).
here=${VIGIL_SHARED:-../shared}/data/images
[ -d "$here" ] || { echo "skip: $here is not there (VIGIL_SHARED)"; exit 77; }
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
find "$here" -type f | sort >"$W/files"
timeout 300 xargs -d '\n' ${UNPACK:-build/bin/test-hashing_unpack} ${SANDBOX---sandbox} <"$W/files" >"$W/out" 2>"$W/err"; code=$?
[ $code = 0 ] || { tail -20 "$W/err"; echo "ended with $code after $(tail -1 "$W/out")"; exit 1; }
awk -F'|' '
{ n[$1]++; at[$1, $2]++; outcome[$2]++; if ($9 != "") members++; else files++ }
END {
	split("decoded partial opened encrypted none cut broken budget pixels small sort decoder", order, " ")
	row = sprintf("%-34s", "kind"); for (i = 1; i <= 12; i++) row = row sprintf("%10s", order[i]); print row
	for (k in n) {
		row = sprintf("%-34s", k)
		for (i = 1; i <= 12; i++) row = row sprintf("%10s", at[k, order[i]] ? at[k, order[i]] : "-")
		print row | "sort"
	}
	close("sort"); printf "%d files, %d files in them\n", files, members
}' "$W/out"
n=$(wc -l <"$W/files"); m=$(awk -F'|' '$9 == ""' "$W/out" | wc -l)
[ "$n" = "$m" ] || { echo "$n files, $m outcomes"; exit 1; }
# Where Pillow makes a picture of it, so must we; but a GIF whose codes go beyond the table, and TGA, which has no signature.
sed 1d "$here/MANIFEST.csv" | awk -F, '$7 == "ok" { print $1 }' | while read -r f; do
	awk -F'|' -v f="$here/$f" '$8 == f && $9 == "" && $2 !~ /decoded|partial|small|pixels/ { print $2 ": " f }' "$W/out"
done >"$W/refused"
[ "$(grep -vcE 'pygif/max-codes.gif|\.tga$' "$W/refused")" = 0 ] || { cat "$W/refused"; exit 1; }
# Nothing else is taken for a film by its atoms or packets: no picture, archive, capture or text of the data, but what has ftyp.
find "${here%/images}/corpus" -type f -size -64M 2>/dev/null | sort | timeout 100 xargs -d '\n' ${UNPACK:-build/bin/test-hashing_unpack} >"$W/corpus" 2>/dev/null
awk -F'|' '$1 ~ /mp4|mp2t/ { print $8 }' "$W/out" "$W/corpus" | while read -r f; do
	[ "$(head -c 8 "$f" | tail -c 4)" = ftyp ] || echo "$f"
done >"$W/films"
[ ! -s "$W/films" ] || { cat "$W/films"; echo "these are no films"; exit 1; }
# Films with a picture in them: the others have sound only, no sample at all, or are 1 x 1.
n=$(awk -F'|' '$8 ~ /\/mp4\// && $9 == "" && $2 ~ /decoded|partial/' "$W/out" | wc -l)
[ "$n" -ge 7 ] || { grep '/mp4/' "$W/out"; echo "only $n of the films are decoded"; exit 1; }
# What the archives' members come to must be what their manifest or their own tools say, where there is one.
echo "each of $(sed 1d "$here/MANIFEST.csv" | awk -F, '$7 == "ok"' | wc -l) pictures that Pillow decodes is decoded, $(wc -l <"$W/refused") refused"
