#!/bin/sh
# What a picture may go through and still be found: recall within 31 bits per change, next to the reference's way (the hash
# as it stands, no variants), and false positives. Over drawn pictures, and over the published ones where ../shared is there.
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do build/bin/test-draw --seed $seed --size 640x480 -o "$W/$seed.jpg" || exit 1; done
echo "12 drawn pictures, 640 x 480"
build/bin/test-hashing_robust "$W"/*.jpg || exit 1
shared=${VIGIL_SHARED:-../shared}/data/pdq/pdq
[ -d "$shared" ] || { echo "published pictures: $shared is not there (VIGIL_SHARED)"; exit 0; }
echo; echo "published pictures"
build/bin/test-hashing_robust "$shared"/bridge-mods/aaa-orig.jpg "$shared"/reg-test-input/labelme-subset/*.jpg
