#!/bin/sh
# The captures other projects publish, with the files that are in them: at least 97 in a hundred are found whole, and of
# those whose hash a peer itself publishes (tier A) none is missed that was found before.
. tests/lib/story.sh
need python3
need_shared data/corpus/MANIFEST.csv
corpus=$shared/data/corpus
tier_a_missing=${TIER_A_MISSING:-0}
find "$corpus/captures" -type f | sort >"$W/captures"
xargs "$bin/vigilctl" replay --all-files --objects "$W/objects.jsonl" <"$W/captures" >"$W/summary.log" ||
	{ tail -n 20 "$W/summary.log"; fail "replay failed"; }
python3 - "$W" <<'PY' || fail "objects are not what they were"
import json, sys
out = open(sys.argv[1] + '/results.tsv', 'w')
for line in open(sys.argv[1] + '/objects.jsonl'):
    o = json.loads(line)
    for md5 in (o.get('md5'), o.get('raw_md5')):
        if md5:
            out.write('%s\t%s\t%s\t%s\n' % (o['capture'], md5, o['size'], o['proto']))
PY
say "$(wc -l <"$W/captures") captures, $(wc -l <"$W/objects.jsonl") objects"
python3 "$corpus/score.py" "$corpus/MANIFEST.csv" "$W/results.tsv" --json "$W/score.json" | cut -c1-150
[ -z "$CORPUS_OUT" ] || cp "$W/objects.jsonl" "$W/results.tsv" "$W/score.json" "$CORPUS_OUT"
python3 - "$W/score.json" "$tier_a_missing" <<'PY' || fail "files are missing"
import json, sys
s = json.load(open(sys.argv[1]))
found, expected = s['per_tier']['A']
sys.exit(not (s['found'] >= 0.97 * s['expected'] and expected - found <= int(sys.argv[2])))
PY
