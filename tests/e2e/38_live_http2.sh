#!/bin/sh
# Live: HTTP/2 in the clear by prior knowledge and by Upgrade (nginx, nghttpd, nghttpx; curl, nghttp with many streams at a time), a PROXY
# header, and WebSocket both ways with its own compression, over HTTP/1 and over a stream of HTTP/2 (extended CONNECT between two nghttpx).
. tests/lib/story.sh
. tests/lib/net.sh
. tests/lib/live.sh
need nghttpd nghttpx nghttp; /usr/bin/python3 -c 'import websockets' 2>/dev/null || skip "python3-websockets is not here"
net_up
h=198.51.100.10; www=$W/www
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do picture "p$i" "$((930 + i))"; done
: >"$W/list"; for i in 3 4 5 6 8 9 12 13; do listed "p$i"; done
cat >"$W/more.conf" <<CONF
user root; worker_processes 1; pid $W/more.pid; error_log $W/more-error.log; events { worker_connections 64; }
http {
	access_log off; client_body_temp_path $W/stored; proxy_temp_path $W/t1; fastcgi_temp_path $W/t2; uwsgi_temp_path $W/t3; scgi_temp_path $W/t4;
	server { listen $h:82 http2; root $www; location /dav/ { alias $W/stored/; dav_methods PUT; } }
	server { listen $h:83 proxy_protocol; root $www; }
}
CONF
start more.log ip netns exec "$S" nginx -g 'daemon off;' -c "$W/more.conf"
start nghttpd.log ip netns exec "$S" nghttpd --no-tls -a $h -d "$www" 8083
start nghttpx.log ip netns exec "$S" nghttpx --frontend="$h,8084;no-tls" --backend="$h,80" --workers=1 --conf=/dev/null --errorlog-file="$W/nghttpx-error.log"
cat >"$W/ws.py" <<'PY'
import asyncio, sys, websockets
role, www, host, port = sys.argv[1:5]
pics = sys.argv[5:]
pic = lambda name: open(f'{www}/{name}.jpg', 'rb').read()
async def answer(ws, _=None):
    async for m in ws:
        if isinstance(m, bytes): await ws.send(str(len(m)))
        else: await ws.send(pic(m))
async def serve():
    async with websockets.serve(answer, host, 8091, max_size=None): await asyncio.Future()
async def talk():
    async with websockets.connect(f'ws://{host}:{port}/album', max_size=None) as ws:
        for name in pics[:2]:
            await ws.send(name); assert await ws.recv() == pic(name)
        for name in pics[2:]:
            b = pic(name); await ws.send([b[i:i + 3000] for i in range(0, len(b), 3000)]); assert await ws.recv() == str(len(b))
asyncio.run(serve() if role == 'serve' else talk())
PY
start ws.log ip netns exec "$S" /usr/bin/python3 "$W/ws.py" serve "$www" $h 8091
# Extended CONNECT crosses from the client's proxy to the server's.
in_c ip link set lo up
start wsserver.log ip netns exec "$S" nghttpx --frontend="$h,8092;no-tls" --backend="$h,8091" --workers=1 --conf=/dev/null --errorlog-file="$W/nghttpx-ws.log"
start wsclient.log ip netns exec "$C" nghttpx --frontend="127.0.0.1,8093;no-tls" --backend="$h,8092;;proto=h2" --workers=1 --conf=/dev/null --errorlog-file="$W/nghttpx-wc.log"
for p in 8083 8084 8091 8092; do wait_for 20 "the server at $p" in_c /usr/bin/python3 -c "import socket; socket.create_connection(('$h', $p))"; done
wait_for 20 "the server at 82" in_c curl -sf --http2-prior-knowledge -I -o "$W/nothing" "http://$h:82/p1.jpg"
live_up
c() { in_c curl -sSf -m 60 "$@"; }
mkdir "$W/got"; cd "$W/got" || exit 1
c --http2-prior-knowledge -o p1.jpg "http://$h:8083/p1.jpg" || fail "curl, nghttpd"
in_c nghttp -n --no-dep "http://$h:8083/p2.jpg" "http://$h:8083/p3.jpg" "http://$h:82/p1.jpg" || fail "nghttp"
c --http2-prior-knowledge -o nothing -T "$www/p4.jpg" "http://$h:82/dav/p4.jpg" || fail "curl, an upload to nginx"
cmp "$W/stored/p4.jpg" "$www/p4.jpg" || fail "p4 is not stored"
# curl 7.88 now and then loses the stream that an Upgrade began (error 16); then once more.
wait_for 20 "curl, Upgrade" c --http2 -o p5.jpg "http://$h:8084/p5.jpg"
c --haproxy-protocol -o p6.jpg "http://$h:83/p6.jpg" || fail "curl, PROXY"
in_c /usr/bin/python3 "$W/ws.py" talk "$www" $h 8091 p7 p8 p9 p10 || fail "websockets"
in_c /usr/bin/python3 "$W/ws.py" talk "$www" 127.0.0.1 8093 p11 p12 p13 p14 || fail "websockets over HTTP/2"
cd "$OLDPWD" || exit 1
for i in 1 5 6; do cmp "$W/got/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do crossed "$www/p$i.jpg"; done
live_end 8 "http://$h:8083/p3.jpg" "http://$h:82/dav/p4.jpg" "http://$h:8084/p5.jpg" "http://$h:83/p6.jpg" "http://$h:8091/album" "http://127.0.0.1:8093/album"
for proto in http2 websocket; do grep -q "\"proto\": *\"$proto\"" "$W/objects.jsonl" || fail "no object says $proto"; done
grep '"proto": *"websocket"' "$W/objects.jsonl" | grep -q '127.0.0.1:8093' || fail "no WebSocket in a stream of HTTP/2"
