#!/bin/sh
# Every scenario meets its expectations; each scenario of the zoo holds with its bug off and fails with
# it on, at the same event each time.
. tests/integration/lib.sh
sim=$BUILD/odradek-sim
for scenario in sim/scenarios/*.scn; do
        ok "$(basename "$scenario") meets its expectations" "$sim" run "$scenario"
done
for scenario in sim/scenarios/zoo/*.scn; do
        bug=$(basename "$scenario" .scn)
        ok "$bug off: its scenario holds" "$sim" run "$scenario"
        "$sim" run "$scenario" --bug "$bug" >"$dir/first" 2>&1
        status=$? wanted=1
        case $bug in never-resigns | forgets-prepared) wanted=3 ;; esac # it only does not go on
        ok "$bug on: a guarantee is broken (exit status $wanted)" test "$status" -eq "$wanted"
        "$sim" run "$scenario" --bug "$bug" >"$dir/second" 2>&1
        ok "$bug on: the same at the same event" cmp "$dir/first" "$dir/second"
done
# How long after the step of this kind the last partition of c2 had a new owner, in tenths of a second.
taken_over() {
        sed "s/stall c2/$1 c2/" sim/scenarios/stops-polling.scn >"$dir/polls.scn"
        "$sim" replay "$dir/polls.scn" | awk -v step=" $1 c2" '$0 ~ step { from = $1 } / resume c2/ { exit }
                / is given orders/ && from { last = $1 } END { printf "%d", (last - from) * 10 }'
}
hung=$(taken_over stall) asleep=$(taken_over pause)
ok "a hung program is replaced after three sessions, a sleeping machine after one: $hung, $asleep" \
        test "$hung" -ge 18 -a "$hung" -le 24 -a "$asleep" -ge 5 -a "$asleep" -le 10
"$sim" crash-points sim/scenarios/pipeline.scn >"$dir/table"
ok "a pipeline that is killed at each of its events keeps what its policy promises" test $? -eq 0
"$sim" crash-points sim/scenarios/pipeline.scn >"$dir/again"
ok "and the same table comes out again" cmp "$dir/table" "$dir/again"
cells=$(sed -n 's/^all *//p' "$dir/table" | tr -s ' ' | tr - 0)
ok "commit first loses, process first doubles, transactions do neither: $cells" \
        sh -c 'test $1 -gt 0 -a $2 -eq 0 -a $4 -eq 0 -a $5 -gt 0 -a $7 -eq 0 -a $8 -eq 0' sh $cells
"$sim" crash-points sim/scenarios/leader-crash.scn 2>"$dir/errors"
ok "crash-points without a pipeline is exit status 2" test $? -eq 2
ok "a sweep of 300 seeds is clean" "$sim" sweep --seeds 1..300 --jobs 2
"$sim" sweep --seeds 1..60 --jobs 1 --csv "$dir/one" >/dev/null
"$sim" sweep --seeds 1..60 --jobs 2 --csv "$dir/two" >/dev/null
sort "$dir/one" >"$dir/one.sorted" && sort "$dir/two" >"$dir/two.sorted"
ok "one job and two jobs write the same CSV" cmp "$dir/one.sorted" "$dir/two.sorted"
for part in 1 2 3; do "$sim" sweep --seeds 1..60 --shard $part/3 --csv "$dir/part$part" >/dev/null; done
sort -u "$dir/part1" "$dir/part2" "$dir/part3" >"$dir/parts.sorted"
sort -u "$dir/one" >"$dir/one.sorted"
ok "three shards write the same CSV" cmp "$dir/one.sorted" "$dir/parts.sorted"
"$sim" run "$dir/no-such.scn" 2>"$dir/errors"
ok "a missing file is exit status 2" test $? -eq 2
printf 'brokers 1\nfrobnicate at 2s\n' >"$dir/bad.scn"
"$sim" run "$dir/bad.scn" 2>"$dir/errors"
ok "a bad line is exit status 2" test $? -eq 2
ok "and named with file and line" grep -q 'bad.scn:2' "$dir/errors"
