#!/bin/sh
# The grid of crash points: wherever a pipeline may die, under each of three orders of its two steps, how many of the
# runs lost a record, doubled one, or were exact. The numbers are those of odradek-sim crash-points.
set -eu
"${BUILD:-build}/odradek-sim" crash-points sim/scenarios/pipeline.scn | awk '
function text(x, y, size, anchor, weight, words) {
        printf "<text x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" font-weight=\"%s\">%s</text>\n", x, y, size, anchor, weight, words
}
function part(x, y, share, fill,    w) {
        w = int(180 * share + 0.5)
        if (w > 0)
                printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" fill=\"%s\" stroke=\"#444\"/>\n", x, y, w, fill
        return x + w
}
function count(words, n, name) {
        return n > 0 ? words (words == "" ? "" : ", ") n " " name : words
}
# A strip: what the runs that died there came to.
function cell(x, y, lost, doubled, exact,    all, words) {
        all = lost + doubled + exact
        if (all == 0) {
                text(x + 90, y + 20, 12, "middle", "normal", "–")
                return
        }
        words = count(count(count("", lost, "lost"), doubled, "doubled"), exact, "exact")
        x = part(part(part(x, y, lost / all, "#333"), y, doubled / all, "url(#stripes)"), y, exact / all, "#e6f0dc") - 180
        text(x + 90, y + 30, 12, "middle", "normal", words)
}
/^killed after/ { in_table = 1; next }
!in_table && / commit, then process/ {
        for (i = 1; i <= 3; i++) {
                title[i] = substr($0, 43 + 25 * (i - 1), 23)
                gsub(/^ +| +$/, "", title[i])
        }
}
in_table && length($0) > 40 {
        name[++rows] = substr($0, 1, 40)
        gsub(/ +$/, "", name[rows])
        split(substr($0, 41), numbers)
        for (i = 1; i <= 9; i++)
                value[rows, i] = numbers[i] == "-" ? 0 : numbers[i]
}
END {
        height = 84 + rows * 44
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 %d\" width=\"880\" height=\"%d\" font-family=\"sans-serif\" fill=\"#111\">\n", height, height
        print "<defs><pattern id=\"stripes\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#fce5b8\"/><rect width=\"4\" height=\"8\" fill=\"#c06a00\"/></pattern></defs>"
        printf "<rect width=\"880\" height=\"%d\" fill=\"#ffffff\"/>\n", height
        text(12, 24, 13, "start", "normal", "killed after it did this last")
        for (i = 1; i <= 3; i++)
                text(275 + (i - 1) * 205 + 90, 24, 14, "middle", "bold", title[i])
        for (row = 1; row <= rows; row++) {
                y = 44 + (row - 1) * 44 + (row == rows ? 8 : 0)
                printf "<path d=\"M12 %d H868\" stroke=\"%s\"/>\n", y - 8, row == rows ? "#222" : "#ccc"
                text(12, y + 16, 13, "start", row == rows ? "bold" : "normal", name[row] == "all" ? "all runs" : name[row])
                for (i = 0; i < 3; i++)
                        cell(275 + i * 205, y, value[row, 3 * i + 1], value[row, 3 * i + 2], value[row, 3 * i + 3])
        }
        y = height - 20
        x = part(275, y, 0.12, "#333"); text(x + 8, y + 13, 12, "start", "normal", "lost: no payment")
        x = part(480, y, 0.12, "url(#stripes)"); text(x + 8, y + 13, 12, "start", "normal", "doubled: two payments")
        x = part(685, y, 0.12, "#e6f0dc"); text(x + 8, y + 13, 12, "start", "normal", "exact: one payment")
        print "</svg>"
}'
