#!/bin/sh
# Who owns which partition, and when: the same story with an eager and with a cooperative assignor.
# Drawn from the story of sim/scenarios/sleeper-holds-up.scn, as its members tell it.
set -eu
for assignor in sticky cooperative-sticky; do
        scenario=$(mktemp)
        sed "s/assignor cooperative-sticky/assignor $assignor/" sim/scenarios/sleeper-holds-up.scn >"$scenario"
        echo "panel $assignor"
        "${BUILD:-build}/odradek-sim" replay "$scenario" || true
        rm "$scenario"
done | awk '
function text(x, y, size, anchor, weight, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" font-size=\"%d\" text-anchor=\"%s\" font-weight=\"%s\">%s</text>\n", x, y, size, anchor, weight, words
}
function x_of(t) { return 80 + t * 96 }
# From `a` to `b` the member takes the partition for its own.
function bar(who, row, a, b, thin,    x, w, y) {
        x = x_of(a)
        w = x_of(b) - x
        y = top + row * 24
        if (w <= 0) return
        if (thin)
                printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"6\" fill=\"#fff\" stroke=\"#c00000\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"/>\n", x, y + 14, w
        else {
                printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"20\" fill=\"%s\" stroke=\"#444\"/>\n", x, y, w, fill[who]
                if (w > 22)
                        printf "<rect x=\"%.1f\" y=\"%d\" width=\"18\" height=\"13\" fill=\"#fff\" fill-opacity=\"0.85\"/>\n", x + w / 2 - 9, y + 1
                if (w > 22)
                        text(x + w / 2, y + 11, 12, "middle", "normal", who)
        }
}
# The part in which the member slept comes later, over the bars of the others.
function own(who, row, a, b) {
        if (!(who in slept) || b <= slept[who] || (woke[who] && a >= woke[who])) { bar(who, row, a, b, 0); return }
        bar(who, row, a, slept[who], 0)
        ghosts++
        ghost[ghosts] = row " " slept[who] " " (woke[who] && woke[who] < b ? woke[who] : b)
        if (woke[who])
                bar(who, row, woke[who], b, 0)
}
function end_bar(who, partition, t) {
        if (!((who, partition) in since)) return
        own(who, partition, since[who, partition], t < until ? t : until)
        delete since[who, partition]
}
function end_panel(    i, at, p) {
        if (panels == 0) return
        for (p = 0; p < 6; p++)
                for (i = 1; i <= 3; i++)
                        end_bar("c" i, p, until)
        for (i = 1; i <= ghosts; i++) {
                split(ghost[i], at, " ")
                bar("", at[1], at[2], at[3], 1)
        }
        ghosts = 0
        split("", slept)
        split("", woke)
}
function begin_panel(name,    t, p) {
        end_panel()
        marked = -1
        top = 62 + panels++ * 238
        text(80, top - 40, 14, "start", "bold", name == "sticky" ? "eager: all give up all, and get it anew" : "cooperative: only what moves is given up")
        for (p = 0; p < 6; p++)
                text(72, top + p * 24 + 15, 12, "end", "normal", "orders/" p)
        for (t = 0; t <= until; t++) {
                printf "<path d=\"M%.0f %d v148\" stroke=\"#ddd\"/>\n", x_of(t), top - 4
                text(x_of(t), top + 162, 12, "middle", "normal", t " s")
        }
}
function mark(t, words) {
        printf "<path d=\"M%.1f %d v156\" stroke=\"#444\" stroke-dasharray=\"2 3\"/>\n", x_of(t), top - 10
        text(x_of(t) + (words ~ /sleeps/ ? -26 : t - marked < 0.5 ? 34 : 0), top - 16, 12, "middle", "normal", words)
        marked = t
}
BEGIN {
        until = 8
        fill["c1"] = "#cfe2f3"; fill["c2"] = "url(#stripes)"; fill["c3"] = "url(#dots)"
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 500\" width=\"880\" height=\"500\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<defs><pattern id=\"stripes\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#fce5b8\"/><rect width=\"3\" height=\"8\" fill=\"#d9a441\"/></pattern>"
        print "<pattern id=\"dots\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><rect width=\"7\" height=\"7\" fill=\"#dcebd0\"/><circle cx=\"3\" cy=\"3\" r=\"1.5\" fill=\"#4f7a33\"/></pattern></defs>"
        print "<rect width=\"880\" height=\"500\" fill=\"#ffffff\"/>"
}
$1 == "panel" { begin_panel($2); next }
/--- all is healed/ { healed = panels }
healed == panels || $4 !~ /^(c[123]|the)$/ { next }
{ partition = $7; if ($5 == "gives") partition = $6; sub(/.*\//, "", partition) }
/ is given orders/ { since[$4, partition] = $1 }
/ gives orders.* back$/ || / has lost orders/ || / ends, with orders/ { end_bar($4, partition, $1) }
/the script +pause/ { slept[$7] = $1; mark($1, $7 " sleeps") }
/the script +resume/ { woke[$7] = $1; mark($1, $7 " wakes") }
/the script +stop/ { mark($1, $7 " leaves") }
/the script +kill/ && $1 > 0.1 { mark($1, $7 " dies") }
/the script +restart/ { mark($1, $7 " comes") }
END { end_panel(); text(80, 494, 12, "start", "normal", "White: nobody reads it. Dashed and thin: a sleeper that still takes it for its own."); print "</svg>" }'
