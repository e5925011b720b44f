#!/bin/bash
# Makes this folder's captures again: real nginx and real curl in two network namespaces of our own, seen by tcpdump, and
# the manifest of every file that crossed. Root, nginx-light, curl, tcpdump, ethtool; build/release/bin must be built.
# usage: make_capture.sh [OUTPUT_FOLDER]      (default: this folder)
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/data; out=${1:-$here}; bin=$PWD/build/release/bin
work=$(mktemp -d /tmp/vigil-capture.XXXXXX); S=vgcap$$s; C=vgcap$$c
server=198.51.100.10; server6=2001:db8::10
cleanup() {
	[ -s "$work/nginx.pid" ] && kill "$(cat "$work/nginx.pid")" 2>/dev/null
	[ -n "${dump:-}" ] && kill "$dump" 2>/dev/null
	sleep 0.3
	ip netns del "$S" 2>/dev/null; ip netns del "$C" 2>/dev/null; rm -rf "$work"
}
trap cleanup EXIT
mkdir -p "$out" "$work/www/img" "$work/www/txt" "$work/src" "$work/stored" "$work/up"; chmod -R a+rwX "$work"

# --- the pictures ---------------------------------------------------------------------------------------------------------
draw() { name=$1; shift; "$bin/test-draw" "$@" -o "$work/$name"; }
draw www/img/harbour.jpg   --seed 101 --size 640x480 --quality 85                                       # listed by sha256
draw www/img/meadow.jpg    --seed 102 --size 512x384 --quality 90 --subsampling 444
draw www/img/market.jpg    --seed 103 --size 480x640 --quality 75 --progressive
draw www/img/bridge.jpg    --seed 104 --size 400x300 --quality 80 --restart 8 --subsampling 422
draw www/img/grey.jpg      --seed 105 --size 320x240 --quality 85 --grey
draw www/img/chart.png     --seed 106 --size 160x120 --png palette
draw www/img/logo.png      --seed 107 --size 120x90  --png rgba
draw www/img/scan.png      --seed 108 --size 120x160 --png grey16 --interlaced
draw www/img/small.jpg     --seed 109 --size 96x72   --quality 60
draw src/original.jpg      --seed 110 --size 800x600 --quality 92                                       # never crosses the wire
draw www/img/repost.jpg    --seed 110 --size 800x600 --recompress 75 --resize 280x210 --quality 35      # listed by PDQ of the original
draw up/holiday.jpg        --seed 111 --size 640x480 --quality 82                                       # listed by md5
draw up/garden.png         --seed 112 --size 150x100 --png rgb
draw up/street.jpg         --seed 113 --size 560x420 --quality 80
draw up/river.jpg          --seed 114 --size 480x360 --quality 88
draw up/kitchen.jpg        --seed 115 --size 300x400 --quality 70 --progressive
draw up/tower.png          --seed 116 --size 100x100 --png grey
draw up/lake.jpg           --seed 117 --size 520x390 --quality 78
for i in $(seq 1 400); do echo "<p>Line $i of an ordinary page: nothing here is a picture.</p>"; done >"$work/www/txt/page.html"
seq -s ' ' 1 3000 >"$work/www/txt/numbers.txt"
cp "$work/www/txt/numbers.txt" "$work/up/notes.txt"

# --- the two hosts --------------------------------------------------------------------------------------------------------
ip netns add "$S"; ip netns add "$C"
ip link add name vgs0 netns "$S" type veth peer name vgc0 netns "$C"
for side in "$S vgs0" "$C vgc0"; do
	set -- $side
	ip -n "$1" link set lo up
	ip netns exec "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 2>/dev/null || true
	ip -n "$1" link set "$2" up
