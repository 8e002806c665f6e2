#!/bin/sh
# Goal:   the reference pages say what the program does: each API, each key, with its meaning.
# Method: docs/generate.sh writes them anew; they must be those in docs/. Each row has its texts. A broker
#         of this build offers the versions that the page tells.
. tests/integration/lib.sh
export BUILD
mkdir "$dir/docs"
sh docs/generate.sh "$dir/docs"
ok "docs/protocol.md is what the program prints (make docs)" diff "$dir/docs/protocol.md" docs/protocol.md
ok "docs/configuration.md is what the program prints (make docs)" diff "$dir/docs/configuration.md" docs/configuration.md
$odradek broker --generate-docs apis >"$dir/apis"
ok "each API has a line with where it is from and what it is for" \
        awk -F ' *[|] *' 'NR > 2 && (NF != 10 || $7 == "" || $8 !~ /\.$/ || ($9 != "" && $9 !~ /\.$/)) { print; bad = 1 } END { exit bad || NR < 40 }' "$dir/apis"
$odradek broker --generate-docs configs >"$dir/configs"
ok "each key has a type and a meaning" \
        awk -F ' *[|] *' 'NR > 2 && (NF != 8 || $4 == "" || $7 !~ /\.$/) { print; bad = 1 } END { exit bad || NR < 80 }' "$dir/configs"
ok "another table there is not" sh -c "! $odradek broker --generate-docs nothing"

start_broker one
kcat -X debug=protocol,feature -b "$at" -L 2>&1 | sed -n 's/.*ApiKey [A-Za-z-]*[^(]*(\([0-9]*\)) Versions \([0-9]*\)\.\.\([0-9]*\).*/\1 \2-\3/p' | sort -u >"$dir/offered"
awk -F ' *[|] *' 'NR > 2 && $5 != "no" { print $2, $5 }' "$dir/apis" | sort -u >"$dir/told"
ok "a stock client is offered what the page tells" diff "$dir/told" "$dir/offered"
