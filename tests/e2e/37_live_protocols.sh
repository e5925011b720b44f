#!/bin/sh
# Live: rsync and its daemon both ways, curl and swaks as mail clients, wget, and a protocol of nobody's that carries a picture (carved):
# of what crosses the listed pictures are filed, each with where it went.
. tests/lib/story.sh
. tests/lib/net.sh
need rsync wget python3 swaks
net_up; endpoint_up
mkdir -p "$W/mod/in" "$W/src"; chmod -R 777 "$W/mod"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do picture "p$i" "$((800 + i))"; done
cp "$W"/www/p[12].jpg "$W/mod/"; cp "$W"/www/p10.jpg "$W"/www/p11.jpg "$W/mod/"; cp "$W"/www/p[34].jpg "$W/www/p12.jpg" "$W/src/"
: >"$W/list"; for i in 2 4 5 6 7 9 11 12; do listed "p$i"; done
printf 'use chroot = no\nuid = root\ngid = root\n[files]\npath = %s\nread only = no\n' "$W/mod" >"$W/rsyncd.conf"
start rsyncd.log ip netns exec "$S" rsync --daemon --no-detach --address=198.51.100.10 --config="$W/rsyncd.conf"
# A mail server that takes everything, and a server of nobody's protocol that sends what it is told to.
cat >"$W/servers.py" <<'PY'
import socket, sys, threading
def mail(c):
    f = c.makefile('rb'); c.sendall(b'220 mail.example.org ESMTP\r\n')
    for line in f:
        word = line[:4].upper()
        if word == b'EHLO': c.sendall(b'250-mail.example.org\r\n250 8BITMIME\r\n')
        elif word == b'DATA':
            c.sendall(b'354 go on\r\n')
            while f.readline() not in (b'.\r\n', b''): pass
            c.sendall(b'250 taken\r\n')
        elif word == b'QUIT': c.sendall(b'221 bye\r\n'); break
        else: c.sendall(b'250 ok\r\n')
    c.close()
def strange(c):
    n = c.recv(100)
    c.sendall(b'\x01ZQ\x02' + bytes(range(40)) + open(sys.argv[1], 'rb').read() + b'\x03and so on')
    c.recv(100); c.close()
def serve(port, talk):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('198.51.100.10', port)); s.listen(5)
    while True: threading.Thread(target=talk, args=(s.accept()[0],), daemon=True).start()
threading.Thread(target=serve, args=(25, mail), daemon=True).start()
serve(7001, strange)
PY
cat >"$W/client.py" <<'PY'
import socket, sys
s = socket.create_connection(('198.51.100.10', 7001)); s.sendall(b'\x01ZQ\x01give me the picture, would you')
got = b''
while not got.endswith(b'and so on'): got += s.recv(65536)
s.sendall(b'\x04'); s.close(); sys.stdout.buffer.write(got)
PY
start servers.log ip netns exec "$S" python3 "$W/servers.py" "$W/www/p7.jpg"
house_config "$W/list"; sed -i 's/^dataplane:$/&\n  mail: yes\n  carve: yes/' "$W/vigil.yaml"; house_up
files() { in_c rsync "$@" >"$W/rsync.txt" 2>&1; }
wait_for 20 "rsyncd" files rsync://198.51.100.10/files/
files -W rsync://198.51.100.10/files/p1.jpg rsync://198.51.100.10/files/p2.jpg "$W/" || { cat "$W/rsync.txt"; fail "rsync, down"; }
files -W "$W/src/p3.jpg" "$W/src/p4.jpg" rsync://198.51.100.10/files/in/ || { cat "$W/rsync.txt"; fail "rsync, up"; }
# Compressed: one zstd stream over both files; zlib anew with every file.
files -Wz rsync://198.51.100.10/files/p10.jpg rsync://198.51.100.10/files/p11.jpg "$W/" || { cat "$W/rsync.txt"; fail "rsync, zstd"; }
files -W --compress-choice=zlibx "$W/src/p12.jpg" rsync://198.51.100.10/files/in/ || { cat "$W/rsync.txt"; fail "rsync, zlib"; }
cmp "$W/p2.jpg" "$W/www/p2.jpg" && cmp "$W/mod/in/p4.jpg" "$W/www/p4.jpg" || fail "not what was sent"
sendmail() { in_c curl -sS -m 20 smtp://198.51.100.10 --mail-from ann@example.org --mail-rcpt bob@example.org "$@"; }
wait_for 20 "the mail server" sendmail -F '=hello;type=text/plain' -H 'Subject: first'
sendmail -F '=see below;type=text/plain' -F "=@$W/www/p5.jpg;encoder=base64" -H 'Subject: picture' || fail "curl, mail"
in_c swaks --server 198.51.100.10 --from ann@example.org --to carl@example.org --helo client.example.org --attach-type image/jpeg --attach "@$W/www/p9.jpg" >"$W/swaks.txt" 2>&1 ||
	{ tail -n 20 "$W/swaks.txt" | cut -c1-200; fail "swaks"; }
in_c wget -q -O "$W/g6" http://198.51.100.10/p6.jpg && cmp "$W/g6" "$W/www/p6.jpg" || fail "wget"
in_c wget -q -O "$W/g8" http://198.51.100.10/p8.jpg || fail "wget"
in_c python3 "$W/client.py" >"$W/g7" || fail "the strange client"
filed() { [ "$(n_filed)" = 8 ]; }
wait_for 40 "eight filed reports" filed
for c in $(ctl -j cases list | sed -n 's/.*"\(VG-[0-9-]*\)".*/\1/p'); do ctl -j cases show "$c"; done >"$W/cases.json"
for what in rsync://198.51.100.10/files/p2.jpg rsync://198.51.100.10/files/in/ rsync://198.51.100.10/files/p11.jpg 'mailto:bob@example.org' 'mailto:carl@example.org' http://198.51.100.10/p6.jpg '"raw"'; do
	grep -qi "$what" "$W/cases.json" || { cat "$W/cases.json"; fail "no case names $what"; }
done
say "filed $(n_filed) of 8: rsync down and up, also compressed, mail, wget, carved; $(metric vigil_raw_whole_total) pictures carved whole"
