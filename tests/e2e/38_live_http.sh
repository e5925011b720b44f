#!/bin/sh
# Live: nginx, Apache and lighttpd with curl and wget: keep-alive, coded bodies, resumed downloads and ranges over several
# connections, PUT, WebDAV, forms with several files.
. tests/lib/story.sh
. tests/lib/net.sh
. tests/lib/live.sh
need apache2 lighttpd wget
net_up
h=198.51.100.10; www=$W/www
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do picture "p$i" "$((900 + i))"; done
: >"$W/list"; for i in 2 4 5 7 8 11 14 15 16; do listed "p$i"; done
# Programs behind both servers take what is posted.
mkdir "$W/cgi" "$W/got" "$W/locks"; chmod 777 "$W/got" "$W/locks"
printf '#!/bin/sh\ncat >/dev/null\nprintf "Content-Type: text/plain\\r\\n\\r\\ntaken\\n"\n' >"$W/cgi/take.cgi"; chmod 755 "$W/cgi" "$W/cgi/take.cgi"
m=/usr/lib/apache2/modules
cat >"$W/apache.conf" <<CONF
LoadModule mpm_prefork_module $m/mod_mpm_prefork.so
LoadModule authz_core_module $m/mod_authz_core.so
LoadModule alias_module $m/mod_alias.so
LoadModule cgi_module $m/mod_cgi.so
LoadModule filter_module $m/mod_filter.so
LoadModule deflate_module $m/mod_deflate.so
LoadModule dav_module $m/mod_dav.so
LoadModule dav_fs_module $m/mod_dav_fs.so
ServerRoot $W
ServerName $h
Listen $h:8001
PidFile $W/apache.pid
ErrorLog $W/apache-error.log
User www-data
Group www-data
DocumentRoot $www
DavLockDB $W/locks/dav
Alias /coded $www
Alias /dav $W/stored
ScriptAlias /cgi $W/cgi
<Directory />
Require all granted
</Directory>
<Location /coded>
SetOutputFilter DEFLATE
</Location>
<Location /dav>
Dav On
</Location>
CONF
cat >"$W/lighttpd.conf" <<CONF
server.modules = ("mod_cgi", "mod_alias")
server.bind = "$h"
server.port = 8002
server.document-root = "$www"
server.upload-dirs = ("$W/got")
server.errorlog = "$W/lighttpd-error.log"
alias.url = ("/cgi/" => "$W/cgi/")
cgi.assign = (".cgi" => "/bin/sh")
CONF
start apache.log ip netns exec "$S" apache2 -DFOREGROUND -f "$W/apache.conf"
start lighttpd.log ip netns exec "$S" lighttpd -D -f "$W/lighttpd.conf"
for p in 8001 8002; do wait_for 20 "the server at $p" in_c curl -sf -I -o "$W/nothing" "http://$h:$p/p1.jpg"; done
live_up
cd "$W/got" || exit 1
came() { for i; do cmp "$W/got/p$i.jpg" "$www/p$i.jpg" || fail "p$i came changed"; crossed "$www/p$i.jpg"; done; }
went() { for i; do crossed "$www/p$i.jpg"; done; }
c() { in_c curl -sSf -m 60 "$@" || fail "curl $*"; }
w() { in_c wget -q -T 60 -t 1 "$@" || fail "wget $*"; }

# nginx: one connection, a resumed download, PUT without a length.
c -o "p#1.jpg" "http://$h/p[1-2].jpg"
w "http://$h/p3.jpg"
c -r 0-19999 -o p4.jpg "http://$h/p4.jpg"; c -C - -o p4.jpg "http://$h/p4.jpg"
c -H 'Transfer-Encoding: chunked' -T "$www/p5.jpg" "http://$h/dav/p5.jpg"
came 1 2 3 4; went 5
# Apache: wget over one connection and one resumed, a coded body, WebDAV, a form with two files.
w "http://$h:8001/p6.jpg" "http://$h:8001/p7.jpg"
c --compressed -o p8.jpg "http://$h:8001/coded/p8.jpg"
c -T "$www/p9.jpg" -o nothing "http://$h:8001/dav/p9.jpg"; cmp "$W/stored/p9.jpg" "$www/p9.jpg" || fail "p9 is not stored"
c -F 'text=two pictures' -F "a=@$www/p10.jpg" -F "b=@$www/p11.jpg" "http://$h:8001/cgi/take.cgi" | grep -q taken || fail "the form"
c -r 0-9999 -o p12.jpg "http://$h:8001/p12.jpg"; w -c "http://$h:8001/p12.jpg"
came 6 7 8 12; went 9 10 11
# lighttpd: one connection, a form, four ranges at once.
c -o "p#1.jpg" "http://$h:8002/p[13-14].jpg"
c -F "a=@$www/p15.jpg;filename=holiday.jpg" "http://$h:8002/cgi/take.cgi" | grep -q taken || fail "the form"
size=$(wc -c <"$www/p16.jpg"); part=$((size / 4)); parts=
for k in 3 1 0 2; do
	end=$((k * part + part - 1)); [ $k = 3 ] && end=$((size - 1))
	in_c curl -sSf -m 60 -r "$((k * part))-$end" -o "part$k" "http://$h:8002/p16.jpg" & parts="$parts $!"
done
for p in $parts; do wait "$p" || fail "curl, a range"; done
cat part0 part1 part2 part3 >p16.jpg
came 13 14 16; went 15
cd "$OLDPWD" || exit 1
live_end 9 "http://$h/p2.jpg" "http://$h/p4.jpg" "http://$h/dav/p5.jpg" "http://$h:8001/p7.jpg" "http://$h:8001/coded/p8.jpg" \
	"http://$h:8001/cgi/take.cgi" p11.jpg "http://$h:8002/p14.jpg" holiday.jpg "http://$h:8002/p16.jpg"
