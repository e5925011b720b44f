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
import gzip, struct, sys, socket
picture, out, coding, end, hole = open(sys.argv[1], 'rb').read(), *sys.argv[2:]
body = gzip.compress(picture, mtime=0) if coding == 'gzip' else picture
C, S = (socket.inet_aton('192.0.2.7'), 40000), (socket.inet_aton('198.51.100.10'), 80)
f = open(out, 'wb'); f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)); n = 0
def total(b):
    b += b'\0' * (len(b) & 1); s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
def put(a, b, seq, ack, flags, data=b''):
    global n
    tcp = lambda s: struct.pack('!HHIIBBHHH', a[1], b[1], seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65535, s, 0) + data
    tcp = tcp(total(a[0] + b[0] + struct.pack('!HH', 6, 20 + len(data)) + tcp(0)))
    ip = lambda s: struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), n, 0, 64, 6, s) + a[0] + b[0]
    p = ip(total(ip(0))) + tcp; n += 1
    f.write(struct.pack('<IIII', 1700000000 + n // 1000, n % 1000 * 1000, len(p), len(p)) + p)
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
	python3 "$W/make.py" "$W/p.jpg" "$W/c.pcap" "$1" "$2" whole || fail "$way: no capture"
	"$bin/vigilctl" replay --list "$W/list" --objects "$W/o.jsonl" --cases "$W/c.jsonl" "$W/c.pcap" >"$W/s.txt" || { cat "$W/s.txt"; fail "$way: replay failed"; }
	grep -q "\"size\":$(wc -c <"$W/p.jpg"),\"state\":\"$3\",\(\"[a-z]*\":\"[^\"]*\",\)*\"md5\":\"$(md5sum <"$W/p.jpg" | cut -d' ' -f1)\"" "$W/o.jsonl" || { cat "$W/o.jsonl"; fail "$way: no digests"; }
	grep '"why":"exact"' "$W/c.jsonl" | grep '"algo":"md5"' | grep '"entry":"E-lie"' | grep -q "\"partial\":false,\"seen\":\"$3\"" || { cat "$W/c.jsonl"; fail "$way: no case"; }
	[ "$(grep -c . "$W/c.jsonl")" = 1 ] || fail "$way: more than one case"
	python3 "$W/make.py" "$W/p.jpg" "$W/c.pcap" "$1" "$2" hole || fail "$way: no capture"
	"$bin/vigilctl" replay --list "$W/list" --objects "$W/o.jsonl" --cases "$W/c.jsonl" "$W/c.pcap" >"$W/s.txt" || { cat "$W/s.txt"; fail "$way: replay failed"; }
	[ ! -s "$W/c.jsonl" ] && grep -q '"state":"gap",.*"md5":null' "$W/o.jsonl" || { cat "$W/c.jsonl" "$W/o.jsonl"; fail "$way: a hole has digests"; }
	say "$way: a case by its MD5, and none with a hole"
done
