#!/bin/sh
# How much more seeds show: the distinct pairs of events that came one after the other on one broker, counted over seeds
# 1..64. Once each seed draws its own script; once all of them run one script, and only chance is drawn anew. Two events
# are of one kind when the trace names both alike; a frame also by its API, a note also by its code.
set -eu
seeds=64 one=21
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
script_of() { # SEED: what it draws; the story begins with it
        "$BUILD/odradek-sim" replay --seed "$1" --until 1 | sed '/^ *0\.000 s /,$d' >"$dir/$1.scn"
}
trace_of() { # SCRIPT SEED
        echo "seed $2"
        "$BUILD/odradek-sim" run "$dir/$1.scn" --seed "$2" --trace "$dir/trace" >/dev/null || true
        cat "$dir/trace"
}
for seed in $(seq $seeds); do script_of "$seed"; done
{
        echo "curve drawn"
        for seed in $(seq $seeds); do trace_of "$seed" "$seed"; done
        echo "curve same"
        for seed in $(seq $seeds); do trace_of $one "$seed"; done
} | awk -v one=$one '
$1 == "curve" { curve = $2; pairs = seed = 0; next }
$1 == "seed" { seed++; split("", before) }
$3 ~ /^[0-9]+$/ && $3 < 51 { # the brokers; controllers and clients have higher numbers
        events[curve]++
        kind = $4 ($4 == "frame" ? $7 : $4 == "note" ? $5 : "")
        if (($3 in before) && !seen[curve, before[$3], kind]++) pairs++
        before[$3] = kind
}
{ count[curve, seed] = pairs; if (pairs > most) most = pairs; if (seed > last) last = seed }
function x(seed) { return 70 + seed * 610 / last }
function y(pairs) { return 330 - pairs * 270 / most }
function text(at_x, at_y, anchor, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, words
}
function draw(curve, other, color, dashes, words, more,    seed, path, twice, is_upper, at_y) {
        for (seed = 1; seed <= last; seed++) path = path (seed == 1 ? "M" : "L") x(seed) " " y(count[curve, seed])
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\"/>\n", path, color, dashes
        for (seed = 1; seed <= last; seed = twice) {
                twice = 2 * seed
                printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x(seed), y(count[curve, seed]), color
                is_upper = count[curve, seed] > count[other, seed]
                if (seed >= 8 && twice <= last)
                        text(x(seed) + (is_upper ? 4 : -4), y(count[curve, seed]) + (is_upper ? -10 : 22), is_upper ? "end" : "start", count[curve, seed])
        }
        at_y = y(count[curve, last]) + 5
        if (at_y < free) at_y = free
        free = at_y + 66
        text(x(last) + 10, at_y, "start", count[curve, last] ": " words)
        text(x(last) + 10, at_y + 20, "start", more)
        text(x(last) + 10, at_y + 40, "start", int(events[curve] / 1000) " thousand events")
}
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"390\" viewBox=\"0 0 880 390\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"390\" fill=\"#ffffff\"/>"
        text(70, 26, "start", "different pairs of events that followed each other on a broker")
        for (p = 0; p <= most; p += 200) {
                printf "<path d=\"M70 %.1fH%d\" stroke=\"#ccc\"/>\n", y(p), x(last)
                text(62, y(p) + 5, "end", p)
        }
        for (s = 8; s <= last; s += s) text(x(s), 352, "middle", s)
        text(x(1), 352, "middle", 1)
        text(x(last / 2), 378, "middle", "seeds")
        draw("drawn", "same", "#1f4e8c", "none", "each seed has", "a script of its own;")
        draw("same", "drawn", "#7a5200", "6 4", "all have the", "script of seed " one ";")
        print "</svg>"
}'
