# Sourced after story.sh: two network namespaces joined by a veth pair, a real nginx in the one, curl in the other; and the
# house living in the server's namespace, watching its interface, with the reporting endpoint on that namespace's loopback.
#   net_up              namespaces $S (server, 198.51.100.10) and $C (client, 198.51.100.21), nginx serving $W/www, DAV below /dav/
#   in_s, in_c          a command inside
#   endpoint_up         vigil-endpoint in $W/endpoint
#   house_config LIST [PROGRAM]   $W/vigil.yaml: watches the interface, files to the endpoint; PROGRAM: another hasher
#                       (the ring holds 64 MiB, so that a busy machine drops nothing; RING=FRAMES: another)
#   house_up, ctl       vigild --supervise in $house (process id); vigilctl for it
#   inline_up           the same with the appliance in the middle, in a namespace of its own, $H: c0 - m1 m0 - s0; the house and
#                       the endpoint live there then; inline_config LIST: the house forwards m0 and m1
S=vgs$$; C=vgc$$; H=$S
in_s() { ip netns exec "$S" "$@"; }
in_c() { ip netns exec "$C" "$@"; }
net_down() {
	[ -s "$W/nginx.pid" ] && kill "$(cat "$W/nginx.pid")" 2>/dev/null
	ip netns del "$S" 2>/dev/null; ip netns del "$C" 2>/dev/null; [ "$H" = "$S" ] || ip netns del "$H" 2>/dev/null; return 0
}
net_up() {
	need_root; need ip nginx curl
	ip netns add "$S" 2>/dev/null && ip netns add "$C" || skip "no network namespaces here"
	at_end="$at_end net_down;"
	ip link add name s0 netns "$S" type veth peer name c0 netns "$C" || skip "no veth here"
	in_s ip link set lo up; in_s ip link set s0 up; in_c ip link set c0 up
	command -v ethtool >/dev/null && { in_s ethtool -K s0 tx off tso off gso off gro off; in_c ethtool -K c0 tx off tso off gso off gro off; } >/dev/null 2>&1
	addresses_up
}
addresses_up() {
	in_s ip addr add 198.51.100.10/24 dev s0; in_c ip addr add 198.51.100.21/24 dev c0
	mkdir -p "$W/www" "$W/stored"; chmod 777 "$W" "$W/stored"
	cat >"$W/nginx.conf" <<CONF
user root; worker_processes 1; pid $W/nginx.pid; error_log $W/nginx.log;
events { worker_connections 256; }
http {
	include /etc/nginx/mime.types; access_log off; client_max_body_size 200m; client_body_temp_path $W/stored;
	proxy_temp_path $W/t1; fastcgi_temp_path $W/t2; uwsgi_temp_path $W/t3; scgi_temp_path $W/t4;
	server {
		listen 198.51.100.10:80; root $W/www;
		location /dav/ { alias $W/stored/; dav_methods PUT; create_full_put_path on; }
	}
}
CONF
	in_s nginx -c "$W/nginx.conf" || fail "nginx does not start"
}
in_h() { ip netns exec "$H" "$@"; }
inline_up() { # [MTU]
	need_root; need ip nginx curl ethtool
	H=vgh$$
	for ns in "$S" "$C" "$H"; do ip netns add "$ns" 2>/dev/null || skip "no network namespaces here"; done
	at_end="$at_end net_down;"
	ip link add name s0 netns "$S" type veth peer name m0 netns "$H" || skip "no veth here"
	ip link add name c0 netns "$C" type veth peer name m1 netns "$H" || skip "no veth here"
	in_s ip link set lo up; in_h ip link set lo up
	# The middle has no addresses and says nothing of its own; offloads off: a partial checksum would reach the other end.
	for i in m0 m1; do in_h sysctl -qw "net.ipv6.conf.$i.disable_ipv6=1"; done
	for at in "$S s0" "$C c0" "$H m0" "$H m1"; do
		set -- "${1:-1500}" $at
		ip netns exec "$2" ethtool -K "$3" tx off tso off gso off gro off >/dev/null 2>&1
		ip netns exec "$2" ip link set "$3" mtu "$1" up
	done
	addresses_up
}
bridge_up() { in_h ip link add br0 type bridge && in_h ip link set m0 master br0 && in_h ip link set m1 master br0 && in_h ip link set br0 up; }
bridge_down() { in_h ip link del br0; }
inline_config() { # LIST [DEVICE ARGUMENTS [MTU]]
	house_config "$1"
	args=${2:-blocksz=65536,framesz=2048,framecnt=4096,qpairs=1}
	sed -i -e '/^  ports: \[/d' -e "1i\\forward:\n  mtu: ${3:-1500}\n  pairs:\n    - a: net_af_packet0,iface=m0,$args\n      b: net_af_packet1,iface=m1,$args" "$W/vigil.yaml"
}
hold_config() { # LIST HOLD_MS: the same, and what the list names is stopped; a loaded machine must not make the inspector late
	inline_config "$1"
	sed -i -e 's/^    action: report$/    action: report+block/' -e 's/^      b: net_af_packet1.*/&\n      mode: inspect-first/' "$W/vigil.yaml"
	printf 'inline:\n  hold_ms: %s\n  inspect_wait_us: 5000000\n' "$2" >>"$W/vigil.yaml"
}
endpoint_up() {
	start endpoint.log ip netns exec "$H" "$bin/vigil-endpoint" --state "$W/endpoint" "$@"; endpoint=$pid
	wait_for 10 "the reporting endpoint" test -s "$W/endpoint/endpoint.json"
}
house_config() {
	mkdir -p "$W/run" "$W/state" "$W/keys"; chmod 700 "$W/state"
	for k in 1 2; do
		[ -e "$W/keys/$k.pub" ] || { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; echo; } >"$W/keys/$k.pub"
	done
	e=$W/endpoint/endpoint.json
	cat >"$W/vigil.yaml" <<YAML
dataplane:
  cores: 1
  ports: ["net_af_packet0,iface=s0,blocksz=65536,framesz=2048,framecnt=${RING:-32768},qpairs=1"]
  huge_pages: no
  eal_memory_mb: 256
  flows: 4096
  streams: 1024
  large_chunks: 1024
  small_chunks: 2048
hashing:
  hashers: ${HASHERS:-1}
lists:
  - name: known
    file: $1
    source: Vigil tests
    action: report
reporting:
  environment: test
  company: Vigil tests
  platform: test hosting
  first_name: Test
  last_name: Reporter
  email: reporter@tests.invalid
  retry_min_s: 1
  retry_max_s: 2
evidence:
  custodian_keys: ["$W/keys/1.pub", "$W/keys/2.pub"]
control:
  appliance_id: e2e
  run_dir: $W/run
  state_dir: $W/state
  metrics_port: 9464
test_endpoint:
  url: $(json url "$e")
  user: $(json user "$e")
  password_file: $(json password_file "$e")
  ca_file: $(json ca_file "$e")
YAML
	[ -z "$2" ] || sed -i "/^test_endpoint:/i\\  programs:\n    hashing: $2" "$W/vigil.yaml"
}
house_up() {
	start vigild.log ip netns exec "$H" "$bin/vigild" -c "$W/vigil.yaml" --supervise; house=$pid
	wait_for 30 "vigild to answer" ctl status
	wait_for 30 "a hasher at its lanes" house_ready
}
ctl() { "$bin/vigilctl" --run-dir "$W/run" "$@"; }
metric() { ip netns exec "$H" curl -s http://127.0.0.1:9464/metrics | awk -v m="$1" '{ n = $1; sub(/\{.*/, "", n) } $1 == m || n == m { s += $NF } END { printf "%d\n", s }'; }
house_ready() { [ "$(metric vigil_hasher_index_generation)" -ge 1 ] && [ -s "$W/run/dataplane.snapshot" ] && [ -S "$W/run/handover.sock" ]; }
# picture NAME SEED: a drawn picture in the web folder; its digests go to $W/list
picture() { "$bin/test-draw" --seed "$2" --size "${3:-640x480}" -o "$W/www/$1.jpg"; }
listed() { echo "sha256,$(sha256sum <"$W/www/$1.jpg" | cut -d' ' -f1),E-$1,test" >>"$W/list"; }
get() { in_c curl -sS -m 30 -o /dev/null "http://198.51.100.10/$1.jpg"; }
put() { in_c curl -sS -m 30 -T "$W/www/$1.jpg" "http://198.51.100.10/dav/$1.jpg"; }
# Reports that are finished: with the receipt, or known so by the endpoint's answer to a second /finish.
n_filed() { for state in filed done_without_receipt; do ctl -j reports list $state 2>/dev/null; done | grep -o '"report_id": *[1-9]' | wc -l; }
