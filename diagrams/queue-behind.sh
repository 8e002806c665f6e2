#!/bin/sh
# The queue behind one busy thread: ten clients ask the broker a small question 100 times a second, while a producer
# sends 40 MB to a plain topic and then 40 MB to one that the broker compresses. Above, the questions that wait for
# their answer; below, the time that 99 of 100 answers took, of the questions asked in the last tenth of a second.
set -eu
dir=$(mktemp -d)
broker= asker=
trap 'kill $asker $broker 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$dir/data" \
        --port-file "$dir/port" >"$dir/log" 2>&1 &
broker=$!
until grep -qs ready "$dir/log"; do sleep 0.1; done
port=$(cat "$dir/port")
${CC:-cc} -o "$dir/askers" diagrams/askers.c
"$BUILD/odradek" topics --create --topic plain --bootstrap-server "127.0.0.1:$port" >"$dir/told"
"$BUILD/odradek" topics --create --topic packed --config compression.type=gzip --bootstrap-server "127.0.0.1:$port" >"$dir/told"
"$dir/askers" "$port" 0 10 100 5 "$dir/answers" >"$dir/asked" &
asker=$!
until grep -qs connected "$dir/asked"; do sleep 0.01; done
start=$(date +%s%N)
produce() { # TOPIC: prints when it began and when it was done, in ms
        from=$((($(date +%s%N) - start) / 1000000))
        "$BUILD/odradek" producer-perf-test --bootstrap-server "127.0.0.1:$port" --topic "$1" --num-records 400 \
                --record-size 100000 --producer-props batch.size=900000 >"$dir/told"
        echo "$1 $from $((($(date +%s%N) - start) / 1000000))"
}
sleep 0.7
produce plain >"$dir/times"
sleep 0.7
produce packed >>"$dir/times"
wait "$asker"
asker=
awk -v end_ms=5000 -v step_ms=10 -v n=0 -v first=0 -v last=0 '
function x(t) { return 70 + (t < end_ms ? t : end_ms) * 780 / end_ms }
function y(value, bottom, max) { return bottom - value * 160 / max }
function text(at_x, at_y, anchor, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" font-size=\"14\">%s</text>\n", at_x, at_y, anchor, words
}
# Draws the axis, with a round number of at most six steps; returns its end.
function axis(bottom, most, title,   step, max, v) {
        for (step = 10; step * 5 < most; step *= step ~ /^2/ ? 2.5 : 2) ;
        max = step * int(most / step + 1)
        for (v = 0; v <= max; v += step) {
                printf "<path d=\"M70 %.1fH850\" stroke=\"#ccc\"/>\n", y(v, bottom, max)
                text(62, y(v, bottom, max) + 5, "end", v)
        }
        text(70, bottom - 172, "start", title)
        return max
}
# The slowest but one in a hundred of those asked from `from` to `to`, which are together in the file.
function p99(first, last,   i, j, t, n, sorted) {
        for (i = first; i < last; i++) {
                t = took[i]
                for (j = n++; j > 0 && sorted[j - 1] > t; j--) sorted[j] = sorted[j - 1]
                sorted[j] = t
        }
        return n ? sorted[int(n * 0.99) - (n * 0.99 == int(n * 0.99))] : 0
}
FILENAME ~ /times$/ { name[++runs] = $1; from[runs] = $2; to[runs] = $3; next }
{ due[n] = $1; took[n++] = $2; change[int($1 / step_ms) + 1]++; change[int(($1 + $2) / step_ms) + 1]-- }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"480\" viewBox=\"0 0 880 480\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"480\" fill=\"#ffffff\"/>"
        if (to[runs] + 600 < end_ms) end_ms = to[runs] + 600
        for (i = 1; i <= runs; i++) {
                printf "<path d=\"M%.0f 40H%.0fV440H%.0fZ\" fill=\"%s\"/>\n", x(from[i]), x(to[i]), x(from[i]), i == 1 ? "#dbe7f3" : "#f3e3c3"
        }
        for (i = 0; i <= end_ms / step_ms; i++) {
                waiting += change[i]
                while (due[last] < i * step_ms && last < n) last++
                while (due[first] < i * step_ms - 100) first++
                slow = p99(first, last)
                if (waiting > most) most = waiting
                if (slow > slowest) slowest = slow
                w[i] = waiting; s[i] = slow
        }
        most = axis(210, most, "questions that wait for their answer")
        slowest = axis(440, slowest, "99 of 100 answers came within: ms")
        for (i = 0; i <= end_ms / step_ms; i++) {
                above = above "L" x(i * step_ms) " " sprintf("%.1f", y(w[i], 210, most))
                below = below "L" x(i * step_ms) " " sprintf("%.1f", y(s[i], 440, slowest))
        }
        printf "<path d=\"M70 210%sL850 210Z\" fill=\"#f6c667\" stroke=\"#7a5200\" stroke-width=\"1.5\"/>\n", above
        printf "<path d=\"M70 440%s\" fill=\"none\" stroke=\"#1f4e8c\" stroke-width=\"2.5\"/>\n", below
        for (t = 0; t <= end_ms; t += 1000) text(x(t), 460, "middle", t / 1000 " s")
        for (i = 1; i <= runs; i++) text(x(from[i]) + 6, 68, "start", name[i] == "plain" ? "40 MB, plain" : "40 MB, compressed by the broker")
        print "</svg>"
}' "$dir/times" "$dir/answers"
