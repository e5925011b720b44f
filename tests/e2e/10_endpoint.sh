#!/bin/sh
# The reporting endpoint by itself, with curl: TLS by its own CA, Basic auth, the schema, the calls of one report, answers to
# what is wrong, and its state over a restart.
. tests/lib/story.sh
need curl
endpoint_up() { start endpoint.log "$bin/vigil-endpoint" --state "$W/endpoint"; endpoint=$pid; wait_for 10 "the endpoint" test -s "$W/endpoint/endpoint.json"; }
endpoint_up
e=$W/endpoint/endpoint.json; url=$(json url "$e"); bad=
call() { path=$1; shift; curl -sS --cacert "$W/endpoint/ca.pem" -u "$(json user "$e"):$(cat "$(json password_file "$e")")" "$@" "$url/$path"; }
code() { sed -n 's/.*<responseCode>\([0-9]*\)<.*/\1/p'; }
# expect TEXT WANTED GOT
expect() { if [ "$2" = "$3" ]; then say "ok: $1: $2"; else say "$1: $3 instead of $2"; bad="$bad;$1"; fi; }
xml() { # the smallest report that is one
	cat <<XML
<?xml version="1.0" encoding="UTF-8"?>
<report><incidentSummary><incidentType>Child Pornography (possession, manufacture, and distribution)</incidentType>
<incidentDateTime>2020-01-02T03:04:05Z</incidentDateTime></incidentSummary>
<reporter><reportingPerson><firstName>Test</firstName><lastName>Reporter</lastName><email>test@tests.invalid</email></reportingPerson></reporter></report>
XML
}
curl -sS "$url/status" >/dev/null 2>&1 && bad="$bad;trusted without its CA"
expect "without a password" 401 "$(curl -s -o "$W/body" -w '%{http_code}' --cacert "$W/endpoint/ca.pem" "$url/status")"
expect "wrong password" 401 "$(curl -s -o "$W/body" -w '%{http_code}' --cacert "$W/endpoint/ca.pem" -u vigil:wrong "$url/status")"
expect "status" 0 "$(call status | code)"
call xsd >"$W/schema.xsd"; grep -q incidentSummary "$W/schema.xsd" || bad="$bad;xsd"
expect "plain http is no way in" 000 "$(curl -s -m 5 -o "$W/body" -w '%{http_code}' "$(echo "$url" | sed 's/^https/http/')/status")"
post="-H Content-Type:text/xml"
expect "rubbish" 4110 "$(call submit $post --data-binary 'rubbish' | code)"
expect "a document that is none" 4100 "$(xml | sed 's/incidentDateTime>/incidentTime>/g' | call submit $post --data-binary @- | code)"
xml | call submit $post --data-binary @- >"$W/answer"
expect "submit" 0 "$(code <"$W/answer")"
id=$(sed -n 's/.*<reportId>\([0-9]*\)<.*/\1/p' "$W/answer")
"$bin/test-draw" --seed 7 -o "$W/picture.jpg"
call upload -F "id=$id" -F "file=@$W/picture.jpg" >"$W/answer"
expect "upload" 0 "$(code <"$W/answer")"
expect "the digest it answers" "$(md5sum <"$W/picture.jpg" | cut -d' ' -f1)" "$(sed -n 's/.*<hash>\([0-9a-f]*\)<.*/\1/p' "$W/answer")"
file=$(sed -n 's/.*<fileId>\([0-9a-f]*\)<.*/\1/p' "$W/answer")
details="<fileDetails><reportId>$id</reportId><fileId>$file</fileId><originalFileName>p.jpg</originalFileName><fileViewedByEsp>false</fileViewedByEsp></fileDetails>"
expect "fileinfo" 0 "$(call fileinfo $post --data-binary "$details" | code)"
expect "fileinfo of no report" 5001 "$(call fileinfo $post --data-binary "$(echo "$details" | sed "s/$id/99/")" | code)"
expect "finish" 0 "$(call finish -F "id=$id" | code)"
expect "finish again" 5102 "$(call finish -F "id=$id" | code)"
expect "retract what is finished" 5102 "$(call retract -F "id=$id" | code)"
expect "finish of no report" 5001 "$(call finish -F id=99 | code)"
id2=$(xml | call submit $post --data-binary @- | sed -n 's/.*<reportId>\([0-9]*\)<.*/\1/p')
expect "retract" 0 "$(call retract -F "id=$id2" | code)"
expect "retract again" 5101 "$(call retract -F "id=$id2" | code)"
admin "fault?call=status&kind=503" -X POST >/dev/null
expect "an armed fault" 503 "$(call status -o "$W/body" -w '%{http_code}')"
expect "and only once" 0 "$(call status | code)"
stop "$endpoint"; rm -f "$e"; endpoint_up; url=$(json url "$e")
expect "finished, after a restart" 1 "$(endpoint_n finished)"
expect "retracted, after a restart" 1 "$(endpoint_n retracted)"
cmp "$W/picture.jpg" "$W/endpoint/reports/$id/file-$file" || bad="$bad;stored file"
[ -z "$bad" ] || fail "not as documented$bad"
