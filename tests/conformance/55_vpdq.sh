#!/bin/sh
# Films. Every drawn one through the real programs, under the hashers' final sandbox: its frames are counted, and one of them is
# found in a list of pictures, alone and in an archive; a film that was cut says so; one that is not held whole is looked at
# as far as its head goes. Then the published vPDQ hashes, where they are there: the same lines and times, the distances in a table
# (specs: below 31 where both qualities are 50 or more; other FFmpeg versions decode a little differently).
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
bin=build/bin; F=tests/data/films; bad=
pdq() { $bin/test-hashing_pdq "tests/data/formats/$1" | cut -d, -f1; }
scan() { timeout 100 $bin/vigilctl scan --json "$@" >"$W/sum" 2>"$W/log" || { cat "$W/log"; exit 1; }; grep -q died "$W/log" && { cat "$W/log"; echo "a hasher died"; exit 1; }; }
echo "pdq,$(pdq b.png),B" >"$W/b"; { echo "pdq,$(pdq a.png),A"; cat "$W/b"; } >"$W/list"
scan --list "$W/list" --objects "$W/o" $F
for f in $F/*; do
	line=$(grep -F "\"filename\":\"$f\"" "$W/o"); n=2; film='[^m]*'
	case ${f##*/} in
	films.zip)
		[ "$(grep '"member":"in/' "$W/o" | grep -c '"frames":2.*"algo":"pdq"')" = 2 ] || { echo "films.zip: its films are not found"; bad=1; }
		continue ;;
	cut.mp4) n=1; film=',"film":"part"' ;;
	cover.m4a | theora.ogv | mpeg2.ts) n=1 ;;
	esac
	echo "$line" | grep -q "\"frames\":$n$film,\"matches\":\[{[^}]*\"algo\":\"pdq\"" || { echo "${f##*/}: $line"; bad=1; }
done
scan --list "$W/b" --objects "$W/o2" $F/h264.mp4 $F/vp9.webm
[ "$(grep -c '"entry":"B","algo":"pdq","distance":[0-9]*,"frame":10' "$W/o2")" = 2 ] || { echo "the second picture is not found in its frame"; bad=1; }
# A list of one of them as a video: every other encoding is found, whatever its container.
timeout 60 $bin/vigilctl hash $F/svq1.mov | sed -n 's/^  vpdq *//p' >"$W/video.txt"
scan --list "$W/video.txt" --objects "$W/o4" $F
n=$(grep -c '"entry":"video","algo":"vpdq","distance":0,"query_percent":100' "$W/o4"); [ "$n" -ge 33 ] || { echo "only $n films are found by a vPDQ list"; bad=1; }
printf 'dataplane:\n  object_hold_bytes: 65536\nhashing:\n  seconds_per_hash: 0\n' >"$W/conf"
scan --config "$W/conf" --list "$W/list" --objects "$W/o3" $F/prores.mov $F/h264.mp4 $F/mjpeg.avi
grep '"mjpeg\|mjpeg.avi' "$W/o3" | grep -q '"frames":[1-9].*"film":"part".*"entry":"A"' || { echo "the head of a film that is not held: $(grep mjpeg "$W/o3")"; bad=1; }
grep 'h264.mp4' "$W/o3" | grep -q '"frames":20,' || { echo "not every frame: $(grep h264.mp4 "$W/o3")"; bad=1; }
[ -z "$bad" ] || exit 1
echo "$(ls $F | wc -l) drawn films: $(grep -c '"frames":' "$W/o") decoded, $(grep -c '"algo":"pdq"' "$W/o") found by a frame, $n by a vPDQ list"
here=${VIGIL_SHARED:-../shared}/data/pdq/vpdq
[ -d "$here/videos" ] || { echo "skip: the published films are not there ($here, VIGIL_SHARED)"; exit 0; }
for f in "$here"/videos/*.mp4; do
	name=$(basename "$f" .mp4); [ -f "$here/hashes/$name.txt" ] || continue
	$bin/test-hashing_vpdq "$f" >"$W/got" 2>"$W/err" || { cat "$W/err"; exit 1; }
	awk -F, -v name="$name" '
	function nibble(c) { return index("0123456789abcdef", c) - 1 }
	function distance(a, b,   i, k, x, y, n) {
		for (i = 1; i <= 64; i++) { x = nibble(substr(a, i, 1)); y = nibble(substr(b, i, 1))
			for (k = 0; k < 4; k++) { n += (x % 2 != y % 2); x = int(x / 2); y = int(y / 2) } }
		return n + 0
	}
	NR == FNR { frame[FNR] = $1; quality[FNR] = $2; hash[FNR] = $3; time[FNR] = $4; n = FNR; next }
	{
		m = FNR; times += $1 == frame[m] && $4 == time[m]; d = distance($3, hash[m]); same += d == 0
		q = $2 - quality[m]; q = q < 0 ? -q : q; worst = q > worst ? q : worst
		if ($2 >= 50 && quality[m] >= 50) { good++; max = d > max ? d : max }
	}
	END {
		printf "%-36s %4d of %4d lines, %4d times equal, identical %3d %%, max distance %2d (of %d with quality >= 50), quality within %d\n", name, m, n, times, 100 * same / m, max, good, worst
		exit m != n || times != n || max >= 31 || worst > 2
	}' "$here/hashes/$name.txt" "$W/got" || bad=1
done
[ -z "$bad" ]
