#!/bin/sh
# The example log in three states, as `odradek dump-log` finds it on a disk: as written, after the cleaner has been there
# once, and after three more records and a second cleaning. Frames are files; dashed cells are offsets that are gone.
set -eu
data=$(mktemp -d)
trap 'kill $broker 2>/dev/null || true; wait; rm -rf "$data"' EXIT
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$data/logs" \
        --override log.cleaner.backoff.ms=100 --port-file "$data/port" >"$data/broker.log" 2>&1 &
broker=$!
until grep -qs ready "$data/broker.log"; do sleep 0.1; done
at=127.0.0.1:$(cat "$data/port")
send() {
        "$BUILD/odradek" console-producer --bootstrap-server "$at" --topic states --batch-size 1 \
                --property parse.key=true --property key.separator==
}
look() { # TITLE
        echo "state $1"
        for file in "$data"/logs/states-0/*.log; do
                "$BUILD/odradek" dump-log --print-data-log --files "$file"
        done
}
cleaned_up_to() {
        until grep -q "compacted up to offset $1," "$data/broker.log"; do sleep 0.1; done
}
"$BUILD/odradek" topics --bootstrap-server "$at" --create --topic states --config segment.bytes=300 >/dev/null
printf '%s\n' k1=a k2=b k1=c k3=d k2=e k1=f | send
look "as written" >"$data/dump"
"$BUILD/odradek" configs --bootstrap-server "$at" --alter --entity-type topics --entity-name states \
        --add-config cleanup.policy=compact,min.cleanable.dirty.ratio=0.01 >/dev/null
cleaned_up_to 4
look "cleaned once: the second file is active, so it does not count" >>"$data/dump"
printf '%s\n' k4=g k4=h k4=i | send
cleaned_up_to 8
look "three more records, so the second file is closed, and cleaned again" >>"$data/dump"
awk '
function box(x, y, w, h, fill, more) {
        printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" stroke=\"#444\" %s/>\n", x, y, w, h, fill, more
}
function text(x, y, anchor, size, weight, words) {
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-size=\"%d\" font-weight=\"%s\">%s</text>\n", x, y, anchor, size, weight, words
}
function after(name,   i) {
        for (i = 1; i < NF; i++) if ($i == name ":") return $(i + 1)
        return ""
}
/^state/ { states++; title[states] = substr($0, 7) }
/^Dumping/ { n = split($2, part, "/"); f = ++files[states]; base[states, f] = part[n] + 0 }
/^\|/ { o = after("offset") + 0; record[states, o] = after("key") "=" after("payload"); if (o > last[states]) last[states] = o }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"420\" viewBox=\"0 0 880 420\" font-family=\"sans-serif\" fill=\"#111\">"
        box(0, 0, 880, 420, "#ffffff", "stroke-opacity=\"0\"")
        cell = 84
        for (s = 1; s <= states; s++) {
                y = 24 + (s - 1) * 136
                text(20, y, "start", 15, "bold", s ". " title[s])
                for (f = 1; f <= files[s]; f++) {
                        end = f < files[s] ? base[s, f + 1] : last[s] + 1
                        x = 30 + base[s, f] * cell + (f - 1) * 12
                        w = (end - base[s, f]) * cell
                        is_active = f == files[s]
                        box(x - 5, y + 28, w + 10, 62, "none", is_active ? "stroke-width=\"2\" stroke-dasharray=\"2 3\"" : "stroke-width=\"2\"")
                        text(x - 5, y + 22, "start", 13, "normal", base[s, f] ".log" (is_active ? ", active" : ""))
                        for (o = base[s, f]; o < end; o++) {
                                left = x + (o - base[s, f]) * cell
                                if ((s, o) in record) {
                                        box(left + 2, y + 33, cell - 4, 52, is_active ? "#e9eef5" : "#d6ead7", "")
                                        text(left + cell / 2, y + 55, "middle", 14, "normal", "offset " o)
                                        text(left + cell / 2, y + 75, "middle", 14, "bold", record[s, o])
                                } else {
                                        box(left + 2, y + 33, cell - 4, 52, "#ffffff", "stroke-dasharray=\"5 4\"")
                                        text(left + cell / 2, y + 64, "middle", 13, "normal", o " is gone")
                                }
                        }
                }
        }
        print "</svg>"
}' "$data/dump"
