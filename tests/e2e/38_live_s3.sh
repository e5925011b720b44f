#!/bin/sh
# Live: s3cmd and a server that speaks S3: objects put and fetched whole, a large picture uploaded in parts, a presigned URL, a download
# in ranges, and an upload in signed chunks (aws-chunked).
. tests/lib/story.sh
. tests/lib/net.sh
. tests/lib/live.sh
need s3cmd
net_up
h=198.51.100.10; www=$W/www; s3=$h:9000
for i in 1 2 3 5 6 7; do picture "p$i" "$((990 + i))"; done
# s3cmd makes no parts below 5 MiB: a picture with something behind its end.
picture p4 994; head -c 5300000 /dev/urandom >>"$www/p4.jpg"
: >"$W/list"; for i in 2 3 4 5 7; do listed "p$i"; done
start s3.log ip netns exec "$S" /usr/bin/python3 tests/lib/s3_server.py $h 9000
wait_for 20 "the server" in_c curl -s -o "$W/nothing" "http://$s3/"
printf '[default]\naccess_key = AKTEST\nsecret_key = secret\nhost_base = %s\nhost_bucket = %s\nuse_https = False\ncheck_ssl_certificate = False\n' $s3 $s3 >"$W/s3cfg"
live_up
s() { in_c s3cmd -q -c "$W/s3cfg" --no-check-md5 "$@" || fail "s3cmd $*"; }
mkdir "$W/got"
s put "$www/p1.jpg" s3://album/p1.jpg
s put "$www/p2.jpg" s3://album/2026/p2.jpg
s put "$www/p3.jpg" s3://album/p3.jpg; s get s3://album/p3.jpg "$W/got/p3.jpg"
s put --multipart-chunk-size-mb=5 "$www/p4.jpg" s3://album/p4.jpg
# The whole of what was uploaded in parts, seen by the server only after the parts.
in_s curl -sS -o "$W/got/p4.jpg" "http://$s3/album/p4.jpg" && cmp "$W/got/p4.jpg" "$www/p4.jpg" || fail "p4 is not stored as it was"
s put "$www/p6.jpg" s3://album/p6.jpg
in_c curl -sSf -o "$W/got/p6.jpg" "$(in_c s3cmd -c "$W/s3cfg" signurl s3://album/p6.jpg +600 | sed "s|https*://[^/]*|http://$s3|")" || fail "the presigned URL"
cat >"$W/chunks.py" <<'PY'
import http.client, sys
host, key, path = sys.argv[1:]
data = open(path, 'rb').read(); sign = b'0' * 64; body = b''
for at in list(range(0, len(data), 8192)) + [len(data)]:
    piece = data[at:at + 8192]; body += b'%x;chunk-signature=%s\r\n' % (len(piece), sign) + piece + b'\r\n'
c = http.client.HTTPConnection(host)
c.request('PUT', key, body, {'Content-Encoding': 'aws-chunked', 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-decoded-content-length': str(len(data)), 'Authorization': 'AWS4-HMAC-SHA256 Credential=AKTEST/20261124/us-east-1/s3/aws4_request'})
assert c.getresponse().status == 200
PY
in_c /usr/bin/python3 "$W/chunks.py" $s3 /album/p5.jpg "$www/p5.jpg" || fail "signed chunks"
in_s curl -sS -T "$www/p7.jpg" "http://$s3/album/p7.jpg" || fail "curl"
n=$(($(wc -c <"$www/p7.jpg") / 2))
in_c curl -sSf -r "$n-" -o "$W/got/b" "http://$s3/album/p7.jpg" && in_c curl -sSf -r "0-$((n - 1))" -o "$W/got/a" "http://$s3/album/p7.jpg" || fail "ranges"
cat "$W/got/a" "$W/got/b" >"$W/got/p7.jpg"
for i in 3 6 7; do cmp "$W/got/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; done
for i in 1 2 3 4 5 6 7; do crossed "$www/p$i.jpg"; done
live_end 6 "http://$s3/album/2026/p2.jpg" "http://$s3/album/p3.jpg" "http://$s3/album/p4.jpg" "http://$s3/album/p5.jpg" "http://$s3/album/p7.jpg"
