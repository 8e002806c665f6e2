#!/bin/sh
# Five places in one partition, at four moments of one run: log end, high watermark, position, processed, committed.
# All are read from the story of sim/scenarios/five-places.scn.
set -eu
"${BUILD:-build}/odradek-sim" replay sim/scenarios/five-places.scn | awk '
function text(x, y, size, anchor, weight, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" font-size=\"%d\" text-anchor=\"%s\" font-weight=\"%s\">%s</text>\n", x, y, size, anchor, weight, words
}
function x_of(offset) { return 60 + (offset - low) * 10 }
# A pin at an offset; above the line what brokers know, below it what is the reader'"'"'s.
function pin(offset, level, name,    x, y, flip) {
        if (offset < 0) return
        x = x_of(offset)
        y = base + level * 17
        if (offset > low + 78) {
                text(x_of(low + 78), y + 4, 12, "end", "normal", name " " offset " →")
                return
        }
        flip = x > 640
        printf "<path d=\"M%.1f %.1f V%.1f\" stroke=\"#222\" stroke-width=\"1.5\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"#222\"/>\n", x, base, y, x, y
        text(x + (flip ? -7 : 7), y + 4, 12, flip ? "end" : "start", "normal", name " " offset)
}
function draw(title,    o, right) {
        base = 92 + rows++ * 142
        low = int(((committed < 0 ? 0 : committed) - 4) / 10) * 10
        text(12, base - 56, 14, "start", "bold", rows ". " $1 " s: " title)
        right = low + 78
        for (o = low; o < right; o++) {
                if (o < 0) continue
                if (o < end)
                        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\" fill=\"%s\" stroke=\"#666\" stroke-width=\"0.7\"/>\n", x_of(o) + 1, base - 4, o < hw ? (o < (processed < 0 ? committed : processed) ? "#9fb8d0" : "#dce8f3") : "#ffffff"
        }
        pin(end, -2, "log end")
        pin(hw, -1, "high watermark")
        pin(position, 1, "position")
        pin(processed, 2, "processed")
        pin(committed, 3, "committed")
}
function last_of(word,    range, n) { n = split(word, range, "-"); return range[n] + 1 }
BEGIN {
        committed = position = processed = -1
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 600\" width=\"880\" height=\"600\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"600\" fill=\"#ffffff\"/>"
}
/--- all is healed/ { exit }
/ appends orders\/0 / && $4 == "broker" { if (leader == $5) end = last_of($9) }
/ leads orders\/0 in epoch/ { leader = $5 }
/moves the high watermark of orders\/0 to/ { if (leader == $5) hw = $NF }
$4 == "c1" && / reads .* at orders\/0 / { position = last_of($NF) }
$4 == "c1" && / has processed / { processed = $NF + 1 }
$4 == "c1" && /orders\/0 at offset [0-9]+ is committed/ { committed = $8 }
/the script +kill c1/ { draw("c1 dies; what it had not committed is nowhere"); position = processed = -1; draw_back = 1 }
/the script +release Fetch from follower/ { draw("the followers have not fetched for a while") }
$1 >= 1 && !first++ { draw("an ordinary moment") }
draw_back && $4 == "c1" && / reads / { processed = -1; position = committed; draw("the next life of c1 begins at the committed offset"); draw_back = 0 }
END { print "</svg>" }'
