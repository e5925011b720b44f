#!/bin/sh
# What decoding JPEGs smaller first gives up (ADR 20): how far the scaled hash lies from the exact one, and how many of the
# pairs within 31 bits it would lose, by margin (the hasher's is 10). Over drawn pictures of several sizes and qualities, and
# over the published ones where ../shared is there.
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	for size in 320x240 641x480 1023x767 1600x1200; do
		for quality in 10 30 75 90; do
			build/bin/test-draw --seed $seed --size $size --quality $quality -o "$W/$seed.$size.$quality.jpg" || exit 1
		done
	done
done
echo "# drawn pictures, decoded smaller first"
build/bin/test-hashing_scaled "$W"/*.jpg || exit 1
shared=${VIGIL_SHARED:-../shared}/data
[ -d "$shared/pdq/pdq" ] || { echo "# published pictures: $shared/pdq/pdq is not there (VIGIL_SHARED)"; exit 0; }
echo "# published pictures, decoded smaller first"
find "$shared/pdq/pdq" "$shared/images/jpeg-reftest" "$shared/images/wuffs" -name '*.jp*g' 2>/dev/null | sort | xargs build/bin/test-hashing_scaled
