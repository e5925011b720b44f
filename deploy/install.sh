#!/bin/sh
# usage: install.sh BIN_DIR DESTDIR PREFIX: copies the programs, units, completion and manual pages; nothing is started, no
# user is made (systemd-sysusers does it), an existing configuration is kept.
set -e
from=$1; dest=$2; prefix=${3:-/usr}; root=$dest$prefix
[ -n "$from" ] && [ -x "$from/vigilctl" ] || { echo "install.sh: build first: $from/vigilctl is not there" >&2; exit 1; }
here=$(dirname "$0")
put() { install -D -m "$1" "$2" "$3"; }
for p in vigild vigilctl vigil-forward vigil-dataplane vigil-dataplane-cards vigil-feed vigil-hashing vigil-hashing-pictures vigil-reporter; do put 755 "$from/$p" "$root/bin/$p"; done
for u in "$here"/systemd/*.service "$here"/systemd/*.target; do
	mkdir -p "$root/lib/systemd/system"
	sed "s|@BINDIR@|$prefix/bin|g" "$u" >"$root/lib/systemd/system/$(basename "$u")"
	chmod 644 "$root/lib/systemd/system/$(basename "$u")"
done
put 644 "$here/systemd/vigil.sysusers" "$root/lib/sysusers.d/vigil.conf"
put 644 "$here/systemd/vigil.tmpfiles" "$root/lib/tmpfiles.d/vigil.conf"
put 644 "$here/vigil.yaml.example" "$root/share/doc/vigil/vigil.yaml.example"
put 644 "$here/../LICENSE" "$root/share/doc/vigil/LICENSE"
put 644 "$here/../include/vigil/plugin.h" "$root/include/vigil/plugin.h"
[ -e "$dest/etc/vigil/vigil.yaml" ] || put 644 "$here/vigil.yaml.example" "$dest/etc/vigil/vigil.yaml"
mkdir -p "$root/share/bash-completion/completions" "$root/share/man/man5" "$root/share/man/man8"
"$from/vigilctl" completion bash >"$root/share/bash-completion/completions/vigilctl"
"$from/vigilctl" manual vigilctl >"$root/share/man/man8/vigilctl.8"
"$from/vigilctl" manual vigild >"$root/share/man/man8/vigild.8"
"$from/vigilctl" manual vigil.yaml >"$root/share/man/man5/vigil.yaml.5"
[ -n "$dest" ] || echo "next: systemd-sysusers; systemd-tmpfiles --create; edit /etc/vigil/vigil.yaml; systemctl enable --now vigil.target vigil-hashing@0"
