#!/bin/sh
# Who transfers what (R1): what was undone of the bytes, the form's field, and whose clock the times are by, in the lines
# of objects and of cases.
. tests/lib/story.sh
need python3
PYTHONPATH=tests/lib python3 -B - "$W/x.pcap" tests/data/formats/baseline.jpg <<'PY' || fail "no capture"
import base64, gzip, sys
from segments import Capture
picture = open(sys.argv[2], 'rb').read()
talk = Capture(sys.argv[1]).talk
chunks = lambda b: b''.join(b'%x\r\n%s\r\n' % (len(b[i:i + 700]), b[i:i + 700]) for i in range(0, len(b), 700)) + b'0\r\n\r\n'
packed = gzip.compress(picture, 6, mtime=0)
secret = b'Authorization: Bearer not-to-be-kept\r\nCookie: session=not-to-be-kept\r\nX-Odd: \x01\xff<&\r\n'
talk(40000, b'GET /a.jpg HTTP/1.1\r\nHost: who.test\r\n' + secret + b'\r\n',
     b'HTTP/1.1 200 OK\r\nSet-Cookie: s=not-to-be-kept\r\nServer: own\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n' + chunks(packed),
     s=2**32 - 300)
form = lambda head, b: b'--bb\r\nContent-Disposition: form-data; name="ph<o>to"; filename="p.jpg"\r\n' + head + b'\r\n' + b + b'\r\n--bb--\r\n'
for port, body in (40001, form(b'', picture)), (40002, form(b'Content-Transfer-Encoding: base64\r\n', base64.encodebytes(picture))):
    talk(port, b'POST /up HTTP/1.1\r\nHost: who.test\r\nContent-Type: multipart/form-data; boundary=bb\r\nContent-Length: %d\r\n\r\n' % len(body) + body,
         b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
PY
echo "sha256,$(sha256sum tests/data/formats/baseline.jpg | cut -d' ' -f1),W-1" >"$W/list.txt"
"$bin/vigilctl" replay --objects "$W/o.jsonl" --cases "$W/c.jsonl" --list "$W/list.txt" "$W/x.pcap" >"$W/replay.txt" || { cat "$W/replay.txt"; fail "replay"; }
python3 - "$W/o.jsonl" "$W/c.jsonl" <<'PY' || fail "not as expected"
import json, sys
objects = [json.loads(l) for l in open(sys.argv[1])]
cases = [json.loads(l) for l in open(sys.argv[2])]
hit = [o for o in objects if o['matches']]
assert len(hit) == 3, hit
down = [o for o in hit if o['direction'] == 'download']
assert len(down) == 1 and down[0]['codings'] == 'gzip, chunked', down
up = sorted([o for o in hit if o['direction'] == 'upload'], key=lambda o: o['src_port'])
assert [o['field'] for o in up] == ['ph<o>to'] * 2 and [o.get('transfer') for o in up] == [None, 'base64'], up
down = [c for c in cases if c['direction'] == 'download']
assert len(down) == 1 and down[0]['codings'] == 'gzip, chunked' and down[0]['clock'] == 'capture', cases
up = [c for c in cases if c['direction'] == 'upload']
assert len(up) == 1 and up[0]['files'][0]['field'] == 'ph<o>to', cases
PY
say "codings, fields and clocks are told"
