"""TCP segments by hand, in a pcap of raw IPv4: for what no real program would send."""
import socket, struct

SERVER = (socket.inet_aton('198.51.100.10'), 80)

def client(port):
    return (socket.inet_aton('192.0.2.7'), port)

def total(b):
    """The checksum of RFC 1071."""
    b += b'\0' * (len(b) & 1)
    s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff

class Capture:
    def __init__(self, path, step_us=100):
        self.file, self.n, self.step_us = open(path, 'wb'), 0, step_us
        self.file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))

    def put(self, a, b, seq, ack, flags, data=b''):
        """One segment from a to b, each (address, port); checksums are right."""
        tcp = lambda s: struct.pack('!HHIIBBHHH', a[1], b[1], seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65535, s, 0) + data
        tcp = tcp(total(a[0] + b[0] + struct.pack('!HH', 6, 20 + len(data)) + tcp(0)))
        ip = lambda s: struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), self.n, 0, 64, 6, s) + a[0] + b[0]
        p = ip(total(ip(0))) + tcp
        self.n += 1
        us = self.n * self.step_us
        self.file.write(struct.pack('<IIII', 1700000000 + us // 1000000, us % 1000000, len(p), len(p)) + p)

    def talk(self, port, ask, answer, c=100, s=500):
        """A whole connection to SERVER: what the client says, then what it is told, 1,000 bytes a segment."""
        C, S, put = client(port), SERVER, self.put
        put(C, S, c - 1, 0, 2); put(S, C, s - 1, c, 18); put(C, S, c, s, 16)
        for at in range(0, len(ask), 1000): put(C, S, c, s, 24, ask[at:at + 1000]); c += len(ask[at:at + 1000])
        for at in range(0, len(answer), 1000): put(S, C, s, c, 24, answer[at:at + 1000]); s += len(answer[at:at + 1000])
        put(C, S, c, s, 17); put(S, C, s, c + 1, 17); put(C, S, c + 1, s + 1, 16)
