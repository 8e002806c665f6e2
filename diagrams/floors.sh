#!/bin/sh
# The house: a box for each folder of src/ and for sim/, on its floor (tests/check_walls.sh says which), and an
# arrow to each folder that it includes from, with the number of #include lines. Arrows that a longer way
# through the house makes superfluous are left out (tred).
set -eu
floors=$(sed -n 's/.*split("\(base [^"]*\)", floors.*/\1/p' tests/check_walls.sh)
{
        cat <<'END'
digraph floors {
        graph [bgcolor="white", rankdir=TB, nodesep=0.2, ranksep=0.3, fontname="sans-serif"]
        node [shape=box, style="filled", fillcolor="#f4f1e8", color="#555555", fontname="sans-serif", fontsize=12, fontcolor="#111111", margin="0.12,0.06"]
        edge [color="#666666", fontname="sans-serif", fontsize=12, fontcolor="#333333"]
END
        number=0
        for floor in $floors; do
                echo "        floor$number [shape=plaintext, style=\"\", fontcolor=\"#555555\", label=\"floor $number\"]"
                printf '        { rank=same; floor%s' "$number"
                for room in $(echo "$floor" | tr '|' ' '); do printf '; "%s"' "$room"; done
                [ "${floor%posix*}" = "$floor" ] || printf '; "sim/"'
                echo ' }'
                [ "$number" -eq 0 ] || echo "        floor$number -> floor$((number - 1)) [style=invis]"
                number=$((number + 1))
        done
        for room in $(echo "$floors" | tr '|' ' '); do
                lines=$(cat src/"$room"/*.[ch] | wc -l)
                echo "        \"$room\" [label=\"src/$room\\n$(ls src/"$room"/*.[ch] | wc -l) files, $(((lines + 500) / 1000))k lines\"]"
        done
        echo "        \"sim/\" [shape=box, style=\"filled,rounded,dashed\", label=\"sim\\n$(ls sim/*.[ch] | wc -l) files, $((($(cat sim/*.[ch] | wc -l) + 500) / 1000))k lines\"]"
        grep -H '^#include "' src/*/*.[ch] sim/*.[ch] | sed -n -e 's,^src/\([a-z]*\)/[^"]*"\([a-z]*\)/.*,\1 \2,p' \
                -e 's,^sim/[^"]*"\([a-z]*\)/.*,sim/ \1,p' | grep -vE '^([a-z]+) \1$|^sim/ sim$' | sort | uniq -c |
                while read -r count from to; do echo "        \"$from\" -> \"$to\" [label=\"$count\"]"; done
        echo '}'
} | if command -v tred >/dev/null; then tred; else cat; fi
