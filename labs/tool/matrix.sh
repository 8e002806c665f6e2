#!/bin/sh
# The kill matrices of labs, two labs at a time: sh labs/tool/matrix.sh BUILD LAB...
#
# Each of the two works in a tree of its own. What is built in BUILD is taken along, with its times,
# so that only what a starter or a wrong program changes is compiled there.
set -eu
build=$1
shift
mkdir -p "$build/labs"

plant() { # WORKER
        tree=$build/labs/worker$1/labs/scratch
        [ ! -d "$tree" ] || return 0
        mkdir -p "$tree/build" "$tree/tests"
        cp -a src sim labs Makefile LICENSE .clang-format "$tree"
        cp -a tests/unit tests/deps.sh "$tree/tests"
        cp -a "$build/obj" "$build/libodradek.a" "$tree/build"
        find "$tree/build/obj" -name '*.d' -exec sed -i "s,$build/obj,build/obj,g" {} +
}

if [ "${WORKER:-}" ]; then
        plant "$WORKER"
        status=0
        "$build/lab" check "$1" --build "$build/labs/worker$WORKER" >"$build/labs/matrix-$1.txt" 2>&1 || status=1
        cat "$build/labs/matrix-$1.txt"
        exit $status
fi
printf '%s\n' "$@" | xargs -n 1 -P 2 --process-slot-var=WORKER sh "$0" "$build"
