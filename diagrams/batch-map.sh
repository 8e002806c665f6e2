#!/bin/sh
# The six records of the book as one batch, byte by byte, as `odradek dump-log --hex` finds it.
set -eu
data=$(mktemp -d)
trap 'kill $broker 2>/dev/null || true; wait; rm -rf "$data"' EXIT
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$data/logs" \
        --port-file "$data/port" >"$data/broker.log" 2>&1 &
broker=$!
until grep -qs ready "$data/broker.log"; do sleep 0.1; done
at=127.0.0.1:$(cat "$data/port")
"$BUILD/odradek" topics --bootstrap-server "$at" --create --topic together >/dev/null
printf '%s\n' k1=a k2=b k1=c k3=d k2=e k1=f |
        "$BUILD/odradek" console-producer --bootstrap-server "$at" --topic together \
                --property parse.key=true --property key.separator==
kill $broker
wait
"$BUILD/odradek" dump-log --hex --files "$data/logs/together-0/00000000000000000000.log" | awk '
function is_hex(word) { return word ~ /^[0-9a-f][0-9a-f]$/ }
$1 ~ /^[0-9]+$/ {
        n = $1 + 0
        for (i = 2; i <= NF && is_hex($i) && i < 18; i++) byte[n++] = $i
        if ($1 < 61) { name[$1 + 0] = $i; owner = $1 + 0 }
        size = n
}
function fill(at) {
        if (at < 21) return "#ffffff"
        return at < 61 ? "#dbe6f4" : (at - 61) % 20 < 10 ? "#f6c667" : "#fbe6bd"
}
function cell_x(at) { return 60 + at % 16 * 50 }
function cell_y(at) { return 24 + int(at / 16) * 48 }
END {
        height = cell_y(size - 1) + 96
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"%d\" viewBox=\"0 0 880 %d\" font-family=\"sans-serif\" fill=\"#111\">\n", height, height
        printf "<rect width=\"880\" height=\"%d\" fill=\"#ffffff\"/>\n", height
        for (at = 61; at < size; at += 10) name[at] = "record " (at - 61) / 10
        for (at = 0; at < size; at++) {
                x = cell_x(at); y = cell_y(at)
                if (at % 16 == 0) printf "<text x=\"50\" y=\"%d\" text-anchor=\"end\" font-size=\"12\">%d</text>\n", y + 33, at
                printf "<rect x=\"%d\" y=\"%d\" width=\"50\" height=\"42\" fill=\"%s\" stroke=\"#bbb\"/>\n", x, y, fill(at)
                printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"14\" font-family=\"monospace\">%s</text>\n", x + 25, y + 34, byte[at]
        }
        for (at in name) {
                x = cell_x(at + 0); y = cell_y(at + 0)
                printf "<path d=\"M%d %dV%d\" stroke=\"#222\" stroke-width=\"3\"/>\n", x, y, y + 42
                printf "<text x=\"%d\" y=\"%d\" font-size=\"12\">%s</text>\n", x + 5, y + 14, name[at]
        }
        printf "<path d=\"M%d %dH863V%dH%dV%dH57V%dH%dz\" fill=\"none\" stroke=\"#222\" stroke-width=\"2\"/>\n", cell_x(21), cell_y(21) - 3,
                cell_y(size - 1) - 3, cell_x(size - 1) + 53, cell_y(size - 1) + 45, cell_y(32) - 3, cell_x(21)
        printf "<text x=\"60\" y=\"%d\" font-size=\"13\">inside the thick line: what the checksum covers; blue: the rest of the header; yellow: records</text>\n", height - 24
        print "</svg>"
}'
