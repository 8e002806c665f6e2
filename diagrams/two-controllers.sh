#!/bin/sh
# Who takes whom for the controller, and when: one lane for each node, read from the story of
# sim/scenarios/paused-controller.scn.
set -eu
"${BUILD:-build}/odradek-sim" replay sim/scenarios/paused-controller.scn | awk '
function x_of(t) { return 100 + (t - first) * 740 / (last - first) }
function text_at(x, y, size, anchor, words) {
        printf "<text x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" fill=\"#222\">%s</text>\n", x, y, size, anchor, words
}
# The node has been in this state since `since`; now it ends.
function close_state(node, t,    x, width, y, fill, words) {
        if (state[node] != "" && t > first) {
                x = x_of(since[node] > first ? since[node] : first)
                width = x_of(t) - x
                y = 34 + lane[node] * 52
                fill = state[node] ~ /^leads/ ? "#9fc3e8" : state[node] ~ /^follows/ ? "#eeeeee" : "#ffffff"
                printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"26\" fill=\"%s\" stroke=\"#555\"%s/>\n", x, y, width, fill, \
                        state[node] ~ /^leads/ ? " stroke-width=\"2\"" : state[node] ~ /^follows/ ? "" : " stroke-dasharray=\"4 3\""
                words = state[node]
                if (width < 6 * length(words)) sub(/.* in /, "", words)
                if (width >= 6 * length(words)) text_at(x + width / 2, y + 18, 12, "middle", words)
        }
        since[node] = t
}
function enter(node, t, what) {
        if (state[node] == what) return
        close_state(node, t)
        state[node] = what
}
function mark(node, t, words) {
        printf "<path d=\"M%d %d v-6\" stroke=\"#b04000\" stroke-width=\"3\"/>\n", x_of(t), 34 + lane[node] * 52
        text_at(x_of(t), 25 + lane[node] * 52, 12, "middle", words)
}
BEGIN {
        first = 1
        last = 7
        for (i = 1; i <= 3; i++) {
                lane["controller " i] = i - 1
                lane["broker " i] = i + 2
        }
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 870 390\" width=\"870\" height=\"390\" font-family=\"sans-serif\">"
        print "<defs><pattern id=\"stripes\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path d=\"M0 8 L8 0\" stroke=\"#b04000\" stroke-width=\"1\"/></pattern></defs>"
        print "<rect width=\"870\" height=\"390\" fill=\"#ffffff\"/>"
        for (node in lane) text_at(90, 52 + lane[node] * 52, 13, "end", node)
        for (t = first; t <= last; t++) {
                printf "<path d=\"M%d 350 v6\" stroke=\"#222\"/>\n", x_of(t)
                text_at(x_of(t), 372, 12, "middle", t " s")
        }
        print "<path d=\"M100 350 H840\" stroke=\"#222\"/>"
}
$1 + 0 <= last && $4 ~ /^(controller|broker)$/ && $6 != "->" {
        t = $1 + 0
        node = $4 " " $5
        epoch = $NF
        if (/is elected leader of the quorum in epoch/) enter(node, t, "leads in epoch " epoch)
        else if (/follows controller [0-9]+ in the quorum, epoch/)
                enter(node, t, "follows controller " $8 " in epoch " epoch)
        else if (/ is killed/) enter(node, t, "down")
        else if (/ is paused/) { paused[node] = t; mark(node, t, "stops") }
        else if (/ goes on/) { woke[node] = t }
        else if (/quorum: cuts the log from/ && node in woke) mark(node, t, "wakes, and cuts its log from " $(NF - 2) " to " $NF)
        else if (/stands for election/ && t > first) mark(node, t, "stands for election")
}
END {
        for (node in lane) close_state(node, last)
        for (node in paused)
                printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"26\" fill=\"url(#stripes)\" opacity=\"0.6\"/>\n", \
                        x_of(paused[node]), 34 + lane[node] * 52, x_of(woke[node]) - x_of(paused[node])
        print "</svg>"
}'
