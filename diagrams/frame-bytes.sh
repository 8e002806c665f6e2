#!/bin/sh
# The bytes of an ApiVersions request and of its answer, field by field. The answer is a real one: a broker is
# started and asked. What is written here are the names and kinds of the fields; lengths come from the bytes.
set -eu
dir=$(mktemp -d)
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$dir/data" \
        --port-file "$dir/port" >"$dir/log" 2>&1 &
broker=$!
trap 'kill $broker; wait $broker || true; rm -rf "$dir"' EXIT
tries=0
until grep -s -q ready "$dir/log" || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done

request='00 00 00 17 00 12 00 03 00 00 00 07 00 04 62 6f 6f 6b 00 05 62 6f 6f 6b 02 31 00'
REQUEST="$request" PORT=$(cat "$dir/port") bash -c '
        exec 3<>"/dev/tcp/127.0.0.1/$PORT"
        printf "$(echo " $REQUEST" | sed "s/ /\\\\x/g")" >&3
        head -c 4 <&3 >"$0"
        head -c "$(od -A n -t d4 --endian=big "$0" | tr -d " ")" <&3 >>"$0"' "$dir/answer"
answer=$(od -A n -v -t x1 "$dir/answer" | tr -s ' \n' ' ')

printf '%s\n%s\n' "$request" "$answer" | awk '
function hex(b) {
        return (index(digits, substr(b, 1, 1)) - 1) * 16 + index(digits, substr(b, 2, 1)) - 1
}
function number(from, size,   i, value) {
        for (i = 0; i < size; i++)
                value = value * 256 + hex(byte[from + i])
        return value
}
function text_of(from, size,   i, value) {
        for (i = 0; i < size; i++)
                value = value sprintf("%c", number(from + i, 1))
        return "\"" value "\""
}
function words(x, y, size, text) {
        printf "<text x=\"%d\" y=\"%d\" font-size=\"%d\">%s</text>\n", x, y, size, text
}
# A row: the bytes of one field, its name and what it says.
function row(part, name, size, says,   i, x) {
        for (i = 0; i < size; i++) {
                if (i > 0 && i % 6 == 0)
                        y += 24
                x = left + 30 + i % 6 * 25
                printf "<rect x=\"%d\" y=\"%d\" width=\"25\" height=\"22\" fill=\"%s\" stroke=\"#444\" stroke-width=\"%s\" stroke-dasharray=\"%s\"/>\n",
                        x, y, fill[part], part == "frame" ? 2 : 1, part == "header" ? "4 2" : "none"
                printf "<text x=\"%d\" y=\"%d\" font-size=\"12\" font-family=\"monospace\" text-anchor=\"middle\">%s</text>\n",
                        x + 12.5, y + 15, byte[at + i]
        }
        printf "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#555\" text-anchor=\"end\">%d</text>\n", left + 25, y + 15, at
        x = left + 38 + (size < 6 ? size : 6) * 25
        printf "<text x=\"%d\" y=\"%d\" font-size=\"13\">%s<tspan dx=\"7\" fill=\"#333\" font-weight=\"bold\">%s</tspan></text>\n", x, y + 16, name, says
        at += size
        y += 28
}
function heading(part, text) {
        y += 6
        printf "<text x=\"%d\" y=\"%d\" font-size=\"13\" font-style=\"italic\">%s</text>\n", left + 30, y + 12, text
        y += 20
}
BEGIN {
        digits = "0123456789abcdef"
        fill["frame"] = "#f2d7a6"; fill["header"] = "#cfe3f5"; fill["body"] = "#d9efd3"
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"425\" viewBox=\"0 0 860 425\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"860\" height=\"425\" fill=\"white\"/>"
}
{
        for (i = 1; i <= NF; i++)
                byte[i - 1] = $i
        at = 0; y = 34; left = NR == 1 ? 0 : 440
        words(left + 30, 22, 15, NR == 1 ? "the client asks" : "the broker answers")
        heading("frame", "frame: how much follows")
        row("frame", "length", 4, number(0, 4))
}
NR == 1 {
        heading("header", "header: the same for all APIs")
        row("header", "API key", 2, number(at, 2) " (ApiVersions)")
        row("header", "API version", 2, number(at, 2))
        row("header", "correlation id", 4, number(at, 4))
        n = number(at, 2); row("header", "client id", 2 + n, text_of(at + 2, n))
        row("header", "tagged fields", 1, number(at, 1))
        heading("body", "body: as the key and the version say")
        n = number(at, 1) - 1; row("body", "software name", 1 + n, text_of(at + 1, n))
        n = number(at, 1) - 1; row("body", "software version", 1 + n, text_of(at + 1, n))
        row("body", "tagged fields", 1, number(at, 1))
}
NR == 2 {
        heading("header", "header")
        row("header", "correlation id", 4, number(at, 4))
        heading("body", "body")
        row("body", "error code", 2, number(at, 2))
        count = number(at, 1) - 1
        row("body", "number of APIs", 1, count " (written as one more)")
        row("body", "API key", 2, number(at, 2) " (Produce)")
        row("body", "lowest version", 2, number(at, 2))
        row("body", "highest version", 2, number(at, 2))
        row("body", "tagged fields", 1, number(at, 1))
        words(left + 30, y + 14, 13, "… " count - 1 " more APIs, of 7 bytes each …")
        y += 24
        at += (count - 1) * 7
        row("body", "throttle time, ms", 4, number(at, 4))
        row("body", "tagged fields", 1, number(at, 1))
}
END { print "</svg>" }'
