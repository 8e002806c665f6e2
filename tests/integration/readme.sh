#!/bin/sh
# Goal:   what README.md shows is what the commands print.
# Method: the demo's block is run and compared line by line; the sweep's counts are compared, its time is
#         not; so is the table of crash points; each folder and file that is named exists.
. tests/integration/lib.sh
sh labs/demo.sh >"$dir/demo" 2>&1
ok "the demo ends well" test $? -eq 0
grep -E '^Act|came back|nothing lost' "$dir/demo" >"$dir/shown"
sed -n '/^\$ make demo | grep/,/^\$ make sweep/p' README.md | sed '1d;$d' >"$dir/promised"
ok "the demo prints what README.md shows" cmp "$dir/shown" "$dir/promised"
seeds=$(sed -n 's/^\([0-9]* seeds, 0 failing, [0-9]* events, [0-9]* s of virtual time\).*/\1/p' README.md)
"$BUILD/odradek-sim" sweep --seeds 1..2000 --jobs 2 >"$dir/sweep"
ok "the sweep prints what README.md shows" grep -q "^$seeds" "$dir/sweep"
"$BUILD/odradek-sim" crash-points sim/scenarios/pipeline.scn | grep -E 'one transaction|killed|^all' >"$dir/points"
sed -n '/crash-points/,/^```/p' README.md | sed '1d;$d' >"$dir/promised"
ok "the crash points are those that README.md shows" cmp "$dir/points" "$dir/promised"
missing=
for path in $(grep -oE '`[a-zA-Z0-9_./-]+[/.][a-zA-Z0-9_/-]*`' README.md | tr -d '`' | sort -u); do
        case $path in
        src/* | sim/* | chapters/* | labs/* | docs/* | LICENSE | CITATION.cff) ;;
        purgatory.h | fetch_api.c) path=src/broker/$path ;;
        world.h) path=src/base/$path ;;
        *) continue ;;
        esac
        [ -e "$path" ] || [ "$path" = chapters/ ] || missing="$missing $path"
done
ok "what README.md names exists:$missing" test -z "$missing"
