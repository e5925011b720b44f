#!/bin/sh
# Live: real smbclient and smbd in two namespaces, SMB 1, 2 and 3: of pictures fetched and stored the listed ones are filed,
# with user, share and path; an encrypted session is let go and counted.
. tests/lib/story.sh
. tests/lib/net.sh
need smbd smbclient smbpasswd
net_up; endpoint_up
mkdir -p "$W/samba/private" "$W/share/in"; chmod -R 777 "$W/share"
cat >"$W/smb.conf" <<CONF
[global]
interfaces = s0
bind interfaces only = yes
smb ports = 445
server min protocol = NT1
map to guest = Bad User
disable netbios = yes
load printers = no
pid directory = $W/samba
private dir = $W/samba/private
lock directory = $W/samba
state directory = $W/samba
cache directory = $W/samba
ncalrpc dir = $W/samba/ncalrpc
log file = $W/samba/log
[files]
path = $W/share
guest ok = yes
force user = root
read only = no
CONF
printf "secret\nsecret\n" | smbpasswd -c "$W/smb.conf" -a -s root >/dev/null 2>&1 || fail "smbpasswd"
start smbd.log ip netns exec "$S" smbd -F --no-process-group -s "$W/smb.conf"
talk() { # PROTOCOL COMMANDS [OPTIONS]
	in_c smbclient -U root%secret -s /dev/null -m "$1" --option="client min protocol=NT1" $3 -c "$2" //198.51.100.10/files >"$W/smbclient.txt" 2>&1
}
wait_for 20 "smbd" talk SMB3 ls
for i in 1 2 3 4 5 6; do picture "p$i" "$((500 + i))"; done
cp "$W"/www/p[123].jpg "$W/share/"
: >"$W/list"; listed p2; listed p5; listed p6
house_config "$W/list"; house_up
talk SMB3 "get p1.jpg $W/g1; get p2.jpg $W/g2; get p3.jpg $W/g3" || { cat "$W/smbclient.txt"; fail "smbclient"; }
talk SMB2_10 "put $W/www/p4.jpg in\\p4.jpg; put $W/www/p5.jpg in\\p5.jpg" || { cat "$W/smbclient.txt"; fail "smbclient"; }
talk NT1 "put $W/www/p6.jpg p6.jpg; get p1.jpg $W/g1" || { cat "$W/smbclient.txt"; fail "smbclient"; }
for i in 1 2 3; do cmp "$W/g$i" "$W/www/p$i.jpg" || fail "not what was sent"; done
filed() { [ "$(n_filed)" = "$1" ]; }
wait_for 40 "three filed reports" filed 3
for c in $(ctl -j cases list | sed -n 's/.*"\(VG-[0-9-]*\)".*/\1/p'); do ctl -j cases show "$c"; done >"$W/cases.json"
for url in "root@198.51.100.10/files/p2.jpg" 198.51.100.10/files/p2.jpg 198.51.100.10/files/in/p5.jpg 198.51.100.10/FILES/p6.jpg; do
	grep -qi "smb://[^\"]*$url" "$W/cases.json" || { cat "$W/cases.json"; fail "no case names $url"; }
done
talk SMB3 "get p1.jpg $W/g1" "--client-protection=encrypt" || { cat "$W/smbclient.txt"; fail "smbclient, encrypted"; }
encrypted() { [ "$(metric vigil_smb_skipped_messages_total)" -ge 1 ]; }
wait_for 10 "encrypted messages to be counted" encrypted
[ "$(n_filed)" = 3 ] || fail "unlisted pictures were reported"
# A file in two sessions: the first breaks off, the second reads on where it was left. Neither has it all; together it is listed.
picture p7 507; head -c 24000000 /dev/urandom >>"$W/www/p7.jpg"; cp "$W/www/p7.jpg" "$W/share/"; listed p7
ctl lists reload >/dev/null || fail "reload"
in_c smbclient -U root%secret -s /dev/null -m SMB3 -c "get p7.jpg -" //198.51.100.10/files 2>/dev/null | head -c 2000000 >"$W/part"
cmp -n 2000000 "$W/part" "$W/www/p7.jpg" || fail "the first part"
head -c 1900000 "$W/part" >"$W/g7"
talk SMB3 "reget p7.jpg $W/g7" || { cat "$W/smbclient.txt"; fail "smbclient, reget"; }
cmp "$W/g7" "$W/www/p7.jpg" || fail "reget brought something else"
wait_for 40 "the report of the file in two sessions" filed 4
say "a file of which two sessions read a part each is filed: $(metric vigil_resources_ended_total) resources ended"
# The same for what is stored: a part, by one session, is gone on with by another; then two sessions write every other
# stretch of a file (libsmbclient: smbclient's own reput writes at the wrong place).
picture p8 508; listed p8; ctl lists reload >/dev/null || fail "reload"
cat >"$W/write.py" <<'PY'
import ctypes as c, os, sys
url, path, parts = sys.argv[1], sys.argv[2], [tuple(map(int, p.split('-'))) for p in sys.argv[3:]]
lib, data = c.CDLL('libsmbclient.so.0', use_errno=True), open(path, 'rb').read()
@c.CFUNCTYPE(None, c.c_char_p, c.c_char_p, c.POINTER(c.c_char), c.c_int, c.POINTER(c.c_char), c.c_int, c.POINTER(c.c_char), c.c_int)
def auth(server, share, group, n_group, user, n_user, password, n_password):
    for to, text in ((group, b'WORKGROUP'), (user, b'root'), (password, b'secret')): c.memmove(to, text + bytes(1), len(text) + 1)
lib.smbc_lseek.restype, lib.smbc_lseek.argtypes = c.c_long, (c.c_int, c.c_long, c.c_int)
lib.smbc_write.restype, lib.smbc_write.argtypes = c.c_long, (c.c_int, c.c_char_p, c.c_size_t)
if lib.smbc_init(auth, 0): sys.exit('smbc_init')
fd = lib.smbc_open(url.encode(), os.O_WRONLY | os.O_CREAT, 0o644)
if fd < 0: sys.exit('smbc_open: %s' % os.strerror(c.get_errno()))
for begin, end in parts:
    end = min(end, len(data))
    if lib.smbc_lseek(fd, begin, 0) != begin or lib.smbc_write(fd, data[begin:end], end - begin) != end - begin: sys.exit('write')
if lib.smbc_close(fd): sys.exit('smbc_close')
PY
w() { in_c env HOME="$W" python3 "$W/write.py" "smb://198.51.100.10/files/in/$1" "$W/www/$1" $2 || fail "libsmbclient, $1 $2"; }
w p8.jpg 0-20000; w p8.jpg 20000-9999999
picture p9 509; listed p9; ctl lists reload >/dev/null || fail "reload"
w p9.jpg "5000-10000 15000-20000"; w p9.jpg "0-5000 10000-15000 20000-9999999"
for i in 8 9; do cmp "$W/share/in/p$i.jpg" "$W/www/p$i.jpg" || fail "p$i is stored as something else"; done
wait_for 40 "the reports of the files stored in two sessions" filed 6
say "files stored by two sessions each are filed"
say "filed 3 of SMB 1, 2 and 3, encrypted messages $(metric vigil_smb_skipped_messages_total)"
