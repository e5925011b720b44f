#!/bin/sh
# Films live: nginx and curl, the house watches. One is listed by its digest and filed; others, one of them uploaded, are found
# by a frame in a list of pictures and by a vPDQ list made of a third encoding: a person reviews these. A film of the other
# picture alone is neither.
. tests/lib/story.sh
. tests/lib/net.sh
F=tests/data/films
net_up; endpoint_up
cp $F/h264.mp4 $F/vp9.webm $F/theora.ogv "$W/www/"
"$bin/vigilctl" hash $F/svq1.mov | sed -n 's/^  vpdq *//p' >"$W/frames"
[ "$(wc -l <"$W/frames")" = 2 ] || fail "vigilctl hash prints no frames: $(cat "$W/frames")"
{ echo "sha256,$(sha256sum <$F/h264.mp4 | cut -d' ' -f1),E-digest,test"; echo "video,E-film,test"; cat "$W/frames" "$W/frames"; } >"$W/list"
echo "pdq,$("$bin/test-hashing_pdq" tests/data/formats/b.png | cut -d, -f1),E-frame,test" >>"$W/list"
house_config "$W/list"
sed -i 's/^    action: report$/&\n    compared_percent: 100/' "$W/vigil.yaml"
house_up
fetch() { in_c curl -sS -m 30 -o /dev/null "http://198.51.100.10/$1" || fail "curl $1"; }
fetch h264.mp4; fetch vp9.webm; fetch theora.ogv
in_c curl -sS -m 30 -T $F/mpeg4.avi http://198.51.100.10/dav/mpeg4.avi || fail "curl upload"
decoded() { [ "$(metric vigil_videos_decoded_total)" -ge 4 ]; }
wait_for 40 "four decoded films" decoded
filed() { [ "$(n_filed)" = 1 ]; }
wait_for 40 "the filed report" filed
cases() { ctl -j cases list | grep -o '"state": *"[a-z]*"' | grep -c "$1"; }
reviewed() { [ "$(cases review)" = 2 ]; }
wait_for 20 "two cases for review" reviewed
[ "$(cases .)" = 3 ] || fail "other cases: $(ctl cases list)"
ctl cases list
for c in $(ctl cases list | awk '$2 == "review" { print $1 }'); do
	for e in E-frame E-film; do ctl -j cases show "$c" | grep -q "\"$e\"" || fail "$c does not name $e: $(ctl -j cases show "$c")"; done
done
say "films decoded $(metric vigil_videos_decoded_total), frames $(metric vigil_video_frames_decoded_total), hashed $(metric vigil_video_frames_total)"
# A person approves the film that a vPDQ list knows: the report says the shares of its frames, and never that it was viewed.
c=$(ctl cases list | awk '$2 == "review" { print $1; exit }')
ctl cases show "$c" | grep -q query_percent || fail "the case does not tell the shares: $(ctl cases show "$c")"
[ "$(ctl -j cases frames "$c" | grep -o "\"pdq\"" | wc -l)" -ge 2 ] || fail "its frames are not kept: $(ctl cases frames "$c")"
ctl cases approve "$c" || fail "approve"
filed() { [ "$(n_filed)" = 2 ]; }
wait_for 40 "the second report" filed
grep -rqs 'matchFramesPercent' "$W/endpoint" && ! grep -rqs 'fileViewedByEsp>true' "$W/endpoint" || fail "what the endpoint got: $(grep -rl matchAlgorithm "$W/endpoint")"
say "approved and filed: $c"
