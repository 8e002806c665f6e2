#!/bin/sh
# Which parts of a segment are in the page cache, at four moments: written, dropped, read at its tail, read from its
# beginning. The segment is a broker's; what is there is mincore()'s answer, by diagrams/residency.c.
set -eu
dir=$(mktemp -d /var/tmp/odradek-XXXXXX)
trap 'kill $broker 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
"$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$dir/data" \
        --port-file "$dir/port" >"$dir/log" 2>&1 &
broker=$!
until grep -qs ready "$dir/log"; do sleep 0.1; done
at="--bootstrap-server 127.0.0.1:$(cat "$dir/port") --topic events"
${CC:-cc} -o "$dir/residency" diagrams/residency.c
# shellcheck disable=SC2086
"$BUILD/odradek" bench wire produce $at --records 32000 --record-size 1000 --records-per-request 16 >"$dir/told"
segment=$(ls "$dir"/data/events-0/*.log)
cells=$(($(wc -c <"$segment") / 65536 + 1))
moment() { # WORDS
        echo "$1=$("$dir/residency" "$cells" "$segment")"
}
# shellcheck disable=SC2086
{
        moment "A producer has written it, and nobody has read"
        dd of="$segment" oflag=nocache conv=notrunc,fdatasync count=0 status=none
        moment "Written to the disk, then dropped from memory"
        "$BUILD/odradek" console-consumer $at --partition 0 --offset 31900 --max-messages 100 >"$dir/told" 2>&1
        moment "A consumer at the tail has read the last 100 of 32,000 records"
        "$BUILD/odradek" console-consumer $at --partition 0 --offset earliest --max-messages 8000 >"$dir/told" 2>&1
        moment "Another one catches up: it has read the first 8,000"
} | awk -F= '
BEGIN {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"560\" viewBox=\"0 0 880 560\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"560\" fill=\"#ffffff\"/>"
        wide = 64
}
{
        split($2, part, " ")
        top = 24 + 136 * (NR - 1)
        printf "<text x=\"40\" y=\"%d\" font-size=\"14\">%s</text>\n", top, $1
        printf "<text x=\"840\" y=\"%d\" font-size=\"13\" text-anchor=\"end\">%d of %d KiB in the page cache</text>\n", top, part[2], part[4]
        for (i = 0; i < length(part[1]); i++) {
                share = substr(part[1], i + 1, 1)
                printf "<rect x=\"%.1f\" y=\"%d\" width=\"11\" height=\"11\" fill=\"%s\" stroke=\"#777\" stroke-width=\"0.6\"/>\n", 40 + 12.5 * (i % wide), top + 10 + 12.5 * int(i / wide), share == 0 ? "#ffffff" : share == 9 ? "#3b4a5e" : "#a9b8ca"
        }
}
END { print "</svg>" }'
