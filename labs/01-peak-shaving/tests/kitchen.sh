# kitchen.sh - for the keys: a day of the student's own, and what the simulator makes of it.
#
# A shop sends `usual` orders a second all day, and a sale `extra` more from `sale_from_s` on, for
# `sale_s` seconds. The kitchen needs `process_ms` for each order. That is long on purpose: with each
# order a part of a millisecond is lost, how large a part hangs on what else goes on, and in a few
# milliseconds that would be the difference between the arithmetic and the count.
simulator=$1 seed=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-key.XXXXXX")
trap 'rm -rf "$dir"' EXIT
drawn=$seed

# draw N: a number below N, as $number. Of the low bits of such a generator the last ones are poor.
draw() {
        drawn=$(((drawn * 1103515245 + 12345) % 2147483648))
        number=$((drawn / 65536 % $1))
}
draw 5 && usual=$((6 + number))
draw 4 && extra=$((usual * (5 + number)))
draw 3 && sale_s=$((40 + 10 * number))
sale_from_s=50
sale_end_s=$((sale_from_s + sale_s))
process_ms=$((500 / usual - 5))
run_s=750

# day EXTRA SALE_MS PROCESS_MS PARTITIONS KITCHENS NAME: simulates such a day. $dir/NAME then has a
# line for each order: when it came, and when it was cooked, in seconds.
day() {
        {
                echo "brokers 1"
                echo "topic orders partitions $4"
                echo "producer shop topic orders acks 1 rate $usual/s"
                echo "producer sale topic orders acks 1 rate $1/s"
                for kitchen in $(seq "$5"); do
                        echo "consumer kitchen$kitchen topic orders group kitchens process $3ms"
                done
                echo "at 0s pause sale"
                echo "at ${sale_from_s}s resume sale"
                echo "at $((sale_from_s * 1000 + $2))ms pause sale"
                echo "run ${run_s}s"
        } >"$dir/$6.scn"
        "$simulator" replay "$dir/$6.scn" --seed "$seed" | awk '
                / acknowledged at / {
                        n = split($NF, range, "-")
                        for (i = range[1]; i <= range[n]; i++) came[$(NF - 2) " " i] = $1
                }
                / has processed / && !($(NF - 2) " " $NF in cooked) { cooked[$(NF - 2) " " $NF] = $1 }
                END { for (order in came) if (order in cooked) print came[order], cooked[order] }
        ' | sort -n >"$dir/$6"
}

# lag_at NAME SECONDS: how many have come by then, and are not cooked.
lag_at() { awk -v at="$2" '$1 <= at && $2 > at { n++ } END { print n + 0 }' "$dir/$1"; }

# rate_of NAME: how many a second were cooked during the sale.
rate_of() {
        awk -v from=$sale_from_s -v to=$sale_end_s '$2 > from && $2 <= to { n++ }
                END { printf "%.1f\n", n / (to - from) }' "$dir/$1"
}

# dried_after NAME SECONDS: how much later the lag is below 20 for the first time.
dried_after() {
        awk -v at="$2" '{ print $1, 1; print $2, -1 }' "$dir/$1" | sort -n -k1,1 -k2,2r | awk -v at="$2" '
                { lag += $2 }
                $1 > at && lag < 20 { print $1 - at; found = 1; exit }
                END { if (!found) print "never" }'
}

# near VALUE PERCENT: the range around it that counts as right.
near() { awk -v v="$1" -v p="$2" 'BEGIN { d = v * p / 100; printf "%.2f..%.2f\n", v - d, v + d }'; }

tell_day() {
        echo "A shop sends $usual orders a second, all day. From $sale_from_s s on, for $sale_s s, a sale sends $extra more a second."
        echo "The kitchen cooks $1 orders a second as long as one is waiting. The day has $run_s s."
}
