#!/bin/sh
# `offload: rte_flow` on ports whose drivers cannot do what it needs (net_af_packet knows no rules, net_tap cannot tell SYN,
# FIN and RST apart): both are found out at the start and said in the log, and the workers go on dropping: an encrypted
# transfer is let go, what is in clear is found as without, on both ports, also on the ports of the encrypted one.
. tests/lib/story.sh
. tests/lib/net.sh
need openssl
net_up; endpoint_up
capture=tests/data/demo.pcap
want=$("$bin/vigilctl" replay --list tests/data/demo.list --objects "$W/o.jsonl" "$capture" >/dev/null 2>&1; grep -c '"member": *null' "$W/o.jsonl")
[ "$want" -ge 5 ] || fail "a replay gives $want objects"
tap=; case $(ls /usr/lib/*/dpdk/pmds-*/librte_net_tap.so 2>/dev/null) in ?*) tap=', "net_tap0,iface=vgtap"' ;; esac
house_config "$PWD/tests/data/demo.list"
sed -i -e "s|^  ports: \[\(.*\)\]|  ports: [\1$tap]\n  texts: no\n  offload: rte_flow|" "$W/vigil.yaml"
house_up
objects() { [ "$(metric vigil_objects_done_total)" -ge "$1" ]; }
said() { grep -q "$1,.*: opaque flows are dropped in software, not by its card: .*$2" "$W/vigild.log" || fail "the log does not say of $1: $2"; }
said net_af_packet0 "" # whatever its driver calls it
[ -z "$tap" ] || said net_tap0 "it cannot tell SYN, FIN and RST from other segments"
[ "$(metric vigil_flow_offload_ports)" = 0 ] || fail "a card is used that cannot do it"
head -c 3000000 /dev/urandom >"$W/www/secret"
(cd "$W" && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=own -days 2 -keyout key.pem -out cert.pem) 2>/dev/null || fail "no certificate"
start tls.log ip netns exec "$S" sh -c "cd $W/www && exec openssl s_server -quiet -accept 198.51.100.10:8443 -cert $W/cert.pem -key $W/key.pem -WWW"
tls=$pid
wait_for 10 "the TLS server" in_s sh -c "ss -ltn | grep -q :8443"
in_c curl -sk --local-port 45000 -o "$W/got" https://198.51.100.10:8443/secret && cmp "$W/got" "$W/www/secret" || fail "no transfer by TLS"
wait_for 10 "the flow to be let go" sh -c "[ $(metric 'vigil_flows_detected_total{proto="opaque"}') -ge 1 ]"
picture clear 7; before=$(metric vigil_objects_done_total)
stop "$tls"
sed "s|198.51.100.10:80|198.51.100.10:8443|; s|$W/nginx.pid|$W/nginx2.pid|" "$W/nginx.conf" >"$W/nginx2.conf"
in_s nginx -c "$W/nginx2.conf" || fail "nginx does not start on the TLS server's port"
at_end="kill \$(cat $W/nginx2.pid 2>/dev/null) 2>/dev/null; $at_end"
# TIME_WAIT keeps the client's port from us: it is taken away, as a new host with the old address would have it
in_c sysctl -qw net.ipv4.tcp_tw_reuse=1; in_c ss -K dst 198.51.100.10 >/dev/null 2>&1
in_c curl -s --retry 60 --retry-connrefused --retry-all-errors --retry-delay 2 --local-port 45000 -o "$W/got" http://198.51.100.10:8443/clear.jpg && cmp "$W/got" "$W/www/clear.jpg" || fail "no transfer in clear"
wait_for 10 "the picture on the ports of the TLS flow" objects $((before + 1))
[ -z "$tap" ] || { in_s ip link set vgtap up; sleep 0.5; ip netns exec "$S" "$bin/test-frames" replay vgtap "$capture" >"$W/sent" 2>&1 || fail "the capture was not sent"; wait_for 20 "the capture's objects" objects $((before + 1 + want)); }
say "TLS let go, a picture on its ports found, $(metric vigil_objects_done_total) objects; rules in cards: $(metric vigil_flow_offload_rules), refused $(metric vigil_flow_offload_refused_total)"
stop "$house"
