#!/bin/sh
# Anybody can write X-Forwarded-For, Forwarded or a PROXY line. Without a trusted proxy the client of an object is the client's end of
# its connection, in both directions, and whom a header names stands beside it as a claim; a proxy that is trusted is believed.
. tests/lib/story.sh
need python3
python3 - "$W/x.pcap" tests/data/formats/baseline.jpg <<'PY' || fail "no capture"
import socket, struct, sys
picture = open(sys.argv[2], 'rb').read()
S = (socket.inet_aton('198.51.100.10'), 80)
f = open(sys.argv[1], 'wb'); f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)); n = 0
def total(b):
    b += b'\0' * (len(b) & 1); s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
def put(a, b, seq, ack, flags, data=b''):
    global n
    tcp = lambda s: struct.pack('!HHIIBBHHH', a[1], b[1], seq, ack, 0x50, flags, 65535, s, 0) + data
    tcp = tcp(total(a[0] + b[0] + struct.pack('!HH', 6, 20 + len(data)) + tcp(0)))
    ip = lambda s: struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), n, 0, 64, 6, s) + a[0] + b[0]
    p = ip(total(ip(0))) + tcp; n += 1
    f.write(struct.pack('<IIII', 1700000000, n * 100, len(p), len(p)) + p)
def talk(port, ask, answer):
    C = (socket.inet_aton('192.0.2.7'), port); c, s = 100, 500
    put(C, S, 99, 0, 2); put(S, C, 499, 100, 18); put(C, S, 100, 500, 16)
    for at in range(0, len(ask), 1000): put(C, S, c, s, 24, ask[at:at + 1000]); c += len(ask[at:at + 1000])
    for at in range(0, len(answer), 1000): put(S, C, s, c, 24, answer[at:at + 1000]); s += len(answer[at:at + 1000])
    put(C, S, c, s, 17); put(S, C, s, c + 1, 17); put(C, S, c + 1, s + 1, 16)
ok = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
up = lambda name, more: b'PUT /%s HTTP/1.1\r\nHost: claims.test\r\n%sContent-Length: %d\r\n\r\n' % (name, more, len(picture)) + picture
talk(40000, up(b'up', b'X-Forwarded-For: 203.0.113.9\r\n'), ok)
talk(40001, b'GET /down HTTP/1.1\r\nHost: claims.test\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n',
	b'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(picture) + picture)
talk(40002, b'PROXY TCP4 203.0.113.9 198.51.100.10 4711 80\r\n' + up(b'proxy', b''), ok)
talk(40003, up(b'forwarded', b'Forwarded: for=203.0.113.9\r\n'), ok)
talk(40004, up(b'nobody', b'X-Forwarded-For: unknown\r\n'), ok)
PY
printf 'trust:\n  trusted_proxies: [192.0.2.0/24]\n' >"$W/trusting.yaml"
said() { # OBJECTS URL: client and claim of the one object of a URL
	grep "\"url\":\"/$2\"" "$1" | sed -E 's/.*"client_ip":"([^"]*)",("claimed_ip":"([^"]*)",)?.*/\1 \3/'
}
"$bin/vigilctl" replay --all-files --objects "$W/o" "$W/x.pcap" >/dev/null 2>"$W/log" || fail "replay"
for url in up down proxy forwarded; do
	[ "$(said "$W/o" $url)" = "192.0.2.7 203.0.113.9" ] || fail "$url: $(said "$W/o" $url)"
done
[ "$(said "$W/o" nobody)" = "192.0.2.7 " ] || fail "nobody: $(said "$W/o" nobody)"
"$bin/vigilctl" replay --config "$W/trusting.yaml" --all-files --objects "$W/t" "$W/x.pcap" >/dev/null 2>"$W/log" || fail "replay, trusting"
for url in up down proxy; do
	[ "$(said "$W/t" $url)" = "203.0.113.9 " ] || fail "$url, trusted: $(said "$W/t" $url)"
done
# the other header may be a client's: it is never believed
[ "$(said "$W/t" forwarded)" = "192.0.2.7 203.0.113.9" ] || fail "forwarded, trusted: $(said "$W/t" forwarded)"
echo "claims stand beside the client, trusted proxies are believed: $(grep -c client_ip "$W/o") and $(grep -c client_ip "$W/t") objects"
