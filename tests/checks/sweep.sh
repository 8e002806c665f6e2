#!/bin/sh
# A bounded sweep is clean, and each bug of the zoo is found by one.
sim=${BUILD:-build}/odradek-sim
seeds=${SWEEP_SEEDS:-1..2000}
if "$sim" sweep --seeds "$seeds" --jobs 2 >/tmp/sweep.$$ 2>&1; then
        echo "ok - seeds $seeds: $(tail -n 1 /tmp/sweep.$$)"
else
        echo "not ok - seeds $seeds"
        tail -n 20 /tmp/sweep.$$ | sed 's/^/# /'
fi
for bug in $("$sim" bugs | awk '/^[a-z]/ { print $1 }'); do
        "$sim" sweep --seeds 1..200 --jobs 2 --bug "$bug" >/tmp/sweep.$$ 2>&1
        status=$?
        if [ $status -eq 1 ] || [ $status -eq 3 ]; then
                echo "ok - $bug is found: $(tail -n 1 /tmp/sweep.$$)"
        else
                echo "not ok - $bug is not found by seeds 1..200"
                tail -n 3 /tmp/sweep.$$ | sed 's/^/# /'
        fi
done
rm -f /tmp/sweep.$$
