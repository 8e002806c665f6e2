#!/bin/sh
# The commands in a lab's README, run as a student meets them, and what they print compared with what
# stands below them; or, changed, written there:
#
#     sh labs/tool/readme.sh check|update BUILD TREE LAB
#
# TREE is a copy of this tree, built before, in which the lab's bodies and files come and go.
set -eu
what=$1 build=$(realpath "$2") tree=$3 id=$4
name=$(basename labs/"$id"-*/)
steps=labs/instructor/$name/steps
page=labs/$name/README.md

blocks=$(grep -c '^ *```console' "$page" || true) lines=$(grep -vc '^#' "$steps" || true)
[ "$blocks" = "$lines" ] || {
        echo "not ok - $page has $blocks blocks of commands, and $steps says what is there for $lines"
        exit 1
}
"$build/lab" tree "$id" --out "$tree" || exit 2
tree=$(realpath "$tree") root=$PWD before=$PWD/labs/tool/readme_block.sh
export build tree root id name steps
unset BUILD LAB GRADE CC OPT SAN COV WERROR MAKEFLAGS MFLAGS MAKELEVEL WORKER
rm -rf "$tree/labs/$name/out"
status=0
"$build/book-tool" "$what" --before "$before" "$build" "$page" || status=$?
"$build/lab" tree "$id" --out "$tree" || exit 2
exit $status
