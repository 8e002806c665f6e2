# Single orders, and the average of all.
. "$(dirname "$0")/kitchen.sh"
day "$extra" $((sale_s * 1000)) "$process_ms" 1 1 day
tell_day "$(rate_of day)"
orders=$(wc -l <"$dir/day")
wait_s=$(awk '{ sum += $2 - $1 } END { printf "%.2f\n", sum / NR }' "$dir/day")
# The lag, averaged over the time until the last order is cooked: not by Little's law, but counted.
lag=$(awk '{ print $1, 1; print $2, -1 }' "$dir/day" | sort -n -k1,1 -k2,2r |
        awk '{ area += lag * ($1 - at); lag += $2; at = $1 } END { printf "%.1f\n", area / at }')
until_s=$(awk '$2 > last { last = $2 } END { printf "%.1f\n", last }' "$dir/day")
longest=$(awk -v from=$sale_from_s -v to=$sale_end_s '
        $2 - $1 > most { most = $2 - $1; at = $1 }
        END { middle = (from + to) / 2
              print (at < from + 5 ? "a" : at > to + 10 ? "c" : at > middle ? "b" : "d") }' "$dir/day")
most_s=$(awk '$2 - $1 > most { most = $2 - $1 } END { print most }' "$dir/day")
half_s=$(awk -v middle=$((sale_from_s + sale_s / 2)) '$1 > middle { print $2 - $1; exit }' "$dir/day")
printf 'Which order waits longest: (a) the first of the sale, (b) the last of the sale, (c) the last of the day?\t%s\n' "$longest"
printf 'How many seconds does that one wait? (12 %% off)\t%s\n' "$(near "$most_s" 12)"
printf 'And an order that comes when half of the sale is over? (15 %% off)\t%s\n' "$(near "$half_s" 15)"
printf 'In the %s s until the last one was cooked %s orders came, and they waited %s s on average. What was the average lag? (3 %% off)\t%s\n' \
        "$until_s" "$orders" "$wait_s" "$(near "$lag" 3)"
