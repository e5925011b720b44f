#!/bin/sh
# What the programs could do if they were taken over: seccomp filters are on, no new privileges, and a hasher holds nothing
# open but its shared memory, its local sockets and its log.
. tests/lib/story.sh
. tests/lib/net.sh
net_up; endpoint_up
picture p1 501; : >"$W/list"; listed p1
HASHERS=2; house_config "$W/list"; house_up
get p1; sleep 1
bad=
status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
for program in vigil-dataplane vigil-hashing vigil-reporter; do
	pids=$(named $program "$house"); [ -n "$pids" ] || fail "no $program runs"
	for p in $pids; do
		say "$program $p: seccomp $(status "$p" Seccomp), no_new_privs $(status "$p" NoNewPrivs), capabilities $(status "$p" CapEff)"
		[ "$(status "$p" Seccomp)" = 2 ] || bad="$bad $program:no-seccomp"
		[ "$(status "$p" NoNewPrivs)" = 1 ] || bad="$bad $program:new-privileges"
	done
done
n=0
for p in $(named vigil-hashing "$house"); do
	n=$((n + 1))
	[ "$(basename "$(readlink "/proc/$p/exe")")" = vigil-hashing-pictures ] || bad="$bad hashing:no-decoders"
	grep -qE '^CapEff:[[:space:]]*0+$' "/proc/$p/status" || bad="$bad hashing:capabilities"
	for fd in /proc/"$p"/fd/*; do
		case $(readlink "$fd") in
		/memfd:* | socket:* | pipe:* | anon_inode:* | /dev/null) ;;
		"$W"/*.log) ;;
		*) bad="$bad hashing:$(readlink "$fd")" ;;
		esac
	done
	# Nothing of the arena, the attribution or the index is mapped writable; only its own three pages are.
	grep -E 'memfd' "/proc/$p/maps"
	grep -E '/memfd:vigil-(out|attr|index|tables)' "/proc/$p/maps" | grep -qv ' r--s ' && bad="$bad hashing:writable-memory"
	grep -E ' .w..' "/proc/$p/maps" | grep memfd | grep -qvE '/memfd:vigil-(in|stats) ' && bad="$bad hashing:writes-elsewhere"
	grep -E ' [r-][w-]x. ' "/proc/$p/maps" | grep -q ' rwx' && bad="$bad hashing:writable-code"
	awk '/memfd:vigil-(out|attr|in|stats) /{print $5}' "/proc/$p/maps" | sort -u >"$W/memory.$n"
	[ -s "$W/memory.$n" ] || bad="$bad hashing:no-lane"
done
# Neither has anything of the other's: not its arena, not its answers, not who its objects are of.
comm -12 "$W/memory.1" "$W/memory.2" | grep -q . && bad="$bad hashing:shares-memory-with-another"
[ $n = 2 ] || bad="$bad $n-hashers-instead-of-2"
[ -z "$bad" ] || fail "not as it should be:$bad"
