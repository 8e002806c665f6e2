# grid.sh - for the keys: a pipeline of the student's own, and what a crash at each place does.
#
# grid POLICY: a piece of its story, with places in it, and a question for each place.
simulator=$1 seed=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-key.XXXXXX")
trap 'rm -rf "$dir"' EXIT
drawn=$seed
draw() {
        drawn=$(((drawn * 1103515245 + 12345) % 2147483648))
        number=$((drawn / 65536 % $1))
}
draw 5 && process_ms=$((12 + number))
draw 5 && rate=$((60 + 10 * number))
draw 300 && from_ms=$((700 + number))
draw 4 && places_before=$((3 + number))

# pipeline POLICY [EVENT]: its scenario; it is killed right after that event.
pipeline() {
        echo "brokers 1"
        echo "topic orders"
        echo "topic payments"
        echo "producer p1 topic orders acks all rate $rate/s"
        echo "pipeline t1 group billing from orders to payments commit $1 process ${process_ms}ms isolation read_committed session 300ms"
        [ $# -eq 1 ] || echo "when event $2 has happened  kill t1"
        [ $# -eq 1 ] || echo "then after 100ms  restart t1"
        echo "run 2s"
}

# The piece begins some places before the first commit after $from_ms, and has ten of them. What is
# told of one millisecond is one place. Their events go to $dir/events.
cut_piece() {
        grep -E ' t1 +(reads|has processed|sends|commits|begins|asks|.*acknowledged at|.*is committed|.*is taken)| t1 -> broker 1 +(Produce|OffsetCommit|TxnOffsetCommit|EndTxn)' |
                awk -v from="$from_ms" -v before="$places_before" -v events="$dir/events" '
                {
                        if ($1 != last) count++
                        last = $1
                        event[count] = substr($3, 2)
                        told[count] = told[count] substr($0, 1, 12) substr($0, 21) "\n"
                        for (i = 1; i < NF; i++) if ($i == "offset" && $(i + 2) == "is") noted = $(i + 1)
                        if (/ is committed$/) offset = noted
                        if (/ t1 +commits /) { meant = $NF; asked = "" }
                        if (/ asks to commit /) asked = ", and the end of its transaction was asked for"
                        known[count] = "The last offset that was committed before this piece is " offset "."
                        if (meant > offset) known[count] = known[count] " On its way is " meant asked "."
                        if (!commit && $1 * 1000 > from && / is committed$/) commit = count
                }
                END {
                        print known[commit - before - 1]
                        for (i = commit - before; i < commit - before + 10; i++) {
                                printf "%s  (%d)\n", told[i], ++n
                                print event[i] >events
                        }
                }'
}

# What came of a run: how many orders were never paid, how many twice, and where the next life began.
# The output that follows an order in the story is its payment; what counts is the final read.
count_effects() {
        awk '
                function note(word, from, i, ends, n) {
                        sub(/^[a-z0-9]*\//, "", word)
                        n = split(word, ends, "-")
                        for (i = ends[1]; i <= ends[n]; i++)
                                if (from == "t1") paid[order_of[i]]++
                                else came[i] = 1
                }
                / t1 +has processed / { order = $7; sub(/.*\//, "", order) }
                / t1 +sends / { payment = $6; sub(/.*\//, "", payment); order_of[payment] = order }
                / t1 +is killed/ { dead = 1 }
                / t1 +reads / && dead && begins == "" { begins = $NF; sub(/-.*/, "", begins) }
                /--- the final read ---/ { final = 1 }
                / reader +reads / && final { note($6, substr($6, 1, 2)) }
                END {
                        for (i in came) { never += paid[i] == 0; twice += paid[i] > 1 }
                        print never + 0, twice + 0, begins
                }'
}

grid() {
        # A transaction's end takes some places; it should be seen.
        [ "$1" != transaction ] || places_before=$((places_before + 3))
        pipeline "$1" >"$dir/whole.scn"
        "$simulator" replay "$dir/whole.scn" --seed "$seed" | cut_piece >"$dir/piece"
        sed 's/^/    /' "$dir/whole.scn"
        echo "Below is a piece of its story, with ten places in it. What t1 says or sends before a place leaves it, killed or not."
        cat "$dir/piece"
        place=0 others=0
        while read -r event; do
                place=$((place + 1))
                pipeline "$1" "$event" >"$dir/killed.scn"
                set -- "$1" $("$simulator" replay "$dir/killed.scn" --seed "$seed" | count_effects)
                case $1 in
                before)
                        printf 'Killed at (%d) and started again: how many orders are never paid?\t%s\n' $place "$2"
                        others=$((others + ($3 > 0)))
                        ;;
                after)
                        printf 'Killed at (%d) and started again: how many orders are paid twice?\t%s\n' $place "$3"
                        others=$((others + ($2 > 0)))
                        ;;
                transaction)
                        printf 'Killed at (%d) and started again: which offset of orders does it read first?\t%s\n' $place "$4"
                        others=$((others + ($2 + $3 > 0)))
                        ;;
                esac
        done <"$dir/events"
        case $1 in
        before) what="paid twice" ;;
        after) what="never paid" ;;
        transaction) what="never paid, or paid twice" ;;
        esac
        printf 'In how many of the ten is an order %s?\t%s\n' "$what" $others
}
