#!/bin/sh
# Profiles: captures play ports of different profiles: each has its own protocols, hosts and paths, and lists of URLs; a port
# without one has the scope as ever, or the profile of its customers. What is wrong is said with its line.
. tests/lib/story.sh
u=198.51.100.10 d=tests/data
for n in a b c; do cp $d/demo.pcap "$W/$n.pcap"; done; cp $d/websocket.pcap "$W/d.pcap"
replay() { # NAME OPTIONS CAPTURE...: objects under $W/NAME.yaml
	name=$1; shift
	"$bin/vigilctl" replay --config "$W/$name.yaml" --objects "$W/$name.jsonl" --cases "$W/$name.cases" "$@" >"$W/$name.txt" || { cat "$W/$name.txt"; fail "$name: replay failed"; }
}
of() { grep -c "\"capture\": *\"[^\"]*/$2.pcap\"" "$W/$1.jsonl"; }
printf 'scope: {}\n' >"$W/all.yaml"; replay all --all-files "$W/a.pcap" "$W/d.pcap"; all=$(of all a) ws=$(of all d)
cat >"$W/two.yaml" <<YAML
profiles:
  - name: us
    urls: ["*/img/*"]
  - name: eu
    exclude_urls: ["*/img/*"]
    protocols_off: [websocket]
dataplane:
  ports:
    - {device: net_a, profile: us}
    - {device: net_b, profile: eu}
    - net_c
    - {device: net_d, profile: eu}
YAML
replay two --all-files "$W/a.pcap" "$W/b.pcap" "$W/c.pcap" "$W/d.pcap"
img=$(grep 'a.pcap' "$W/all.jsonl" | grep -c '"url":"/img/')
say "of $all objects: us $(of two a), eu $(of two b), scope alone $(of two c); of $ws of WebSocket, eu $(of two d)"
[ "$(of two a)" = "$img" ] && [ "$(of two c)" = "$all" ] && [ "$(of two b)" = $((all - img)) ] && [ "$(of two d)" = 0 ] && [ "$ws" -gt 0 ] || fail "not as the profiles say ($img pictures)"
replay two --all-files --cores 2 "$W/a.pcap" "$W/b.pcap" "$W/c.pcap" "$W/d.pcap"
[ "$(of two a) $(of two b) $(of two c) $(of two d)" = "$img $((all - img)) $all 0" ] || fail "two cores"
# by customers: without a profile of its port
cat >"$W/customers.yaml" <<YAML
profiles:
  - {name: us, customers: [192.0.2.0/24], protocols_off: [http]}
  - {name: eu, customers: [$u/32], urls: ["*/img/*"]}
YAML
replay customers --all-files "$W/a.pcap"; [ "$(of customers a)" = "$img" ] || fail "customers: $(of customers a)"
# lists of URLs: one for one profile, one for all that say nothing
printf '%s:8080/img/harbour.jpg E-harbour\n' $u >"$W/bad.txt"; printf '%s/dav E-dav\n' $u >"$W/worse.txt"
cat >"$W/lists.yaml" <<YAML
profiles:
  - {name: us, url_lists: [bad]}
  - {name: eu, url_lists: [none]}
dataplane:
  ports:
    - {device: net_a, profile: us}
    - {device: net_b, profile: eu}
YAML
entries() { grep -o '"entry":"[^"]*"' "$W/lists.cases" | sort -u | tr '\n' ' '; }
replay lists --url-list "$W/bad.txt" --url-list "$W/worse.txt" "$W/a.pcap"; [ "$(entries)" = '"entry":"E-harbour" ' ] || fail "us: $(entries)"
replay lists --url-list "$W/bad.txt" --url-list "$W/worse.txt" "$W/d.pcap" "$W/b.pcap"; [ -z "$(entries)" ] || fail "eu: $(entries)"
replay lists --url-list "$W/bad.txt" --url-list "$W/worse.txt" "$W/d.pcap" "$W/d.pcap" "$W/c.pcap"
[ "$(entries)" = '"entry":"E-dav" "entry":"E-harbour" ' ] || fail "without a profile: $(entries)"
# an exact match of a profile that is review_only waits for a person
printf 'profiles:\n  - {name: uk, review_only: yes}\ndataplane:\n  profile: uk\n' >"$W/held.yaml"
replay held --list $d/demo.list "$W/a.pcap"
n=$(grep -c '"state":"held".*"action":"report".*"reason":"its profile is review_only".*"profile":"uk"' "$W/held.cases")
[ "$n" = 2 ] && ! grep -q '"state":"queued"' "$W/held.cases" || { cat "$W/held.cases"; fail "review_only: $n wait"; }
for bad in 'dataplane:\n  profile: xx\n|:2: profile xx is none of profiles' 'profiles:\n  - {name: us, vlans: [9-8]}\n|:2: "9-8" is no tag'; do
	printf "${bad%%|*}" >"$W/wrong.yaml"
	"$bin/vigild" -T -c "$W/wrong.yaml" >"$W/wrong.txt" 2>&1 && fail "taken: $bad"
	grep -qF "wrong.yaml${bad##*|}" "$W/wrong.txt" || fail "$(cat "$W/wrong.txt")"
done
say "profiles hold for their ports, customers and lists"
