#!/bin/sh
# Makes the PDF documents of tests/data/formats whose pictures are not JPEGs (make_formats.sh runs it last): packed.pdf has one picture
# for each way of packing, encoded by libtiff (LZW, run lengths, fax codes) and by jbig2.py (JBIG2, its four templates); the others are
# as Ghostscript, img2pdf and qpdf write them. Needs Debian's python3-pil, ghostscript, img2pdf, qpdf.
set -e
cd "$(dirname "$0")/../.."
out=${OUT:-tests/data/formats}; T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
/usr/bin/python3 - $out "$T" <<'PY'
import base64, io, sys
from PIL import Image, TiffImagePlugin
sys.path.insert(0, 'tests/data')
from jbig2 import jbig2
out, tmp = sys.argv[1:]
TiffImagePlugin.STRIP_SIZE = 1 << 30
a = Image.open(f'{out}/a.png').convert('RGB'); grey = a.convert('L'); bw = a.convert('1'); w, h = a.size
a.convert('P', palette=Image.ADAPTIVE, colors=14).save(f'{tmp}/16.png', bits=4)
a.convert('P', palette=Image.ADAPTIVE, colors=64).save(f'{tmp}/256.png')
a.convert('CMYK').save(f'{tmp}/cmyk.tif', compression='tiff_deflate')
def strip(im, way):
	f = io.BytesIO(); im.save(f, 'TIFF', compression=way); f.seek(0); t = Image.open(f).tag_v2
	return f.getvalue()[t[273][0]:][:t[279][0]], b'true' if t[262] else b'false'
def picture(space, bits, ways, parms, data):
	return (b'<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /%s /BitsPerComponent %d /Filter %s /DecodeParms %s /Length %d >>\n'
		b'stream\n%s\nendstream' % (w, h, space, bits, ways, parms, len(data), data))
(g3, one3), (g4, one4) = strip(bw, 'group3'), strip(bw, 'group4')
fax = b'<< /K %d /Columns %d /BlackIs1 %s >>'
black = [int(v == 0) for v in bw.getdata()]; rows = [black[y * w:][:w] for y in range(h)]
all = [picture(b'DeviceRGB', 8, b'/LZWDecode', b'null', strip(a, 'tiff_lzw')[0]),
	picture(b'DeviceGray', 8, b'[ /ASCII#385Decode /RunLengthDecode ]', b'[ null null ]', base64.a85encode(strip(grey, 'packbits')[0] + b'\x80') + b'~>'),
	picture(b'DeviceGray', 1, b'/CCITTFaxDecode', fax % (0, w, one3), g3), picture(b'DeviceGray', 1, b'/CCITTFaxDecode', fax % (-1, w, one4), g4)]
all += [picture(b'DeviceGray', 1, b'/JBIG2Decode', b'null', jbig2(rows, w, h, t, t % 2)) for t in range(4)]
open(f'{out}/packed.pdf', 'wb').write(b'%PDF-1.5\n' + b''.join(b'%d 0 obj\n%s\nendobj\n' % (i + 1, o) for i, o in enumerate(all)) + b'trailer << >>\n%%EOF\n')
PY
write() { gs -q -dNOPAUSE -dBATCH -sDEVICE=pdfwrite -dAutoFilterColorImages=false -dColorImageFilter=/FlateEncode "$@"; }
for n in a.png 16.png 256.png cmyk.tif; do
	f=$T/$n; [ $n = a.png ] && f=$out/a.png
	img2pdf "$f" -o "$T/${n%.*}.pdf"
done
cp "$T/16.pdf" $out/indexed.pdf; cp "$T/cmyk.pdf" $out/cmyk.pdf
write -dCompatibilityLevel=1.2 -dASCII85EncodePages=true -o $out/printed.pdf "$T/a.pdf"
write -o "$T/gs.pdf" "$T/256.pdf"; qpdf --object-streams=generate "$T/gs.pdf" $out/objects.pdf
qpdf --encrypt '' owner 128 --use-aes=y -- "$T/256.pdf" $out/secret.pdf
rm -rf tests/data/__pycache__
