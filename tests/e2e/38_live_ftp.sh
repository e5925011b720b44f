#!/bin/sh
# Live: vsftpd and proftpd with curl and lftp: EPSV, PASV, PORT, EPRT, resumed and segmented downloads, uploads, also into a
# folder that is made for one, broken off and gone on with (APPE, REST and STOR), appended to; tftpd-hpa with its client both ways and with large blocks.
. tests/lib/story.sh
. tests/lib/net.sh
. tests/lib/live.sh
. tests/lib/ftp.sh
need lftp in.tftpd tftp
net_up
ftp_folders
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do picture "p$i" "$((960 + i))"; done
cp "$www"/p*.jpg "$ftp/"
: >"$W/list"; for i in 2 3 4 5 6 8 9 11 12 14 16 18 19 20 21 22; do listed "p$i"; done
ftp_up connect_from_port_20=YES ""
start tftpd.log ip netns exec "$S" in.tftpd -L --secure --create --permissive --user root --address $h:69 "$ftp"
c() { in_c curl -sSf -m 60 "$@" || fail "curl $*"; }
live_up
l() { in_c timeout 60 lftp -e "set ftp:ssl-allow no; set net:max-retries 1; set xfer:clobber on; set cmd:fail-exit yes; lcd $got; $2; bye" "ftp://anonymous:x@$h:$1" || fail "lftp $2"; }
cd "$got" || exit 1
# vsftpd
c -o p1.jpg "ftp://$h/p1.jpg"                                          # EPSV
c --disable-epsv -o p2.jpg "ftp://$h/p2.jpg"                           # PASV
c -P - --disable-eprt -o p3.jpg "ftp://$h/p3.jpg"                      # PORT
c -P - -o p4.jpg "ftp://$h/p4.jpg"                                     # EPRT
c -r 0-14999 -o p5.jpg "ftp://$h/p5.jpg"; c -C - -o p5.jpg "ftp://$h/p5.jpg"
l 21 "cd up; put $www/p6.jpg; put $www/p7.jpg -o seven.jpg"
l 21 "pget -n 3 p8.jpg"
# proftpd
l 2121 "get p9.jpg; get p10.jpg"
l 2121 "set ftp:passive-mode off; get p11.jpg"
c -T "$www/p12.jpg" "ftp://$h:2121/up/"
c -P - -T "$www/p13.jpg" "ftp://$h:2121/up/"
c -T "$www/p14.jpg" "ftp://$h:2121/up/a/p14.jpg" --ftp-create-dirs
# gone on with: what lies there ends in the middle of a picture
part() { head -c "$1" "$2" >"$got/part"; }
part 15000 "$www/p19.jpg"; c -T "$got/part" "ftp://$h/up/p19.jpg"
l 21 "cd up; put -c $www/p19.jpg"
part 9000 "$www/p20.jpg"; c -T "$got/part" "ftp://$h:2121/up/p20.jpg"
l 2121 "cd up; put -c $www/p20.jpg"
part 12345 "$www/p21.jpg"; c -T "$got/part" "ftp://$h:2121/up/p21.jpg"
c -C - -T "$www/p21.jpg" "ftp://$h:2121/up/p21.jpg"
part 3 "$www/p22.jpg"; c -a -T "$got/part" "ftp://$h/up/p22.jpg"       # APPE, of which nobody says where it lies
tail -c +4 "$www/p22.jpg" | head -c 20000 >"$got/part"; c -a -T "$got/part" "ftp://$h/up/p22.jpg"
tail -c +20004 "$www/p22.jpg" >"$got/part"; c -a -T "$got/part" "ftp://$h/up/p22.jpg"
# tftpd-hpa
t() { in_c timeout 60 tftp -m binary $h -c "$@" || fail "tftp $*"; }
t get p15.jpg; t get p16.jpg
t put "$www/p17.jpg" up/p17.jpg
c --tftp-blksize 1428 -o p18.jpg "tftp://$h/p18.jpg"
cd "$OLDPWD" || exit 1
for i in 1 2 3 4 5 8 9 10 11 15 16 18; do cmp "$got/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; done
mv "$ftp/up/a/p14.jpg" "$ftp/up/"
for i in 6 12 13 14 17 19 20 21 22; do cmp "$ftp/up/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do crossed "$www/p$i.jpg"; done
live_end 16 "ftp://anonymous@$h/p2.jpg" "ftp://anonymous@$h/up/p6.jpg" p5.jpg p8.jpg "ftp://anonymous@$h:2121/p9.jpg" "ftp://anonymous@$h:2121/up/p12.jpg" "$h:2121/up/a/p14.jpg" "tftp://$h/p16.jpg" "$h/up/p19.jpg" "$h:2121/up/p20.jpg" "$h:2121/up/p21.jpg" "$h/up/p22.jpg"
