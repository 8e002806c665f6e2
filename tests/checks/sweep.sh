#!/bin/sh
# A bounded sweep is clean, and each bug of the zoo is found by one: by the median within the seeds of
# its class. The failing seeds among many tell the median: of n that fail, one comes every 1/n.
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
        last=$((class < 1000 ? 1000 : class))
        failing=$("$sim" sweep --seeds "1..$last" --jobs 2 --bug "$bug" | sed -n 's/^[0-9]* seeds, \([0-9]*\) failing.*/\1/p')
        if [ "$((failing * class * 100))" -ge "$((last * 69))" ]; then
                echo "ok - $bug is found within $class seeds: $failing of $last fail"
        else
                echo "not ok - $bug is not found within $class seeds: $failing of $last fail"
        fi
done
rm -f /tmp/sweep.$$
