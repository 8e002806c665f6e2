#!/bin/sh
# Two segments and an index, as `odradek dump-log` finds them on a disk, and the way to offset 3.
set -eu
data=$(mktemp -d)
trap 'kill $broker 2>/dev/null || true; wait; rm -rf "$data"' EXIT
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$data/logs" \
        --port-file "$data/port" >"$data/broker.log" 2>&1 &
broker=$!
until grep -qs ready "$data/broker.log"; do sleep 0.1; done
at=127.0.0.1:$(cat "$data/port")
"$BUILD/odradek" topics --bootstrap-server "$at" --create --topic small \
        --config segment.bytes=300 --config index.interval.bytes=100 >/dev/null
printf '%s\n' k1=a k2=b k1=c k3=d k2=e k1=f |
        "$BUILD/odradek" console-producer --bootstrap-server "$at" --topic small --batch-size 1 \
                --property parse.key=true --property key.separator==
kill $broker
wait
for file in "$data"/logs/small-0/*.log "$data"/logs/small-0/*.index; do
        "$BUILD/odradek" dump-log --print-data-log --files "$file"
done | awk -v asked=3 '
function box(x, y, w, h, fill, more) {
        printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" stroke=\"#444\" %s/>\n", x, y, w, h, fill, more
}
function text(x, y, anchor, size, words) {
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-size=\"%d\">%s</text>\n", x, y, anchor, size, words
}
function step(x, y, number) {
        printf "<circle cx=\"%d\" cy=\"%d\" r=\"10\" fill=\"#222\"/>", x, y
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"13\" fill=\"#fff\">%d</text>\n", x, y + 5, number
}
function arrow(x, y, to_x, to_y, dash,   long, dx, dy) {
        long = sqrt((to_x - x) ^ 2 + (to_y - y) ^ 2)
        dx = (to_x - x) / long; dy = (to_y - y) / long
        printf "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"#222\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>", x, y, to_x - 8 * dx, to_y - 8 * dy, dash
        printf "<path d=\"M%.1f %.1fl%.1f %.1fl%.1f %.1fz\" fill=\"#222\"/>\n", to_x, to_y, -13 * dx - 5 * dy, -13 * dy + 5 * dx, 10 * dy, -10 * dx
}
function after(name,   i) {
        for (i = 1; i < NF; i++) if ($i == name ":") return $(i + 1)
        return ""
}
/^Dumping/ { n = split($2, part, "/"); file = part[n]; is_index = file ~ /index$/ }
/^Dumping/ && !is_index { segments++; name[segments] = file; base[segments] = file + 0 }
/^Dumping/ && is_index { looked_at++ }
/^baseOffset/ { last++; at_offset[last] = after("baseOffset"); position[last] = after("position")
                bytes[last] = after("size"); segment[last] = segments }
/^\|/ { record[last] = after("key") "=" after("payload") }
is_index && /^offset/ { entries[looked_at]++; to_offset[looked_at] = $2; to_position[looked_at] = $4 }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"330\" viewBox=\"0 0 880 330\" font-family=\"sans-serif\" fill=\"#111\">"
        box(0, 0, 880, 330, "#ffffff", "stroke-opacity=\"0\"")
        scale = 1.7; log_y = 210; index_y = 110
        for (i = 1; i <= last; i++) {
                s = segment[i]
                if (!(s in from)) from[s] = s == 1 ? 40 : to[s - 1] + 60
                x = from[s] + position[i] * scale; w = bytes[i] * scale
                to[s] = x + w
                box(x, log_y, w, 52, at_offset[i] == asked ? "#f6c667" : "#e9eef5", at_offset[i] == asked ? "stroke-width=\"3\"" : "")
                text(x + w / 2, log_y + 22, "middle", 14, "offset " at_offset[i])
                text(x + w / 2, log_y + 42, "middle", 14, record[i])
                text(x, log_y + 70, "middle", 12, position[i])
                if (at_offset[i] == asked) goal = x
                if (at_offset[i] == to_offset[s]) begin = x
        }
        for (s = 1; s <= segments; s++) {
                text(to[s], log_y + 70, "middle", 12, position_end(s))
                text(from[s], 40, "start", 14, name[s])
                printf "<path d=\"M%d 48H%d\" stroke=\"#444\" stroke-width=\"2\"/>\n", from[s], to[s]
                text(from[s], index_y - 12, "start", 13, entries[s] ? "its .index: offset, position" : "its .index: empty")
                if (entries[s]) {
                        box(from[s], index_y, 120, 32, "#d6ead7", "")
                        text(from[s] + 60, index_y + 21, "middle", 14, to_offset[s] ", " to_position[s])
                }
        }
        text(from[1], log_y + 92, "start", 12, "position in the file, in bytes")
        step(from[1] - 18, 36, 1)
        text(from[1] + 222, 40, "start", 13, "the last name at or below " asked)
        step(from[1] - 18, index_y + 16, 2)
        text(from[1] + 132, index_y + 21, "start", 13, "the last entry at or below " asked)
        arrow(from[1] + 100, index_y + 32, begin, log_y - 4, "none")
        arrow(begin + 6, log_y - 14, goal + 30, log_y - 14, "6 4")
        step(begin + 150, log_y - 34, 3)
        text(begin + 166, log_y - 29, "start", 13, "walk from there")
        print "</svg>"
}
function position_end(s,   i, end) {
        for (i = 1; i <= last; i++) if (segment[i] == s) end = position[i] + bytes[i]
        return end
}'
