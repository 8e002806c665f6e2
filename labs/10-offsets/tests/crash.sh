# crash.sh - for the keys: a consumer of the student's own that is killed once.
#
# crash POLICY: its story up to that moment, and what comes of it.
simulator=$1 seed=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-key.XXXXXX")
trap 'rm -rf "$dir"' EXIT
drawn=$seed
draw() {
        drawn=$(((drawn * 1103515245 + 12345) % 2147483648))
        number=$((drawn / 65536 % $1))
}
draw 5 && process_ms=$((12 + number))
draw 700 && killed_ms=$((1200 + number))

crash() {
        takes=" process ${process_ms}ms"
        [ "$1" != auto ] || takes= # it is processed as it is handed out
        {
                echo "brokers 1"
                echo "topic orders"
                echo "producer p1 topic orders acks all rate 100/s"
                echo "consumer c1 topic orders group readers commit $1$takes session 400ms"
                echo "at ${killed_ms}ms       kill c1"
                echo "then after 300ms  restart c1"
                echo "run 4s"
        } >"$dir/crash.scn"
        "$simulator" replay "$dir/crash.scn" --seed "$seed" >"$dir/story"
        sed 's/^/    /' "$dir/crash.scn"
        echo "The last that c1 did before it was killed:"
        sed '/ c1  *is killed/,$d' "$dir/story" |
                grep -E ' c1 +(has processed|commits|is told: group)|( c1 -> broker 1| broker 1 -> c1) .*OffsetCommit' |
                cut -c 1-12,21- | awk '
                        { line[NR] = $0 }
                        / c1 -> .* OffsetCommit / { commit = NR; answer = 0 }
                        / answer to OffsetCommit / { answer = NR }
                        END {
                                first = NR > 13 ? NR - 13 : 1
                                if (commit && commit < first) print line[shown = commit]
                                if (answer && answer < first) print line[shown = answer]
                                if (shown && shown + 1 < first) print "    ..."
                                for (i = first; i <= NR; i++) print line[i]
                        }'
        awk '
                / acknowledged at / { n = split($NF, range, "-"); end = range[n] + 1 > end ? range[n] + 1 : end }
                / c1 +is killed/ { dead = 1 }
                / c1 +has processed / {
                        if (dead && first == "") first = $NF
                        if (times[$NF]++ == 1) twice++
                }
                END {
                        for (i = 0; i < end; i++) never += !(i in times)
                        print "At which offset does c1 begin when it is back?\t" first
                        print "How many records does it process a second time?\t" twice + 0
                        print "How many records are never processed?\t" never + 0
                }' "$dir/story"
}
