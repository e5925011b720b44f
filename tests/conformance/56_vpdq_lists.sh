#!/bin/sh
# The published vPDQ hashes as one list, by lines and once more as JSON, each video as a film against every one of them: it matches
# itself wholly; the same film hashed at 128 x 128, above 80 % both ways; one of another scene, not at all.
bin=build/bin
here=${VIGIL_SHARED:-../shared}/data/pdq/vpdq/hashes
[ -d "$here" ] || { echo "skip: no $here"; exit 77; }
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
for f in "$here"/*.txt; do
	echo "video,$(basename "$f" .txt)" >>"$W/lines"; cat "$f" >>"$W/lines"
	echo "video,$(basename "$f" .txt)" >>"$W/json"
	awk -F, 'BEGIN { printf "[" } { printf "%s\"%s,%s,%s\"", (NR > 1 ? ", " : ""), $3, $2, $4 } END { print "]" }' "$f" >>"$W/json"
done
"$bin/test-control_shares" "$W/lines" >"$W/shares" || exit 1
"$bin/test-control_shares" "$W/json" | cmp - "$W/shares" || { echo "as JSON it is another list"; exit 1; }
awk '
function scene(name) { sub(/-.*/, "", name); return name }
function plain(name) { sub(/-128x128$/, "", name); return name }
{ n++ }
$1 == $2 && ($3 != 100 || $4 != 100 || $5 != "match") { print "not itself: " $0; bad = 1 }
$1 != $2 && plain($1) == plain($2) { siblings++; print; if ($3 < 80 || $4 < 80 || $5 != "match") bad = 1 }
scene($1) != scene($2) { strangers++; if ($3 || $4 || $5 == "match") { print "like a stranger: " $0; bad = 1 } }
END { print n " pairs: " siblings " of one film at two sizes, " strangers " of different scenes"; exit bad || !siblings || !strangers }' "$W/shares"
