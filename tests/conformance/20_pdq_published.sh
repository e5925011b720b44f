#!/bin/sh
# PDQ of the published sample pictures: hash and quality of every JPEG that the C++ reference hashed with libjpeg-turbo must be
# the reference's own; the others within 10 bits where the quality is 80 or more; pictures of kinds without a decoder are
# named and left out. The eight variants of one picture must be those of the reference's DCT. Prints each distance.
O=${O:-build/release}; here=${VIGIL_SHARED:-../shared}/data/pdq; hash=$O/bin/test-hashing_pdq
[ -f "$here/manifest-images.csv" ] || { echo "no published pictures: $here is not there (VIGIL_SHARED names the folder above data/)"; exit 77; }
[ -x "$hash" ] || { echo "$hash is not built"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# path,bytes,sha256,"dims",ref_hash,ref_quality,ref_by,...: dims may be quoted and hold commas.
sed -E '1d; s/^([^,]*),[0-9]+,[0-9a-f]*,("[^"]*"|[^,]*),([0-9a-f]*),([0-9]*),([^,]*),.*/\1,\3,\4,\5/' "$here/manifest-images.csv" >"$work/want"
cut -d, -f1 "$work/want" | sed "s|^|$here/|" | xargs "$hash" >"$work/got" || { echo "the hasher failed"; exit 1; }
awk -F, '
function nibble(c) { return index("0123456789abcdef", c) - 1 }
function distance(a, b,   i, k, x, y, n) {
	for (i = 1; i <= 64; i++) { x = nibble(substr(a, i, 1)); y = nibble(substr(b, i, 1))
		for (k = 0; k < 4; k++) { n += (x % 2 != y % 2); x = int(x / 2); y = int(y / 2) } }
	return n + 0
}
NR == FNR { want[++n] = $2; quality[n] = $3; by[n] = $4; path[n] = $1; next }
{ i = FNR }
$1 == "error" {
	jpeg = path[i] ~ /\.jpe?g$/
	printf "%-9s %s: %s\n", jpeg ? "FAILED" : "left out", path[i], $2
	if (jpeg) bad++; else left++
	next
}
{
	d = distance(want[i], $1); must = by[i] == "cpp+libjpeg-turbo" && path[i] ~ /\.jpe?g$/
	ok = must ? d == 0 && $2 == quality[i] : quality[i] < 80 || d <= 10
	printf "%-9s distance %3d  quality %3d (%3d)  %s  %s\n", ok ? "ok" : "FAILED", d, $2, quality[i], path[i], by[i]
	seen++; exact += d == 0 && $2 == quality[i]; jpegs += must; same += must && ok
	if (!ok) bad++
}
END {
	printf "%d of %d JPEGs exactly as the reference (hash and quality); %d of %d pictures exact; %d left out, %d failed\n", same, jpegs, exact, seen, left, bad
	exit bad > 0 || jpegs < 30
}' "$work/want" "$work/got" || exit 1
source_picture=$here/pdq/reg-test-input/dih/bridge-1-original.jpg
sed 1d "$here/dihedral-bridge-1.csv" | cut -d, -f1,2 >"$work/variants"
for isa in generic avx2 avx512; do
	VIGIL_FORCE_ISA=$isa "$hash" -d "$source_picture" | sed -n 's/^variant,\([^,]*\),\([^,]*\),.*/\1,\2/p' | diff "$work/variants" - || { echo "variants differ ($isa)"; exit 1; }
done
echo "8 of 8 dihedral variants exactly as the reference, on every tier"
