#!/bin/sh
# Live: what FTP servers make of uploads and downloads that are gone on with in TYPE A (vsftpd: APPE and REST + STOR, offsets as in the
# file; neither goes on with a RETR), of STOU, whose file only the server's answer names, and of MODE Z (proftpd, lftp), large and small.
. tests/lib/story.sh
. tests/lib/net.sh
. tests/lib/live.sh
. tests/lib/ftp.sh
need lftp python3
modules=$(ls -d /usr/lib/proftpd /var/cache/vigil-tests/usr/lib/proftpd 2>/dev/null | head -n 1)
[ -e "$modules/mod_deflate.so" ] || skip "needs proftpd's mod_deflate"
python3 -c 'import ftplib' 2>/dev/null || skip "needs python3's ftplib"
net_up
ftp_folders
for i in 1 2 3 4 5 6 7 8; do picture "p$i" "$((2960 + i))"; done
{ cat "$www/p8.jpg"; head -c 230000 /dev/urandom; } >"$got/large.jpg"; mv "$got/large.jpg" "$www/p8.jpg"
: >"$W/list"; for i in 1 2 3 4 5 6 7 8; do listed "p$i"; done
ftp_up "ascii_upload_enable=YES
ascii_download_enable=YES" "ModulePath $modules
LoadModule mod_deflate.c
DeflateEngine on"
# A client that says what it is told: PORT FILE NAME, then steps: TYPE:x, MODE:x, SIZE, COMMAND:BEGIN:END:REST (bytes of the file).
cat >"$W/client.py" <<'PY'
import ftplib, sys, zlib
host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data, name = open(path, "rb").read(), sys.argv[4]
ftp = ftplib.FTP()
ftp.connect(host, port, 60)
ftp.login("anonymous", "x")
ftp.cwd("up")
text = packed = False
for step in sys.argv[5:]:
    verb, _, rest = step.partition(":")
    if verb == "TYPE":
        ftp.voidcmd("TYPE " + rest)
        text = rest == "A"
    elif verb == "MODE":
        ftp.voidcmd("MODE " + rest)
        packed = rest == "Z"
    elif verb == "SIZE":
        ftp.voidcmd("SIZE " + name)
    elif verb == "REFUSED":  # REST and RETR: one of them is refused
        try:
            ftp.transfercmd("RETR " + name, int(rest)).close()
        except ftplib.Error as e:
            print("refused:", e)
            continue
        sys.exit("not refused")
    else:
        begin, end, off = (rest + ":::").split(":")[:3]
        piece = data[int(begin or 0):int(end) if end else len(data)]
        reply = []
        get = ftp.getresp
        ftp.getresp = lambda: reply.append(get()) or reply[-1]
        s = ftp.transfercmd(verb if verb == "STOU" else verb + " " + name, int(off) if off else None)
        ftp.getresp = get
        if verb == "STOU":
            name = [r for r in reply if "FILE: " in r][-1].split("FILE: ", 1)[1].strip()
            print("name:", name)
        piece = piece.replace(b"\n", b"\r\n") if text else piece
        s.sendall(zlib.compress(piece, 1) if packed else piece)
        s.close()
        ftp.voidresp()
ftp.quit()
PY
ftp_as() { in_c timeout 60 python3 "$W/client.py" "$h" "$@" >"$W/said" || { cat "$W/said"; fail "ftp $*"; }; cat "$W/said"; }
live_up 's/^  hashers: .*/&\n  resource_hold_bytes: 1048576/; s/^  flows: .*/&\n  object_hold_bytes: 65536/'
# TYPE A: appended to, where nobody says how long the file is; where SIZE said it; gone on with at an offset
ftp_as 21 "$www/p1.jpg" p1.jpg TYPE:A STOR:0:9000 APPE:9000:20000 APPE:20000
ftp_as 21 "$www/p2.jpg" p2.jpg TYPE:A STOR:0:9000 TYPE:I SIZE TYPE:A APPE:9000
ftp_as 21 "$www/p3.jpg" p3.jpg TYPE:A STOR:0:9000 STOR:9000::9000
ftp_as 2121 "$www/p4.jpg" p4.jpg TYPE:A STOR:0:9000 APPE:9000
for p in 21 2121; do ftp_as $p "$www/p4.jpg" p4.jpg TYPE:A REFUSED:9000 | grep refused || fail "a RETR in TYPE A was gone on with"; done
# STOU: broken off, and gone on with under the name that the server gave it
ftp_as 21 "$www/p5.jpg" p5.jpg TYPE:I STOU:0:9000 APPE:9000; vs=$(sed -n 's/name: //p' "$W/said")
ftp_as 2121 "$www/p6.jpg" p6.jpg TYPE:I STOU:0:9000 APPE:9000; pro=$(sed -n 's/name: //p' "$W/said")
# MODE Z (at 50 kB a second: so large begins at 64 KiB here)
l() { in_c timeout 120 lftp -e "set ftp:ssl-allow no; set ftp:use-mode-z yes; set net:max-retries 1; set cmd:fail-exit yes; cd up; $1; bye" "ftp://anonymous:x@$h:2121" || fail "lftp $1"; }
head -c 15000 "$www/p7.jpg" >"$got/p7.jpg"; l "put $got/p7.jpg; put -c $www/p7.jpg"
ftp_as 2121 "$www/p8.jpg" p8.jpg TYPE:I MODE:Z STOR:0:120000 APPE:120000
for i in 1 2 3 4 7 8; do cmp "$ftp/up/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; done
cmp "$ftp/up/$vs" "$www/p5.jpg" || fail "p5 came changed"
cmp "$ftp/up/$pro" "$www/p6.jpg" || fail "p6 came changed"
for i in 1 2 3 4 5 6 7 8; do crossed "$www/p$i.jpg"; done
# What came in TYPE A may be read in two ways, and of p8 only its beginning is kept: a person decides.
in_cases() { for c in $(ctl -j cases list | sed -n 's/.*"\(VG-[0-9-]*\)".*/\1/p'); do ctl -j cases show "$c"; done | grep -oE 'ftp://[^"]*/up/p[12348].jpg' | sort -u | wc -l; }
all_there() { [ "$(in_cases)" = 5 ]; }
wait_for 60 "five cases that nobody filed" all_there
live_end 3 "/up/$vs" "/up/$pro" "$h:2121/up/p7.jpg"
