#!/bin/sh
# What the cleaner may look at, clean and dirty, from round to round, with three settings of min.cleanable.dirty.ratio.
# The broker tells how many bytes a round read and wrote; what it read and the round before had not written was dirty.
# Between two rounds the lines are straight, since the producer is steady.
set -eu
scenario=$(mktemp)
trap 'rm -f "$scenario"' EXIT
for ratio in 0.3 0.5 0.8; do
        printf '%s\n' 'brokers 1 log.cleaner.backoff.ms 100' \
                "topic states cleanup.policy compact segment.bytes 4000 min.cleanable.dirty.ratio $ratio" \
                'producer p1 topic states rate 500/s keys 100 batch 500' 'run 20s' >"$scenario"
        echo "ratio $ratio"
        "$BUILD/odradek-sim" replay "$scenario" | sed -n 's/ s .*compacted up to.*, \([0-9]*\) bytes to/ \1/p'
done | awk -v from=10 -v to=16 '
function text(at_x, at_y, anchor, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, words
}
function x(seconds) { return 60 + (seconds - from) * 800 / (to - from) }
function y(bytes) { return bottom - bytes * 1.2 / 1000 }
# Round r ends what began with round r - 1.
function tooth(row, r,    begin, end, clean, all, share) {
        begin = time[row, r - 1]; clean = written[row, r - 1]; end = time[row, r]; all = read[row, r]
        printf "<path clip-path=\"url(#window)\" d=\"M%.1f %.1fL%.1f %.1fV%.1fH%.1fZ\" fill=\"#e0a030\" stroke=\"#222\"/>\n", x(begin), y(clean), x(end), y(all), y(clean), x(begin)
        printf "<path clip-path=\"url(#window)\" d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\" fill=\"#d6e4f2\" stroke=\"#222\"/>\n", x(begin), y(clean), x(end), y(0), x(begin)
        if (end > to) return
        share = int(100 * (all - clean) / all + 0.5)
        if (!low || share < low) low = share
        if (share > high) high = share
        if (x(end) - x(begin) > 80 && begin > from) {
                text(x(end) - 8, y(clean) - 8, "end", "dirty")
                text(x(end) - 8, y(clean) + 18, "end", "clean")
        }
}
$1 == "ratio" { name[++rows] = $2; next }
{ time[rows, ++rounds[rows]] = $1; read[rows, rounds[rows]] = $2; written[rows, rounds[rows]] = $3 }
$1 > from && $1 < to && $2 > most[rows] { most[rows] = $2 }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"440\" viewBox=\"0 0 880 440\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"440\" fill=\"#ffffff\"/>"
        print "<clipPath id=\"window\"><rect x=\"60\" y=\"0\" width=\"800\" height=\"440\"/></clipPath>"
        for (row = 1; row <= rows; row++) {
                bottom += most[row] * 1.2 / 1000 + 56
                for (bytes = 0; bytes <= most[row]; bytes += 40000)
                        text(52, y(bytes) + 5, "end", bytes / 1000 (bytes ? " KB" : ""))
                low = high = 0
                for (r = 2; r <= rounds[row]; r++)
                        if (time[row, r] > from && time[row, r - 1] < to) tooth(row, r)
                text(60, y(most[row]) - 16, "start", "min.cleanable.dirty.ratio " name[row] ": a round begins when " low " to " high " % are dirty")
        }
        for (second = from; second <= to; second++) text(x(second), bottom + 22, "middle", second " s")
        print "</svg>"
}'
