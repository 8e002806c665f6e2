#!/bin/sh
# A bounded sweep is clean, and each bug of the zoo is found by one: by the median within the seeds of
# its class. The failing seeds among many tell the median: of n that fail, one comes every 1/n. One of
# the first three of them shrinks to a script of at most eight faults (what ends one is none) that
# still fails. Those of the rarest class take 10,000 seeds each: with ZOO_HARD=1 they are looked for too.
sim=${BUILD:-build}/odradek-sim
seeds=${SWEEP_SEEDS:-1..2000}
if "$sim" sweep --seeds "$seeds" --jobs 2 >/tmp/sweep.$$ 2>&1; then
        echo "ok - seeds $seeds: $(tail -n 1 /tmp/sweep.$$)"
else
        echo "not ok - seeds $seeds"
        tail -n 20 /tmp/sweep.$$ | sed 's/^/# /'
fi
"$sim" bugs | awk '/^[a-z]/ { name = $1 } / about [0-9]+ seeds/ { print name, $(NF - 1) }' |
while read -r bug class; do
        case $class in 10) last=300 ;; 200) last=1500 ;; *) last=10000 ;; esac
        if [ "$last" -eq 10000 ] && [ -z "${ZOO_HARD:-}" ]; then
                echo "ok - $bug is found within $class seeds # SKIP takes minutes: ZOO_HARD=1"
                continue
        fi
        "$sim" sweep --seeds "1..$last" --jobs 2 --bug "$bug" >/tmp/sweep.$$ 2>&1
        failing=$(sed -n 's/^[0-9]* seeds, \([0-9]*\) failing.*/\1/p' /tmp/sweep.$$)
        if [ "$((failing * class * 100))" -ge "$((last * 69))" ]; then
                echo "ok - $bug is found within $class seeds: $failing of $last fail"
        else
                echo "not ok - $bug is not found within $class seeds: $failing of $last fail"
                continue
        fi
        for seed in $(sed -n 's/^seed \([0-9]*\):.*/\1/p' /tmp/sweep.$$ | head -n 3); do
                "$sim" shrink --seed "$seed" --bug "$bug" -o /tmp/sweep.$$.scn >/dev/null
                left=$(grep -E '^(at|when|then) ' /tmp/sweep.$$.scn | grep -c -v -E ' (restart|resume|heal|release|free) ')
                "$sim" run /tmp/sweep.$$.scn --seed "$seed" --bug "$bug" >/dev/null
                if [ $? -ne 0 ] && [ "$left" -le 8 ]; then
                        echo "ok - seed $seed of $bug shrinks to $left faults"
                        continue 2
                fi
        done
        echo "not ok - no seed of $bug shrinks to eight faults; seed $seed to $left"
done
rm -f /tmp/sweep.$$ /tmp/sweep.$$.scn
