#!/bin/sh
# The kill matrices of labs, and their READMEs' commands, two labs at a time; UPDATE=1: those alone,
# and what they print is written into the READMEs. sh labs/tool/matrix.sh BUILD LAB...
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
        tree=$build/labs/worker$WORKER/labs/scratch report=$build/labs/matrix-$1.txt status=0
        if [ "${UPDATE:-}" ]; then
                sh labs/tool/readme.sh update "$build" "$tree" "$1"
                exit
        fi
        "$build/lab" check "$1" --build "$build/labs/worker$WORKER" >"$report" 2>&1 || status=1
        sh labs/tool/readme.sh check "$build" "$tree" "$1" >"$report.readme" 2>&1 || status=1
        echo "  README: $(grep -c '^ok' "$report.readme") of $(grep -c 'ok - ' "$report.readme") commands print what it says" >>"$report"
        grep -v ^ok "$report.readme" >>"$report" || true
        rm "$report.readme"
        cat "$report"
        exit $status
fi
printf '%s\n' "$@" | xargs -n 1 -P 2 --process-slot-var=WORKER sh "$0" "$build"