done
ip -n "$S" addr add $server/24 dev vgs0; ip -n "$S" addr add $server6/64 dev vgs0 nodad
for i in 21 22 23 24; do ip -n "$C" addr add 198.51.100.$i/24 dev vgc0; done
ip -n "$C" addr add 2001:db8::21/64 dev vgc0 nodad
cat >"$work/nginx.conf" <<CONF
user root; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 256; }
http {
	include /etc/nginx/mime.types; access_log off; sendfile on; tcp_nopush on; client_max_body_size 10m;
	client_body_temp_path $work/stored; proxy_temp_path $work/proxy; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
	server {
		listen $server:80; listen [$server6]:80; root $work/www;
		location /txt/ { gzip on; gzip_types text/plain; gzip_min_length 100; }
		location /packed/ { alias $work/www/img/; gzip on; gzip_types image/jpeg image/png; }
		location /pieces/ { alias $work/www/img/; ssi on; ssi_types image/jpeg image/png; }
		location /dav/ { alias $work/stored/; dav_methods PUT DELETE; create_full_put_path on; }
		location /form { client_body_in_file_only on; proxy_pass http://127.0.0.1:8001/; }
	}
	server { listen 127.0.0.1:8001; location / { return 201 "stored\n"; } }
}
CONF
ip netns exec "$S" nginx -c "$work/nginx.conf"

# --- a capture: begin NAME, transfers, end --------------------------------------------------------------------------------
rows=$work/MANIFEST.csv; echo "pcap,proto,mode,dir,cport,sport,file,size,md5,sha1,sha256,recoverable,note" >"$rows"
begin() {
	pcap=$1.pcap; rm -f "$work/tcpdump.log"
	ip netns exec "$S" tcpdump -q --immediate-mode -i vgs0 -s 0 -B 8192 -w "$work/$pcap" 'tcp port 80' 2>"$work/tcpdump.log" & dump=$!
	for _ in $(seq 50); do grep -qs listening "$work/tcpdump.log" && break; sleep 0.1; done
}
end() { sleep 0.7; kill -INT $dump; wait $dump || true; dump=; cp "$work/$pcap" "$out/$pcap"; }
row() { # MODE DIR CPORT FILE [RECOVERABLE [NOTE]]
	f=$work/$4
	echo "$pcap,http,$1,$2,$3,80,${4#www/},$(stat -c %s "$f"),$(md5sum <"$f" | cut -d' ' -f1),$(sha1sum <"$f" | cut -d' ' -f1),$(sha256sum <"$f" | cut -d' ' -f1),${5:-1},${6:-}" >>"$rows"
}
fetch() { ip netns exec "$C" curl -sS -w '%{stderr}%{local_port}\n' "$@" 2>&1 >/dev/null | tail -n 1; }
get() { mode=$1 from=$2 path=$3 file=$4; shift 4; row "$mode" down "$(fetch --interface "$from" "$@" "http://$server$path")" "$file"; }

begin demo
get get 198.51.100.21 /txt/page.html www/txt/page.html
get get 198.51.100.21 /img/harbour.jpg www/img/harbour.jpg
get get 198.51.100.22 /img/repost.jpg www/img/repost.jpg
port=$(fetch --interface 198.51.100.23 http://$server/img/{meadow,market,bridge,grey,small}.jpg http://$server/img/{chart,logo,scan}.png)
for f in meadow.jpg market.jpg bridge.jpg grey.jpg small.jpg chart.png logo.png scan.png; do row keepalive down "$port" "www/img/$f"; done
get gzip 198.51.100.23 /txt/page.html www/txt/page.html --compressed
get gzip 198.51.100.23 /packed/meadow.jpg www/img/meadow.jpg --compressed
get gzip 198.51.100.23 /packed/chart.png www/img/chart.png --compressed
get chunked 198.51.100.24 /pieces/market.jpg www/img/market.jpg
get chunked 198.51.100.24 /pieces/logo.png www/img/logo.png
get http10 198.51.100.24 /pieces/small.jpg www/img/small.jpg --http1.0
etag=$(ip netns exec "$C" curl -sSI --interface 198.51.100.24 http://$server/img/small.jpg | tr -d '\r' | sed -n 's/^ETag: //p')
port=$(fetch --interface 198.51.100.24 -H "If-None-Match: $etag" http://$server/img/small.jpg http://$server/img/absent.jpg --next -sS -w '%{stderr}%{local_port}\n' http://$server/img/small.jpg)
row after_304_404 down "$port" www/img/small.jpg
fetch --interface 198.51.100.24 -I http://$server/img/meadow.jpg >/dev/null
row put up "$(fetch --interface 198.51.100.21 -T "$work/up/street.jpg" http://$server/dav/street.jpg)" up/street.jpg
row put_chunked up "$(fetch --interface 198.51.100.21 -T - http://$server/dav/river.jpg <"$work/up/river.jpg")" up/river.jpg
row post_raw up "$(fetch --interface 198.51.100.22 --data-binary @"$work/up/kitchen.jpg" -H 'Content-Type: image/jpeg' http://$server/form)" up/kitchen.jpg
port=$(fetch --interface 198.51.100.22 -F title=Summer -F "picture=@$work/up/holiday.jpg;type=image/jpeg" http://$server/form)
row multipart up "$port" up/holiday.jpg
port=$(fetch --interface 198.51.100.22 -H Expect: -F "a=@$work/up/garden.png" -F "b=@$work/up/notes.txt" -F "c=@$work/up/lake.jpg" -F "d=@$work/up/tower.png" http://$server/form)
for f in garden.png notes.txt lake.jpg tower.png; do row multipart4 up "$port" up/$f; done
end

begin ipv6
port=$(fetch -g "http://[$server6]/img/grey.jpg" "http://[$server6]/packed/logo.png" --compressed)
row ipv6 down "$port" www/img/grey.jpg; row ipv6 down "$port" www/img/logo.png
row ipv6_put up "$(fetch -g -T "$work/up/garden.png" "http://[$server6]/dav/garden.png")" up/garden.png
end

begin pipeline
ip netns exec "$C" bash -c "exec 3<>/dev/tcp/$server/80
	for f in bridge.jpg logo.png small.jpg; do printf 'GET /img/%s HTTP/1.1\r\nHost: $server\r\n\r\n' \$f; done >&3
	printf 'HEAD /img/grey.jpg HTTP/1.1\r\nHost: $server\r\n\r\nGET /img/chart.png HTTP/1.1\r\nHost: $server\r\nConnection: close\r\n\r\n' >&3
	cat <&3 >/dev/null"
for f in bridge.jpg logo.png small.jpg chart.png; do row pipeline down 0 www/img/$f; done
end

# Pieces that cross each other: fetch the ranges of one picture at once, each on a connection of its own, by another name.
ranges() { # FILE OFFSET-LAST...
	piece_of=$1 n=0 pids=; shift
	for r; do
		n=$((n + 1))
		ip netns exec "$C" curl -sS -o /dev/null --interface 198.51.100.22 -H "Host: cdn$n.example" -r "$r" "http://$server/img/$piece_of" & pids="$pids $!"
	done
	wait $pids
}
begin ranges
for p in harbour.jpg meadow.jpg market.jpg bridge.jpg; do # each byte once
	size=$(stat -c %s "$work/www/img/$p"); q=$((size / 4))
	ranges $p 0-$((q - 1)) $q-$((2 * q - 1)) $((2 * q))-$((3 * q - 1)) $((3 * q))-
	row ranges down 0 www/img/$p
done
for p in scan.png chart.png grey.jpg; do # some bytes two and three times, and pieces after the whole
	size=$(stat -c %s "$work/www/img/$p"); q=$((size / 4))
	ranges $p $((2 * q))- 0-$((3 * q)) $q-$((3 * q - 1)) 0-$((q - 1)) $((size - 500))- 0-$((2 * q))
	row overlapping down 0 www/img/$p
done
# Another picture of the same size and time, so of the same tag: pieces that contradict.
p=logo.png; size=$(stat -c %s "$work/www/img/$p")
ranges $p 0-$((size / 2)) $((size / 3))-$((size / 2))
cp -p "$work/www/img/$p" "$work/logo.old"
head -c "$size" "$work/www/img/harbour.jpg" >"$work/logo.new"; touch -r "$work/logo.old" "$work/logo.new"; cp -p "$work/logo.new" "$work/www/img/$p"
ranges $p $((size / 3))- $((size / 4))-$((size / 2)) 0-$((size / 3)) 0-$((size / 2)); ranges $p $((size - 900))- 0-$((size - 800))
row changed down 0 www/img/$p
# Broken off in the middle, gone on with.
ip netns exec "$C" bash -c "exec 3<>/dev/tcp/$server/80; printf 'GET /img/repost.jpg HTTP/1.1\r\nHost: $server\r\n\r\n' >&3; head -c 2000 <&3 >/dev/null"
ranges repost.jpg 1000-
row resumed down 0 www/img/repost.jpg
cp -p "$work/logo.old" "$work/www/img/$p"
end

# --- the list: two files byte by byte, one picture by its looks ------------------------------------------------------------
digest() { "$1sum" <"$work/$2" | cut -d' ' -f1; }
pdq=${PDQ_OF_ORIGINAL:-$("$bin/vigilctl" hash -j "$work/src/original.jpg" | jq -r .pdq)}
{
	echo "# The demo's list: drawn pictures only. algo,value,entry_id,class,note"
	echo "sha256,$(digest sha256 www/img/harbour.jpg),DEMO-1,demo,served byte for byte"
	echo "md5,$(digest md5 up/holiday.jpg),DEMO-2,demo,uploaded in a form"
	echo "pdq,$pdq,DEMO-3,demo,served again smaller and recompressed"
	echo "sha1,$(digest sha1 src/original.jpg),DEMO-4,demo,the original of DEMO-3; it never crosses the wire"
} >"$out/demo.list"
cp "$rows" "$out/MANIFEST.csv"
ls -l "$out"/*.pcap
