#!/bin/sh
# Anybody can write X-Forwarded-For, Forwarded or a PROXY line. Without a trusted proxy the client of an object is the client's end of
# its connection, in both directions, and whom a header names stands beside it as a claim; a proxy that is trusted is believed.
. tests/lib/story.sh
need python3
PYTHONPATH=tests/lib python3 -B - "$W/x.pcap" tests/data/formats/baseline.jpg <<'PY' || fail "no capture"
import sys
from segments import Capture
picture = open(sys.argv[2], 'rb').read()
talk = Capture(sys.argv[1]).talk
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
