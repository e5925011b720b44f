# JBIG2, by an encoder of our own: Debian has none. One page a picture, a generic region by each template.
import struct
QE = [int(v, 16) for v in '5601 3401 1801 0ac1 0521 0221 5601 5401 4801 3801 3001 2401 1c01 1601 5601 5401 5101 4801 3801 3401 3001 2801 2401 2201 1c01 1801 1601 1401 1201 1101 0ac1 09c1 08a1 0521 0441 02a1 0221 0141 0111 0085 0049 0025 0015 0009 0005 0001 5601'.split()]
MORE = [1, 2, 3, 4, 5, 38, 7, 8, 9, 10, 11, 12, 13, 29, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 45, 46]
LESS = [1, 6, 9, 12, 29, 33, 6, 14, 14, 14, 17, 18, 20, 21, 14, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 46]
class Arith:
	def __init__(s): s.a, s.c, s.ct, s.out, s.st = 0x8000, 0, 12, [0], {}
	def byte(s):
		def plain(): s.out.append(s.c >> 19 & 255); s.c &= 0x7ffff; s.ct = 8
		def stuffed(): s.out.append(s.c >> 20 & 255); s.c &= 0xfffff; s.ct = 7
		if s.out[-1] == 255: stuffed()
		elif s.c < 0x8000000: plain()
		else:
			s.out[-1] += 1
			if s.out[-1] == 255: s.c &= 0x7ffffff; stuffed()
			else: s.c &= 0x7ffffff; plain()
	def bit(s, cx, d):
		i, mps = s.st.get(cx, (0, 0)); q = QE[i]; s.a -= q
		if d == mps:
			if s.a & 0x8000: s.c += q; return
			if s.a < q: s.a = q
			else: s.c += q
			s.st[cx] = MORE[i], mps
		else:
			if s.a < q: s.c += q
			else: s.a = q
			s.st[cx] = LESS[i], 1 - mps if i in (0, 6, 14) else mps
		while True:
			s.a <<= 1; s.c <<= 1; s.ct -= 1
			if not s.ct: s.byte()
			if s.a & 0x8000: break
	def end(s):
		t = s.c + s.a; s.c |= 0xffff; s.c -= 0x8000 if s.c >= t else 0
		s.c <<= s.ct; s.byte(); s.c <<= s.ct; s.byte()
		return bytes(s.out[1:]) + (b'\xac' if s.out[-1] == 255 else b'\xff\xac')
# Each context's pixels, the highest bit first, adaptive ones at their usual places.
SEEN = [[(-2, 2), (-1, 2), (0, 2), (1, 2), (2, 2), (-3, 1), (-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1), (3, 1), (-4, 0), (-3, 0), (-2, 0), (-1, 0)],
	[(-1, 2), (0, 2), (1, 2), (2, 2), (-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1), (3, 1), (-3, 0), (-2, 0), (-1, 0)],
	[(-1, 2), (0, 2), (1, 2), (-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1), (-2, 0), (-1, 0)],
	[(-3, 1), (-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1), (-4, 0), (-3, 0), (-2, 0), (-1, 0)]]
AT = [(3, -1, -3, -1, 2, -2, -2, -2), (3, -1), (2, -1), (2, -1)]
def jbig2(rows, w, h, t, typical):
	z = Arith(); old = None; was = 0
	for y in range(h):
		if typical:
			same = y > 0 and rows[y] == rows[y - 1]
			z.bit([0x9b25, 0x795, 0xe5, 0x195][t], int(same != was)); was = same
			if same: continue
		for x in range(w):
			cx = 0
			for dx, dy in SEEN[t]:
				cx = cx << 1 | (rows[y - dy][x + dx] if y >= dy and 0 <= x + dx < w else 0)
			z.bit(cx, rows[y][x])
	region = struct.pack('>IIIIBB', w, h, 0, 0, 0, t << 1 | 8 * typical) + struct.pack('%db' % len(AT[t]), *AT[t]) + z.end()
	seg = lambda n, kind, data: struct.pack('>IBBBI', n, kind, 0, 1, len(data)) + data
	return seg(0, 48, struct.pack('>IIIIBH', w, h, 0, 0, 0, 0)) + seg(1, 38, region)
