#!/bin/sh
# A server says a greater Content-Length than it sends and closes: a browser shows the picture all the same. It becomes a
# case by its MD5 alone, plain and coded, after FIN and RST, and the case says that the body was not complete. With a
# hole it has no digests and is nobody's match. The same of an upload in a form whose closing boundary never comes.
. tests/lib/story.sh
need python3
"$bin/test-draw" --seed 4242 -o "$W/p.jpg" || fail "test-draw"
printf 'md5,%s,E-lie\n' "$(md5sum <"$W/p.jpg" | cut -d' ' -f1)" >"$W/list"
cat >"$W/make.py" <<'PY'
# make.py PICTURE OUT plain|gzip fin|rst whole|hole: one connection, server 198.51.100.10:80, 1,000 bytes a segment
import gzip, sys
from segments import Capture, SERVER as S, client
picture, out, coding, end, hole = open(sys.argv[1], 'rb').read(), *sys.argv[2:]
body = gzip.compress(picture, mtime=0) if coding == 'gzip' else picture
C, put = client(40000), Capture(out, 1000).put
form = b'--B\r\nContent-Disposition: form-data; name="f"; filename="p.jpg"\r\n\r\n' + picture
ask = b'GET /p.jpg HTTP/1.1\r\nHost: lies.test\r\n\r\n'
head = ('HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: image/jpeg\r\n%sContent-Length: %d\r\n\r\n' %
        ('Content-Encoding: gzip\r\n' if coding == 'gzip' else '', len(body) + 5000)).encode()
put(C, S, 99, 0, 2); put(S, C, 499, 100, 18); put(C, S, 100, 500, 16)
if 'form' not in coding: put(C, S, 100, 500, 24, ask)
c, s = 100 + len(ask), 500
if coding in ('form', 'open-form'): # an upload whose closing boundary never comes; the length is true, or greater
    head = ('POST /up HTTP/1.1\r\nHost: lies.test\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n' %
            (len(form) + (5000 if coding == 'form' else 0))).encode()
    head, body, s, c, S, C = head, form, 100, 500, C, S
for i, at in enumerate(range(0, len(head + body), 1000)):
    data = (head + body)[at:at + 1000]
    if hole != 'hole' or i != 3: put(S, C, s, c, 24, data)
    s += len(data)
    put(C, S, c, s, 16)
if end == 'fin': put(S, C, s, c, 17); put(C, S, c, s + 1, 17); put(S, C, s + 1, c + 1, 16)
else: put(S, C, s, c, 4)
PY
for way in "plain fin truncated" "plain rst aborted" "gzip fin truncated" "gzip rst aborted" "form fin truncated" "form rst truncated" "open-form fin truncated"; do
	set -- $way
	PYTHONPATH=tests/lib python3 -B "$W/make.py" "$W/p.jpg" "$W/c.pcap" "$1" "$2" whole || fail "$way: no capture"
	"$bin/vigilctl" replay --list "$W/list" --objects "$W/o.jsonl" --cases "$W/c.jsonl" "$W/c.pcap" >"$W/s.txt" || { cat "$W/s.txt"; fail "$way: replay failed"; }
	grep -q "\"size\":$(wc -c <"$W/p.jpg"),\"state\":\"$3\",\(\"[a-z]*\":\"[^\"]*\",\)*\"md5\":\"$(md5sum <"$W/p.jpg" | cut -d' ' -f1)\"" "$W/o.jsonl" || { cat "$W/o.jsonl"; fail "$way: no digests"; }
	grep '"why":"exact"' "$W/c.jsonl" | grep '"algo":"md5"' | grep '"entry":"E-lie"' | grep -q "\"partial\":false,\"seen\":\"$3\"" || { cat "$W/c.jsonl"; fail "$way: no case"; }
	[ "$(grep -c . "$W/c.jsonl")" = 1 ] || fail "$way: more than one case"
	PYTHONPATH=tests/lib python3 -B "$W/make.py" "$W/p.jpg" "$W/c.pcap" "$1" "$2" hole || fail "$way: no capture"
	"$bin/vigilctl" replay --list "$W/list" --objects "$W/o.jsonl" --cases "$W/c.jsonl" "$W/c.pcap" >"$W/s.txt" || { cat "$W/s.txt"; fail "$way: replay failed"; }
	[ ! -s "$W/c.jsonl" ] && grep -q '"state":"gap",.*"md5":null' "$W/o.jsonl" || { cat "$W/c.jsonl" "$W/o.jsonl"; fail "$way: a hole has digests"; }
	say "$way: a case by its MD5, and none with a hole"
done
