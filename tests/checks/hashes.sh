#!/bin/sh
# Goal:   the same seed gives the same trace: gcc and clang, -O0 and -O2, two runs, any number of jobs.
# Method: the CSV of a sweep (it holds each trace's hash) from five builds and runs, compared.
seeds=${HASH_SEEDS:-1..200}
reference=/tmp/hashes.$$
trap 'rm -f /tmp/hashes.$$*' EXIT
csv() { # BUILD FILE options
        build=$1 file=$2
        shift 2
        "$build/odradek-sim" sweep --seeds "$seeds" --csv "$file.raw" "$@" >/dev/null
        sort "$file.raw" >"$file"
        [ "$(wc -l <"$file")" -gt 1 ]
}
csv "${BUILD:-build}" "$reference" --jobs 2 || { echo "not ok - the first sweep wrote its CSV"; exit 1; }
compare() { # WHAT BUILD options
        what=$1
        shift
        if csv "$1" "$reference.other" ${2:-} ${3:-} && cmp "$reference" "$reference.other"; then
                echo "ok - equal hashes, seeds $seeds: $what"
        else
                echo "not ok - hashes differ: $what"
        fi
}
compare "a second run, one job" "${BUILD:-build}" --jobs 1
for variant in "gcc -O0" "clang -O2" "clang -O0"; do
        cc=${variant% *} opt=${variant#* }
        build=build-hash-$cc$opt
        make -s -j2 "CC=$cc" "OPT=$opt" "BUILD=$build" "$build/odradek-sim" >/dev/null || echo "not ok - $variant builds"
        compare "$variant" "$build"
done
