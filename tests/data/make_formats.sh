#!/bin/sh
# Makes tests/data/formats: two drawn pictures in every format and sort that the hashers read, and every container. Run by
# hand where a format is added; the files are kept, since encoders differ from version to version. Needs Debian's
# python3-pil, webp, libjpeg-turbo-progs, libheif-examples, libjxl-tools, libopenjp2-tools, zip, p7zip-full, ffmpeg, libreoffice-writer-nogui,
# libreoffice-calc-nogui, libole-storage-lite-perl.
set -e
cd "$(dirname "$0")/../.."
out=${OUT:-tests/data/formats}; size=${SIZE:-160x120}; T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
build/bin/test-draw --seed 71 --size $size -o "$T/a.png"
build/bin/test-draw --seed 72 --size $size -o "$T/b.png"
rm -rf $out; mkdir -p $out
cp "$T/a.png" $out/a.png; cp "$T/b.png" $out/b.png
/usr/bin/python3 - "$T" $out <<'PY'
import base64, struct, sys, zlib
from PIL import Image
tmp, out = sys.argv[1:]
a, b = (Image.open(f'{tmp}/{n}.png').convert('RGB') for n in 'ab')
a.save(f'{out}/baseline.jpg', quality=90)
a.save(f'{out}/progressive.jpg', quality=90, progressive=True)
a.convert('L').save(f'{out}/grey.jpg', quality=90)
a.convert('CMYK').save(f'{out}/cmyk.jpg', quality=92)
a.save(f'{out}/stereo.mpo', save_all=True, append_images=[b], quality=90)
jpeg = open(f'{out}/baseline.jpg', 'rb').read()
open(f'{out}/cut.jpg', 'wb').write(jpeg[:len(jpeg) * 2 // 3])
open(f'{out}/junk.jpg', 'wb').write(b'\r\n\r\n' + jpeg + b'trailing bytes' * 20)
at = jpeg.index(b'\xff\xc0')
open(f'{out}/12bit.jpg', 'wb').write(jpeg[:at + 4] + b'\x0c' + jpeg[at + 5:])
p = a.convert('P', palette=Image.ADAPTIVE, colors=128); q = b.convert('P', palette=Image.ADAPTIVE, colors=128)
p.save(f'{out}/palette.png'); a.convert('LA').save(f'{out}/greyalpha.png')
a.convert('RGBA').save(f'{out}/rgba.png')
p.save(f'{out}/still.gif'); p.save(f'{out}/moving.gif', save_all=True, append_images=[q], duration=100, loop=0)
a.save(f'{out}/moving.apng', format='PNG', save_all=True, append_images=[b], duration=100)
a.save(f'{out}/24.bmp'); p.save(f'{out}/8.bmp'); a.convert('RGBA').save(f'{out}/32.bmp')
for name in 'raw', 'tiff_lzw', 'tiff_adobe_deflate', 'jpeg', 'packbits':
	a.save(f'{out}/{name}.tif', compression=None if name == 'raw' else name)
a.save(f'{out}/pages.tif', save_all=True, append_images=[b], compression='tiff_lzw')
a.convert('CMYK').save(f'{out}/cmyk.tif', compression='tiff_lzw')
side = 128 if a.width > 128 else 16
a.resize((side, side)).save(f"{out}/icon.ico", sizes=[(side, side), (side // 2, side // 2)])
a.save(f'{out}/moving.webp', save_all=True, append_images=[b], duration=100, quality=90)
a.save(f'{out}/document.pdf', quality=90)
def pack(row):
	return b''.join(bytes([len(row[i:i + 128]) - 1]) + row[i:i + 128] for i in range(0, len(row), 128))
def psd(name, im, mode, runs, invert=False):
	w, h = im.size
	rows = [bytes(255 - v if invert else v for v in c.getdata()) for c in im.split()]
	rows = [r[y * w:(y + 1) * w] for r in rows for y in range(h)]
	body = struct.pack('>H', 1) + b''.join(struct.pack('>H', len(pack(r))) for r in rows) + b''.join(map(pack, rows)) if runs \
		else struct.pack('>H', 0) + b''.join(rows)
	head = b'8BPS' + struct.pack('>H6xHIIHH', 1, len(im.getbands()), h, w, 8, mode)
	open(f'{out}/{name}', 'wb').write(head + bytes(12) + body)
psd('rgb.psd', a, 3, True); psd('raw.psd', a.convert('L'), 1, False); psd('cmyk.psd', a.convert('CMYK'), 4, True, True)
# A PDF with a deflated picture as bare samples, and one behind a predictor of PNG's.
w, h = a.size
bare = zlib.compress(a.tobytes())
rows = zlib.compress(b''.join(b'\0' + a.tobytes()[y * w * 3:(y + 1) * w * 3] for y in range(h)))
obj = lambda n, d, s: b'%d 0 obj\n<< %s /Length %d >>\nstream\n%s\nendstream\nendobj\n' % (n, d, len(s), s)
base = b'/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode' % (w, h)
open(f'{out}/samples.pdf', 'wb').write(b'%PDF-1.4\n' + obj(1, base, bare) +
	obj(2, base + b' /DecodeParms << /Predictor 15 /Colors 3 /Columns %d >>' % w, rows) + b'trailer << >>\n%%EOF\n')
# The same JPEG file written as text, in both ways of the format.
jpeg = open(f'{out}/baseline.jpg', 'rb').read()
dct = b'/Type /XObject /Subtype /Image /Filter [ /%s /DCTDecode ]'
open(f'{out}/text.pdf', 'wb').write(b'%PDF-1.3\n' + obj(1, dct % b'ASCII85Decode', base64.a85encode(jpeg, wrapcol=72) + b'~>') +
	obj(2, dct % b'ASCIIHexDecode', jpeg.hex().encode() + b'>') + b'trailer << >>\n%%EOF\n')
PY
jpegtran -arithmetic $out/baseline.jpg >$out/arithmetic.jpg
cwebp -quiet -q 90 "$T/a.png" -o $out/lossy.webp; cwebp -quiet -lossless "$T/a.png" -o $out/lossless.webp
heif-enc -q 90 "$T/a.png" -o $out/a.heic >/dev/null; heif-enc -A -q 90 "$T/a.png" -o $out/a.avif >/dev/null
cjxl --quiet -q 92 "$T/a.png" $out/lossy.jxl; cjxl --quiet -q 100 "$T/a.png" $out/lossless.jxl; cjxl --quiet -q 92 $out/moving.apng $out/moving.jxl
opj_compress -i "$T/a.png" -o $out/a.jp2 -r 8 >/dev/null; opj_compress -i "$T/a.png" -o $out/a.j2k -r 8 >/dev/null
# Containers, each with the same two pictures in a folder.
mkdir "$T/in"; cp $out/baseline.jpg "$T/in/one.jpg"; cp $out/lossy.webp "$T/in/two.webp"; echo 'only text' >"$T/in/three.txt"
(cd "$T" && zip -qr deflated.zip in && zip -qr0 stored.zip in && zip -qr -P secret encrypted.zip in && zip -qr -fz forced64.zip in &&
	tar cf plain.tar in && tar czf packed.tar.gz in && tar cJf packed.tar.xz in && tar cjf packed.tar.bz2 in && gzip -kc in/one.jpg >one.jpg.gz &&
	7z a -bso0 -bsp0 packed.7z in >/dev/null && mkdir word && mkdir word/media && cp in/one.jpg word/media/image1.jpeg &&
	echo '<Types/>' >'[Content_Types].xml' && zip -qr letter.docx '[Content_Types].xml' word && zip -q nested.zip deflated.zip plain.tar)
mv "$T"/*.zip "$T"/*.tar "$T"/*.gz "$T"/*.xz "$T"/*.bz2 "$T"/*.7z "$T"/*.docx $out/
/usr/bin/python3 - $out <<'PY'
import email.message, email.mime.image, email.mime.message, email.mime.multipart, email.mime.text, binascii, sys
out = sys.argv[1]
jpeg = open(f'{out}/baseline.jpg', 'rb').read(); webp = open(f'{out}/lossy.webp', 'rb').read()
inner = email.mime.multipart.MIMEMultipart('mixed', boundary='in-ner')
inner['From'] = 'a@example.org'; inner['Subject'] = 'inner'
part = email.mime.image.MIMEImage(webp, 'webp'); part.add_header('Content-Disposition', 'attachment', filename='two.webp'); inner.attach(part)
m = email.mime.multipart.MIMEMultipart('mixed', boundary='out-er')
m['From'] = 'a@example.org'; m['To'] = 'b@example.org'; m['Subject'] = 'pictures'
m.attach(email.mime.text.MIMEText('see the pictures\n', 'plain'))
part = email.mime.image.MIMEImage(jpeg, 'jpeg'); part.add_header('Content-Disposition', 'attachment', filename='one.jpg'); m.attach(part)
m.attach(email.mime.message.MIMEMessage(inner))
open(f'{out}/letter.eml', 'wb').write(m.as_bytes().replace(b'\n', b'\r\n'))
uu = b'begin 644 one.jpg\n' + b''.join(binascii.b2a_uu(jpeg[i:i + 45]) for i in range(0, len(jpeg), 45)) + b'`\nend\n'
open(f'{out}/uu.eml', 'wb').write(b'From: a@example.org\nMessage-ID: <1@example.org>\nSubject: old style\n\nhello\n\n' + uu + b'\nbye\n')
PY
# Documents of the old Office programs, by LibreOffice; an Outlook message, a thumbnail store and a laid-in object, by OLE::Storage_Lite.
/usr/bin/python3 - $out "$T" <<'PY'
import base64, sys
out, t = sys.argv[1:]
o = 'urn:oasis:names:tc:opendocument:xmlns:'
ns = ' '.join(f'xmlns:{k}="{o}{v}:1.0"' for k, v in (('office', 'office'), ('text', 'text'), ('table', 'table'), ('draw', 'drawing'), ('svg', 'svg-compatible')))
def frames(more=''):
	data = [base64.b64encode(open(f'{out}/{n}', 'rb').read()).decode() for n in ('baseline.jpg', 'a.png')]
	return ''.join(f'<draw:frame {more} svg:x="{1 + 7 * i}cm" svg:y="1cm" svg:width="5cm" svg:height="4cm"><draw:image><office:binary-data>'
		f'{d}</office:binary-data></draw:image></draw:frame>' for i, d in enumerate(data))
def flat(name, kind, body):
	open(f'{t}/{name}', 'w').write(f'<?xml version="1.0"?><office:document {ns} office:version="1.2" office:mimetype='
		f'"application/vnd.oasis.opendocument.{kind}"><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>')
flat('old.fodt', 'text', '<text:p>two pictures' + frames('text:anchor-type="paragraph"') + '</text:p>')
flat('old.fods', 'spreadsheet', '<table:table table:name="one"><table:shapes>' + frames() +
	'</table:shapes><table:table-row><table:table-cell/></table:table-row></table:table>')
PY
(cd "$T" && for x in fodt:doc fods:xls; do HOME=$T soffice --headless --convert-to ${x#*:} old.${x%:*} >/dev/null 2>&1; done; mv old.doc old.xls "$OLDPWD/$out/")
perl - $out <<'PL'
use OLE::Storage_Lite;
my $out = shift;
sub bytes { open my $f, '<:raw', "$out/$_[0]" or die; local $/; <$f> }
sub stream { OLE::Storage_Lite::PPS::File->new(OLE::Storage_Lite::Asc2Ucs($_[0]), $_[1]) }
sub store { OLE::Storage_Lite::PPS::Dir->new(OLE::Storage_Lite::Asc2Ucs(shift), undef, undef, [@_]) }
sub file { OLE::Storage_Lite::PPS::Root->new(undef, undef, [@_[1 .. $#_]])->save("$out/$_[0]") }
my ($jpeg, $webp) = (bytes('baseline.jpg'), bytes('lossy.webp'));
my $native = "\2\0one.jpg\0C:\\one.jpg\0" . pack('vvV', 0, 3, 11) . "C:\\one.jpg\0" . pack('V', length $jpeg) . $jpeg;
file('letter.msg', stream('__substg1.0_1000001F', "h\0i\0"),
	store('__attach_version1.0_#00000000', stream('__substg1.0_37010102', $jpeg)), store('__attach_version1.0_#00000001', stream('__substg1.0_37010102', $webp)),
	store('ObjectPool', stream("\1Ole10Native", pack('V', length $native) . $native)));
file('thumbs.db', stream('256_1', pack('V3', 12, 1, length $jpeg) . $jpeg), stream('Catalog', "\0" x 16));
PL
OUT=$out sh tests/data/make_documents.sh
ls -l $out | awk '{ n += $5 } END { print NR - 1 " files, " n " bytes" }'
