# The top of the hill, and when it is gone.
. "$(dirname "$0")/kitchen.sh"
day "$extra" $((sale_s * 1000)) "$process_ms" 1 1 day
tell_day "$(rate_of day)"
top=$(lag_at day "$sale_end_s")
after=$(dried_after day "$sale_end_s")
printf 'By how many orders does the lag grow in each second of the sale? (10 %% off is near enough)\t%s\n' \
        "$(near "$((top / sale_s))" 10)"
printf 'How large is the lag when the sale ends? (10 %% off)\t%s\n' "$(near "$top" 10)"
printf 'How many seconds later is it below 20? (12 %% off)\t%s\n' "$(near "$after" 12)"
