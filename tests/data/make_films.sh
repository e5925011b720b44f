#!/bin/sh
# Makes tests/data/films: one second of one drawn picture, then one of another, ten frames a second, in every container and codec
# that the hashers read. Run by hand where a format is added; the files are kept, since encoders differ from version to
# version. Needs Debian's ffmpeg, quicktime-utils, python3 and zip; nothing in the films but what test-draw draws.
set -e
cd "$(dirname "$0")/../.."
out=${OUT:-tests/data/films}; size=${SIZE:-160x120}; T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
build/bin/test-draw --seed 71 --size $size -o "$T/a.png"
build/bin/test-draw --seed 72 --size $size -o "$T/b.png"
rm -rf $out; mkdir -p $out
for i in 0 1 2 3 4 5 6 7 8 9; do cp "$T/a.png" "$T/f0$i.png"; cp "$T/b.png" "$T/f1$i.png"; done
film() { # NAME OPTION...
	name=$1; shift
	ffmpeg -v error -y -framerate 10 -i "$T/f%02d.png" -pix_fmt yuv420p -fflags +bitexact -flags +bitexact -map_metadata -1 "$@" $out/$name
}
film h264.mp4 -c:v libx264 -crf 20 -movflags +faststart
film moov_last.mp4 -c:v libx264 -crf 20
film fragments.mp4 -c:v libx264 -crf 20 -g 5 -movflags +frag_keyframe+empty_moov
film hevc.mp4 -c:v libx265 -crf 20 -x265-params log-level=error
film av1.mp4 -c:v libaom-av1 -crf 25 -cpu-used 8
film mpeg4.mov -c:v mpeg4 -q:v 3
film prores.mov -c:v prores -frames:v 11 -pix_fmt yuv422p10le
film svq1.mov -c:v svq1 -q:v 3 -pix_fmt yuv410p
film dnxhd.mov -c:v dnxhd -frames:v 11 -profile:v dnxhr_lb -pix_fmt yuv422p -s 320x240
film vp8.webm -c:v libvpx -b:v 400k
film vp9.webm -c:v libvpx-vp9 -crf 25 -b:v 0
film h264.mkv -c:v libx264 -crf 20
film mjpeg.avi -c:v mjpeg -frames:v 11 -q:v 3 -pix_fmt yuvj420p
film msmpeg4.avi -c:v msmpeg4 -q:v 3
film msmpeg4v2.avi -c:v msmpeg4v2 -q:v 3
film mpeg4.avi -c:v mpeg4 -q:v 3 -vtag xvid
film cinepak.avi -c:v cinepak -pix_fmt rgb24 -frames:v 11
film flv1.flv -c:v flv -q:v 3
film h264.flv -c:v libx264 -crf 20
film mpeg2.ts -c:v mpeg2video -q:v 3 -r 25
film h264.ts -c:v libx264 -crf 20
film mpeg2.mpg -c:v mpeg2video -q:v 3 -r 25 -f vob
film mpeg1.mpg -c:v mpeg1video -q:v 3 -r 25 -f mpeg
film bare.m2v -c:v mpeg2video -q:v 3 -r 25 -f mpeg2video
film theora.ogv -c:v libtheora -q:v 7
film wmv1.asf -c:v wmv1 -q:v 3
film wmv2.wmv -c:v wmv2 -q:v 3
film h263.3gp -c:v h263 -q:v 3 -s 176x144
film disc.m2ts -c:v libx264 -crf 20 -mpegts_m2ts_mode 1
# QuickTime as it was before ftyp, by libquicktime: mdat first; moov first; mdat behind the eight bytes that kept place for its size.
film in.mov -c:v mjpeg -frames:v 11 -q:v 3 -pix_fmt yuvj420p
mv $out/in.mov "$T/"; lqt_transcode -f qtold -vc jpeg "$T/in.mov" $out/mdat_first.mov >/dev/null 2>&1
qt-faststart $out/mdat_first.mov $out/moov_first.mov >/dev/null
/usr/bin/python3 - $out <<'PY'
import struct, sys
b = open(f'{sys.argv[1]}/mdat_first.mov', 'rb').read()
assert b[:8] == b'\0\0\0\1mdat'
open(f'{sys.argv[1]}/wide_first.mov', 'wb').write(struct.pack('>I4sI4s', 8, b'wide', struct.unpack('>Q', b[8:16])[0] - 8, b'mdat') + b[16:])
PY
# Sound beside the picture, a cover picture, two parts of one film in an archive.
ffmpeg -v error -y -framerate 10 -i "$T/f%02d.png" -f lavfi -i sine=d=2 -pix_fmt yuv420p -c:v libx264 -crf 20 -c:a aac -b:a 32k -fflags +bitexact -flags +bitexact -map_metadata -1 $out/sound.mp4
ffmpeg -v error -y -f lavfi -i sine=d=1 -i "$T/a.png" -map 0 -map 1 -c:a aac -b:a 32k -c:v mjpeg -q:v 3 -pix_fmt yuvj420p -disposition:v attached_pic -fflags +bitexact -map_metadata -1 $out/cover.m4a
mkdir "$T/in"; cp $out/h264.mp4 "$T/in/one.mp4"; cp $out/vp8.webm "$T/in/two.webm"
(cd "$T" && zip -qr -X films.zip in) && mv "$T/films.zip" $out/
head -c $(($(wc -c <$out/h264.mp4) * 2 / 3)) $out/h264.mp4 >$out/cut.mp4
ls -l $out | awk '{ n += $5 } END { print NR - 1 " files, " n " bytes" }'
