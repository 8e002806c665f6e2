#!/bin/sh
# Three logs side by side at four moments of a run: which records, whose high watermark, whose epoch.
# All of it is read from the story of sim/scenarios/two-leaders-die.scn with a bug put back.
set -eu
"${BUILD:-build}/odradek-sim" replay sim/scenarios/two-leaders-die.scn --bug truncate-to-hw | awk '
{ line[NR] = $0 }

# The record that is acknowledged at an offset, by the next acknowledgement after a line.
function serial_at(offset, from,    i, at) {
        for (i = from; i <= NR; i++)
                if (match(line[i], "acknowledged at orders/0 offset " offset "$")) {
                        at = line[i]
                        sub(/.*p1\//, "", at)
                        sub(/[^0-9].*/, "", at)
                        return at
                }
        return "?"
}
function number_after(text, word,    rest) {
        rest = substr(text, index(text, word) + length(word))
        sub(/[^0-9].*/, "", rest)
        return rest + 0
}
function cut_to(b, end,    o) {
        for (o = end; o < leo[b]; o++)
                gone[b, o] = 1
        leo[b] = end
        if (hw[b] > end)
                hw[b] = end
}
function append(b, i,    first, last, o, text) {
        text = line[i]
        first = number_after(text, text ~ /offsets / ? "offsets " : "offset ")
        last = first
        if (text ~ /[0-9]-[0-9]/) { sub(/.*-/, "", text); last = text + 0 }
        for (o = first; o <= last; o++) {
                record[b, o] = b == leader ? serial_at(o, i) : record[leader, o]
                of_epoch[b, o] = b == leader ? epoch : of_epoch[leader, o]
                gone[b, o] = 0
        }
        leo[b] = last + 1
        if (b != leader && told[b] > hw[b])
                hw[b] = told[b] < leo[b] ? told[b] : leo[b]
}
function text_at(x, y, size, anchor, weight, words) {
        printf "<text x=\"%d\" y=\"%d\" font-size=\"%d\" text-anchor=\"%s\" font-weight=\"%s\" fill=\"#222\">%s</text>\n", \
                x, y, size, anchor, weight, words
}
# What lies beyond the right edge of the cells is only pointed at.
function cursor(left, y, up, name, offset,    x, words) {
        x = left - 1 + ((offset > low + 5 ? low + 5 : offset) - low) * 55
        words = name " " offset (offset > low + 5 ? " →" : "")
        if (up)
                printf "<path d=\"M%d %d l-6 10 h12 z\" fill=\"#222\"/>\n", x, y
        else
                printf "<path d=\"M%d %d l-6 -10 h12 z\" fill=\"#fff\" stroke=\"#222\"/>\n", x, y
        text_at(x - 9, up ? y + 11 : y - 2, 12, "end", "normal", words)
}
function draw(title,    b, o, x, y, left, fill, dash, stroke) {
        y = 40 + shown++ * 138
        text_at(10, y, 14, "start", "bold", shown ". " title)
        for (b = 1; b <= 3; b++) {
                left = 12 + (b - 1) * 290
                text_at(left, y + 22, 12, "start", "normal", "broker " b ": " \
                        (!alive[b] ? "down" : b == leader ? "leads in epoch " epoch : "follows in epoch " follows[b]))
                for (o = low; o < low + 5; o++) {
                        x = left + (o - low) * 55
                        if (o >= leo[b] && !gone[b, o]) continue
                        fill = o >= leo[b] ? "#ffffff" : of_epoch[b, o] == base ? "#cfe2f3" : "#fce5b8"
                        stroke = o >= leo[b] ? "#c00000" : "#555"
                        dash = o >= leo[b] ? " stroke-dasharray=\"5 3\" stroke-width=\"2\"" : ""
                        printf "<rect x=\"%d\" y=\"%d\" width=\"53\" height=\"34\" fill=\"%s\" stroke=\"%s\"%s/>\n", \
                                x, y + 50, fill, stroke, dash
                        text_at(x + 26, y + 65, 12, "middle", "bold", "p1/" record[b, o])
                        text_at(x + 26, y + 80, 11, "middle", "normal", o >= leo[b] ? "cut off" : "epoch " of_epoch[b, o])
                }
                if (hw[b] >= low)
                        cursor(left, y + 48, 0, "HW", hw[b])
                cursor(left, y + 86, 1, "LEO", leo[b])
        }
}
END {
        for (b = 1; b <= 3; b++) alive[b] = 1
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 590\" width=\"880\" height=\"590\" font-family=\"sans-serif\">"
        print "<rect width=\"880\" height=\"590\" fill=\"#ffffff\"/>"
        for (i = 1; i <= NR; i++) {
                $0 = line[i]
                who = $5 + 0
                if ($4 != "broker" || $0 !~ /orders\/0|is killed|starts \(life/) continue
                if ($0 ~ /-> broker [0-9] +answer to Fetch orders\/0.*high watermark/) {
                        asker = $8 + 0
                        told[asker] = number_after($0, "high watermark ")
                        if ($0 !~ /records? from/ && told[asker] > hw[asker])
                                hw[asker] = told[asker] < leo[asker] ? told[asker] : leo[asker]
                } else if ($0 ~ / appends orders\/0/) append(who, i)
                else if ($0 ~ /moves the high watermark/) {
                        hw[who] = number_after($0, "orders/0 to ")
                        if (killed == 2 && hw[who] >= low + 4) { draw("the producer goes on: another record stands at the offset of the lost one"); break }
                } else if ($0 ~ /truncates orders\/0/) cut_to(who, number_after(substr($0, index($0, " from ") + 6), " to "))
                else if ($0 ~ /recovers orders\/0: cut at/) cut_to(who, number_after($0, "cut at "))
                else if ($0 ~ /starts \(life/) alive[who] = 1
                else if ($0 ~ /is killed/) {
                        alive[who] = 0
                        if (++killed == 1) { low = leo[who] - 3; base = epoch; draw("p1/" record[who, leo[who] - 1] " is acknowledged, and broker " who " dies") }
                } else if ($0 ~ /leads orders\/0 in epoch/) {
                        leader = who
                        epoch = number_after($0, "in epoch ")
                        if (killed == 1) elected = who
                        if (killed == 2) draw("broker 2 dies, broker 3 is elected: it is in the ISR")
                } else if ($0 ~ /follows broker [0-9] for orders\/0/) {
                        follows[who] = number_after($0, "in epoch ")
                        if (killed == 1) follower = who
                }
                if (killed == 1 && elected && follower && !told_of_cut++)
                        draw("broker " elected " is elected; broker " follower " follows it, and cuts at its own high watermark")
        }
        print "</svg>"
}'
