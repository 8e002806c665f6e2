#!/bin/sh
# One transaction over two partitions, from the story of a run: what its coordinator writes down, what the partitions
# get, what the producer is told, and how far readers of committed data see meanwhile.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/lanes.scn" <<'END'
brokers 3
controllers 3
topic orders partitions 2 replication 3 min.insync.replicas 2
producer p1 topic orders rate 100/s transactions 6
consumer c1 topic orders isolation read_committed
run 1s
END
"$BUILD/odradek-sim" replay "$dir/lanes.scn" | awk '
function text(x, y, anchor, size, weight, words) {
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-size=\"%d\" font-weight=\"%s\">%s</text>\n", x, y, anchor, size, weight, words
}
function offset_in(line) {
        sub(/.* offsets? /, "", line)
        sub(/[^0-9].*/, "", line)
        return line + 0
}
function add(lane, words, offset) {
        steps++
        lane_of[steps] = lane; says[steps] = words; offset_of[steps] = offset
}
/ p1\/[-0-9]+: acknowledged at orders/ {
        split($0, word, "acknowledged at "); split(word[2], part, " ")
        name = $5; sub(/:/, "", name)
        is_named[part[1], offset_in($0)] = name
}
/ broker [0-9] +leads / { leader[$7] = $5 }
/ p1 +begins a transaction/ { begun++ }
# --- the diary: a request of p1 that was not turned away, or the last marker, makes the coordinator write
/ p1 -> broker [0-9] +AddPartitionsToTxn/ { wish = "Ongoing" }
/ p1 -> broker [0-9] +EndTxn/ { wish = "PrepareCommit" }
/ another operation on the transaction/ { wish = "" }
/ appends __transaction_state/ && $5 == leader[$7] {
        state = state == "PrepareCommit" ? "CompleteCommit" : wish
        if (begun == 2 && (steps || state == "Ongoing")) add("diary", state, offset_in($0))
        if (steps && state == "CompleteCommit") exit
}
# --- the partitions
/ -> broker [0-9] +WriteTxnMarkers/ { if (/orders\/0/) is_marker["orders/0"] = 1; if (/orders\/1/) is_marker["orders/1"] = 1 }
/ appends orders/ && $5 == leader[$7] {
        if (steps) add($7, is_marker[$7] ? "COMMIT" : "data", offset_in($0))
        is_marker[$7] = 0
}
# --- and what the producer hears
/ answer to EndTxn: done/ { if (steps) add("p1", "done", -1) }
function draw(    i, x, y, fill, lane, words) {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"400\" viewBox=\"0 0 880 400\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"400\" fill=\"#ffffff\"/>"
        height["diary"] = 66; height["p1"] = 140; height["orders/0"] = 214; height["orders/1"] = 322
        for (lane in height) {
                if (lane !~ /orders/) printf "<path d=\"M20 %dH868\" stroke=\"#999\"/>\n", height[lane] + 28
                text(20, height[lane] - 30, "start", 13, "bold", lane == "diary" ? "the coordinator writes in __transaction_state" : lane == "p1" ? "the producer is told" : lane " gets")
        }
        wide = 840 / steps
        for (i = 1; i <= steps; i++) {
                lane = lane_of[i]; words = says[i]
                x = 22 + (i - 1) * wide; y = height[lane]
                middle[i] = x + wide / 2
                if (words == "data") {
                        words = is_named[lane, offset_of[i]]
                        if (!(lane in from)) { from[lane] = x; stands_at[lane] = offset_of[i] }
                }
                if (words == "COMMIT") { upto[lane] = x + wide; moves_to[lane] = offset_of[i] + 1 }
                fill = lane == "diary" ? "#cfe2f3" : words == "COMMIT" ? "#f6c667" : words == "done" ? "#333" : "#e9eef5"
                printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"40\" rx=\"3\" fill=\"%s\" stroke=\"#444\"%s/>\n", x + 2, y - 20, wide - 4, fill, words ~ /Prepare/ ? " stroke-width=\"3\"" : ""
                if (lane == "diary" || lane == "p1") {
                        sub(/Commit$/, "", words)
                        printf "<g fill=\"%s\">", lane == "p1" ? "#fff" : "#111"
                        text(middle[i], lane == "p1" ? y + 4 : y - 3, "middle", 12, "bold", words)
                        if (lane == "diary") text(middle[i], y + 13, "middle", 12, "normal", says[i] ~ /Commit$/ ? "Commit" : "0 and 1")
                        print "</g>"
                } else {
                        text(middle[i], y - 3, "middle", 13, words == "COMMIT" ? "bold" : "normal", words)
                        text(middle[i], y + 13, "middle", 12, "normal", "offset " offset_of[i])
                }
        }
        for (lane in from) {
                y = height[lane] + 32
                printf "<path d=\"M%d %dH%d\" stroke=\"#c00000\" stroke-width=\"4\" stroke-dasharray=\"7 3\"/>\n", from[lane], y, upto[lane]
                text(from[lane] + 2, y + 17, "start", 12, "normal", "last stable offset stands at " stands_at[lane])
                text(upto[lane] + 2, y + 17, "start", 12, "normal", "now " moves_to[lane])
        }
        print "</svg>"
}
END { draw() }'
