#!/bin/sh
# `make install` into an empty root: programs that find each other there, units without placeholders, completion, pages; a
# configuration that is there is kept.
. tests/lib/story.sh
sh deploy/install.sh "$bin" "$W/root" /usr >"$W/install.log" || fail "install.sh"
for p in vigild vigilctl vigil-dataplane vigil-dataplane-cards vigil-feed vigil-hashing vigil-hashing-pictures vigil-reporter; do
	"$W/root/usr/bin/$p" --version >"$W/version" 2>&1 || fail "$p --version"
done
[ -z "$(find "$W/root" -name 'test-*' -o -name 'vigil-endpoint')" ] || fail "test programs were installed"
grep -rl '@BINDIR@' "$W/root" && fail "placeholders are left"
for u in "$W/root"/usr/lib/systemd/system/*.service; do
	grep -q '^ExecStart=/usr/bin/vigil' "$u" || fail "$u: no ExecStart below /usr/bin"
	for key in NoNewPrivileges=yes ProtectSystem=strict LimitCORE=0 UMask=0077 MemoryDenyWriteExecute=yes CapabilityBoundingSet= User=; do
		grep -q "^$key" "$u" || fail "$u: no $key"
	done
done
conf=$W/root/etc/vigil/vigil.yaml
"$W/root/usr/bin/vigild" -T -c "$conf" >"$W/check" 2>&1 && fail "a configuration without custodians passed"
grep -q 'custodian_keys needs two' "$W/check" || { cat "$W/check"; fail "-T does not ask for custodians"; }
for k in 1 2; do "$bin/vigil-custodian" keygen "$W/root/etc/vigil/custodian-$k" >/dev/null || fail "keygen"; done
sed -i 's/^  custodian_keys: .*/  custodian_keys: [custodian-1.pub, custodian-2.pub]/' "$conf"
"$W/root/usr/bin/vigild" -T -c "$conf" >"$W/check" 2>&1 || { cat "$W/check"; fail "the installed configuration is not valid"; }
for f in bash-completion/completions/vigilctl man/man8/vigilctl.8 man/man8/vigild.8 man/man5/vigil.yaml.5; do
	[ -s "$W/root/usr/share/$f" ] || fail "share/$f is empty"
done
"$W/root/usr/bin/vigilctl" replay --objects "$W/o.jsonl" tests/data/ipv6.pcap >"$W/out" 2>&1 || { cat "$W/out"; fail "replay with the installed programs"; }
[ -s "$W/o.jsonl" ] || fail "no objects with the installed programs"
echo "# mine" >"$W/root/etc/vigil/vigil.yaml"
sh deploy/install.sh "$bin" "$W/root" /usr >>"$W/install.log" || fail "install.sh again"
[ "$(cat "$W/root/etc/vigil/vigil.yaml")" = "# mine" ] || fail "a configuration was overwritten"
say "installed, checked and replayed"
