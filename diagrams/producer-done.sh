#!/bin/sh
# The path of one record through a cluster of three, told by the simulator, and the three points at which a producer
# may be told "done". The run is one with acks=all; where acks=0 and acks=1 would say it is marked in the same path.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/path.scn" <<'END'
brokers 3
controllers 3
topic orders replication 3 min.insync.replicas 2
producer p1 topic orders acks all rate 10/s
run 1s
END
"$BUILD/odradek-sim" replay "$dir/path.scn" | sed -n '/sends p1\/3 /,/p1\/3: acknowledged/p' | awk '
function lane(name) {
        if (!(name in x)) {
                x[name] = name == "p1" ? 130 : 340 + 200 * brokers++
                order[++lanes] = name
        }
        return x[name]
}
function text(x, y, anchor, weight, words) {
        body = body sprintf("<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-weight=\"%s\">%s</text>\n", x, y, anchor, weight, words)
}
function box(x, words,   w) {
        w = length(words) * 7 + 14
        body = body sprintf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"22\" rx=\"4\" fill=\"#eef3f8\" stroke=\"#555\"/>\n", x - w / 2, y - 15, w)
        text(x, y, "middle", "normal", words)
}
function done(x, words,   w) {
        y += 28
        w = length(words) * 8 + 16
        body = body sprintf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"24\" fill=\"#333\"/>\n", x - w / 2, y - 17, w)
        body = body sprintf("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-weight=\"bold\" fill=\"white\">%s</text>\n", x, y, words)
}
BEGIN { y = 56 }
{
        what = $0
        sub(/^ *[0-9.]+ s +#[0-9]+ +/, "", what)
        arrow = what ~ /^[a-z0-9 ]+ -> /
        match(what, /   +/)
        who = substr(what, 1, RSTART - 1)
        what = substr(what, RSTART + RLENGTH)
        gsub(/( to| of)? orders\/0| \(not synced\)| in epoch [0-9]+|, high watermark [0-9]+/, "", what)
        sub(/answer to Fetch: /, "", what); sub(/answer to Produce: /, "answer: ", what)
        sub(/moves the /, "", what); sub(/^p1.3: acknowledged.*/, "is told", what)
        y += 32
        text(20, y, "start", "normal", $1 " s")
        if (arrow) {
                split(who, ends, " -> ")
                from = lane(ends[1]); to = lane(ends[2])
                back = to > from ? -1 : 1
                body = body sprintf("<path d=\"M%d %dH%d\" stroke=\"#555\" stroke-width=\"1.5\"/>", from, y + 4, to + 8 * back)
                body = body sprintf("<path d=\"M%d %dl%d -5v10z\" fill=\"#555\"/>\n", to + 2 * back, y + 4, 11 * back)
                text((ends[1] == "p1" || ends[2] == "p1" ? (from + to) / 2 : (from < to ? to : from) - 100), y - 2, "middle", "normal", what)
        } else {
                box(lane(who), what)
        }
        if (what ~ /^sends/)
                done(lane("p1"), "acks=0: done")
        if (what ~ /^appends/ && !appended++)
                done(lane(who), "acks=1: done")
        if (what ~ /^high watermark/)
                done(lane(who), "acks=all: done")
}
END {
        height = y + 30
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"%d\" viewBox=\"0 0 860 %d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#111\">\n", height, height
        printf "<rect width=\"860\" height=\"%d\" fill=\"white\"/>\n", height
        for (i = 1; i <= lanes; i++) {
                printf "<line x1=\"%d\" y1=\"40\" x2=\"%d\" y2=\"%d\" stroke=\"#aaa\" stroke-dasharray=\"3 4\"/>\n", x[order[i]], x[order[i]], height - 8
                role = order[i] == "p1" ? "the producer" : i == 2 ? "leads" : "follows"
                printf "<text x=\"%d\" y=\"20\" text-anchor=\"middle\" font-weight=\"bold\">%s</text><text x=\"%d\" y=\"35\" text-anchor=\"middle\" font-style=\"italic\">%s</text>\n", x[order[i]], order[i], x[order[i]], role
        }
        printf "%s</svg>\n", body
}'
