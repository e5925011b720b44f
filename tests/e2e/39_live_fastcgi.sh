#!/bin/sh
# Live: nginx on one machine, php-fpm on another, the house beside php-fpm: what the script serves, what is uploaded raw and as a
# form is filed, on kept and closed connections, each with the URL, host and client that nginx passed on.
. tests/lib/story.sh
. tests/lib/net.sh
fpm=$(command -v php-fpm8.2 || command -v php-fpm) || skip "needs php-fpm"
net_up; endpoint_up
for i in 1 2 3 4 5; do picture "p$i" "$((860 + i))"; done
: >"$W/list"; for i in 2 3 4 5; do listed "p$i"; done
cat >"$W/www/get.php" <<'PHP'
<?php header('Content-Type: image/jpeg'); readfile(basename($_GET['f']));
PHP
cat >"$W/www/put.php" <<'PHP'
<?php echo isset($_FILES['f']) ? md5_file($_FILES['f']['tmp_name']) : md5(file_get_contents('php://input'));
PHP
printf '[global]\nerror_log = %s\ndaemonize = no\n[w]\nuser = root\ngroup = root\nlisten = 198.51.100.10:9000\npm = static\npm.max_children = 2\n' "$W/fpm.log" >"$W/fpm.conf"
start fpm.out.log ip netns exec "$S" "$fpm" -R -F -y "$W/fpm.conf"
in_c ip link set lo up
cat >"$W/front.conf" <<CONF
user root; worker_processes 1; pid $W/front.pid; error_log $W/front.log; daemon off; events { worker_connections 64; }
http {
	access_log off; client_max_body_size 20m; client_body_temp_path $W/f1; proxy_temp_path $W/f2; fastcgi_temp_path $W/f3;
	uwsgi_temp_path $W/f4; scgi_temp_path $W/f5;
	upstream php { server 198.51.100.10:9000; keepalive 2; }
	server {
		listen 127.0.0.1:80; root $W/www; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME $W/www/\$script;
		location ~ ^/keep/(?<script>.*\.php)\$ { fastcgi_pass php; fastcgi_keep_conn on; }
		location ~ ^/(?<script>.*\.php)\$ { fastcgi_pass 198.51.100.10:9000; }
	}
}
CONF
start front.out.log ip netns exec "$C" nginx -c "$W/front.conf"
house_config "$W/list"; printf 'trust:\n  trusted_proxies: [198.51.100.21]\n' >>"$W/vigil.yaml"; house_up
ask() { in_c curl -sS -m 20 -H 'Host: shop.example' "$@"; }
same() { [ "$(md5sum <"$1" | cut -d' ' -f1)" = "$2" ] || fail "$3: not what was sent"; }
php() { ask -o "$W/first" "http://127.0.0.1/get.php?f=p1.jpg" && cmp -s "$W/first" "$W/www/p1.jpg"; }
wait_for 20 "php" php
ask -o "$W/g2" "http://127.0.0.1/get.php?f=p2.jpg" && cmp "$W/g2" "$W/www/p2.jpg" || fail "get"
ask -o "$W/g1" "http://127.0.0.1/keep/get.php?f=p1.jpg" || fail "get"
ask -o "$W/g3" "http://127.0.0.1/keep/get.php?f=p3.jpg" && cmp "$W/g3" "$W/www/p3.jpg" || fail "get, kept"
same "$W/www/p4.jpg" "$(ask --data-binary "@$W/www/p4.jpg" -H 'Content-Type: image/jpeg' 'http://127.0.0.1/put.php?raw')" "raw upload"
same "$W/www/p5.jpg" "$(ask -F note=hello -F "f=@$W/www/p5.jpg;filename=sea.jpg" http://127.0.0.1/keep/put.php)" "form"
filed() { [ "$(n_filed)" = 4 ]; }
wait_for 40 "four filed reports" filed
for c in $(ctl -j cases list | sed -n 's/.*"\(VG-[0-9-]*\)".*/\1/p'); do ctl -j cases show "$c"; done >"$W/cases.json"
for what in shop.example '/get.php?f=p2.jpg' '/keep/get.php?f=p3.jpg' '/put.php?raw' sea.jpg '"fastcgi"'; do
	grep -qF "$what" "$W/cases.json" || { cat "$W/cases.json"; fail "no case names $what"; }
done
# nginx is a trusted proxy: whom it names is the client.
grep -q '"forwarded_is_client": *true' "$W/cases.json" && grep -q '"forwarded_ip": *"127.0.0.1"' "$W/cases.json" || { cat "$W/cases.json"; fail "the client is not whom nginx named"; }
say "filed $(n_filed) of 4: served, kept, raw and form uploads; $(metric vigil_fastcgi_records_total) records"
