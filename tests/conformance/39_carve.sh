#!/bin/sh
# Pictures that cross in a protocol that nobody knows: found whole where `dataplane.carve` is on, whatever the number of
# workers and however the stream is cut; nothing is found where it is off.
. tests/lib/story.sh
need python3
python3 - "$W/strange.pcap" tests/data/formats >"$W/want" <<'PY' || fail "no capture"
import hashlib, random, struct, sys
r = random.Random(7); frames = []
def ip(n): return bytes([198, 51, 100, n])
def tcp(src, dst, sport, dport, seq, ack, flags, data):
    t = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65000, 0, 0) + data
    p = src + dst + struct.pack('>BBH', 0, 6, len(t)) + t + b'\0' * (len(t) & 1)
    s = sum(struct.unpack('>%dH' % (len(p) // 2), p))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    t = t[:16] + struct.pack('>H', ~s & 0xffff) + t[18:]
    h = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(t), 1, 0x4000, 64, 6, 0) + src + dst
    s = sum(struct.unpack('>10H', h))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    h = h[:10] + struct.pack('>H', ~s & 0xffff) + h[12:]
    frames.append(b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + h + t)
def noise(n): return bytes(r.randrange(256) for _ in range(n))
def talk(n, files):
    a, b, port = ip(20 + n), ip(10), 41000 + n
    seq = [1000, 9000]
    tcp(a, b, port, 7001, seq[0], 0, 2, b''); tcp(b, a, 7001, port, seq[1], seq[0] + 1, 18, b'')
    seq = [1001, 9001]
    def say(side, data):
        while data:
            k = r.randrange(1, 1400); piece, data = data[:k], data[k:]
            x = (a, b, port, 7001) if side == 0 else (b, a, 7001, port)
            tcp(*x, seq[side], seq[1 - side], 24, piece); seq[side] += len(piece)
    say(0, b'\x01\x07ZQX' + noise(40)); say(1, b'\x01\x08ZQX' + noise(40))
    for i, f in enumerate(files):
        data = open(sys.argv[2] + '/' + f, 'rb').read() if isinstance(f, str) else f
        say(i & 1, struct.pack('>BI', 9, len(data)) + noise(20) + data + b'\x01' + noise(r.randrange(1, 5000)))
        print(hashlib.sha256(data).hexdigest())
    for side in 0, 1:
        x = (a, b, port, 7001) if side == 0 else (b, a, 7001, port)
        tcp(*x, seq[side], seq[1 - side], 17, b''); seq[side] += 1
box = lambda kind, data: struct.pack('>I4s', 8 + len(data), kind) + data
mp4 = box(b'ftyp', b'isom\0\0\0\1mp42') + box(b'moov', box(b'mvhd', b'\0' * 100)) + box(b'mdat', noise(30000))
talk(0, ['baseline.jpg', 'a.png', 'progressive.jpg', 'moving.gif', 'lossy.webp', 'grey.jpg'])
talk(1, [mp4, 'a.heic', 'a.avif', 'palette.png', 'moving.webp', 'still.gif', 'lossless.webp', 'arithmetic.jpg'])
with open(sys.argv[1], 'wb') as out:
    out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for i, f in enumerate(frames): out.write(struct.pack('<IIII', 1000 + i // 1000, i % 1000 * 1000, len(f), len(f)) + f)
PY
replay() { "$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" "$@" >"$W/summary.txt" || { cat "$W/summary.txt"; fail "replay failed"; }; }
replay "$W/strange.pcap"
[ -s "$W/objects.jsonl" ] && fail "something was found without being looked for"
printf 'dataplane:\n  carve: yes\n' >"$W/carve.yaml"
first=
for how in "1:" "2:" "3:--split 61 --overlap 20 --reorder 10" "2:--tunnel vxlan --tunnel-id 42"; do
	"$bin/test-perturb" "$W/strange.pcap" "$W/told.pcap" ${how#*:} || fail "test-perturb"
	replay --config "$W/carve.yaml" --cores "${how%%:*}" "$W/told.pcap"
	sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$W/objects.jsonl" | sort >"$W/found"
	n=$(sort "$W/want" | comm -12 - "$W/found" | wc -l)
	say "cores and cuts $how: $n of $(wc -l <"$W/want") pictures, $(wc -l <"$W/found") objects"
	[ "$n" = "$(wc -l <"$W/want")" ] || { sort "$W/want" | comm -23 - "$W/found"; fail "pictures are missing"; }
	sum=$(sha256sum <"$W/found")
	[ "${first:=$sum}" = "$sum" ] || fail "other objects than before"
done
grep -q '"raw"' "$W/objects.jsonl" || fail "their protocol is not raw"
