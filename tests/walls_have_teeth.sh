#!/bin/sh
# Goal:   a planted offence is seen: a core that calls time(), an include that climbs.
# Method: copies of the library and of the tree with one offence each, in a temporary folder.
# usage: tests/walls_have_teeth.sh LIBRARY     prints TAP
set -u
library=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
report() { [ "$1" -eq 0 ] && echo "ok - $2" || echo "not ok - $2"; }

sh tests/check_walls.sh "$library" >"$dir/clean" 2>&1
report $? "the tree as it is keeps its walls"

echo '#include <time.h>
long planted(void); long planted(void) { return time(0); }' >"$dir/planted.c"
${CC:-cc} -c "$dir/planted.c" -o "$dir/planted.o"
cp "$library" "$dir/lib.a" && ar r "$dir/lib.a" "$dir/planted.o" 2>/dev/null
sh tests/check_walls.sh "$dir/lib.a" >"$dir/out"
[ $? -eq 1 ] && grep -q 'uses time ' "$dir/out"
report $? "a call of time() in the core is seen and named"

mkdir "$dir/tree" && cp -r src sim "$dir/tree/"
for plant in 'src/log/batch.c|broker/broker.h' 'src/base/heap.c|wire/serde.h' 'src/broker/broker.c|sim/disk.h' 'sim/disk.c|posix/files.h'; do
        file=${plant%%|*} header=${plant##*|}
        cp "$file" "$dir/tree/$file"
        echo "#include \"$header\"" >>"$dir/tree/$file"
        sh tests/check_walls.sh "$library" "$dir/tree" >"$dir/out"
        [ $? -eq 1 ] && grep -q "$file" "$dir/out"
        report $? "$file including $header is seen and named"
        cp "$file" "$dir/tree/$file"
done
