# Other days: another sale, another kitchen, two kitchens.
. "$(dirname "$0")/kitchen.sh"
day "$extra" $((sale_s * 1000)) "$process_ms" 1 1 day
day $((2 * extra)) $((sale_s * 500)) "$process_ms" 1 1 steep
# A fifth above the usual rate, or below it.
draw 2 && slow=$number && slow_ms=$((slow ? 820 / usual : 1150 / usual))
day "$extra" $((sale_s * 1000)) $slow_ms 1 1 slow
day "$extra" $((sale_s * 1000)) "$process_ms" 2 2 two
day "$extra" $((sale_s * 1000)) "$process_ms" 1 2 idle
steep_end_s=$((sale_from_s + sale_s / 2))
tell_day "$(rate_of day)"
printf 'The sale sends twice as many a second, for half the time. How large is the lag when it ends? (10 %% off)\t%s\n' \
        "$(near "$(lag_at steep "$steep_end_s")" 10)"
printf 'The first sale, and a kitchen that cooks only %s a second. How large is the lag when the sale ends? (10 %% off)\t%s\n' \
        "$(rate_of slow)" "$(near "$(lag_at slow "$sale_end_s")" 10)"
printf 'The same slow kitchen, and a day that goes on like that: is the hill gone some time? (yes or no)\t%s\n' \
        "$(test "$slow" -gt 0 && echo yes || echo no)"
printf 'Two kitchens as fast as the first, and two partitions. How large is the lag when the sale ends? (12 %% off)\t%s\n' \
        "$(near "$(lag_at two "$sale_end_s")" 12)"
printf 'Two kitchens, and one partition. How many seconds after the sale is the lag below 20? (12 %% off)\t%s\n' \
        "$(near "$(dried_after idle "$sale_end_s")" 12)"
