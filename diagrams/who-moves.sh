#!/bin/sh
# Swim lanes of the model in who-moves.awk: who works when, for 24 bytes; interrupts are the ticks with a flag.
set -eu
lanes() { awk -f diagrams/who-moves.awk -v events=1 -v bytes=24 -v block=12 -v setup=900 -v gap="$1" | sed "s/^/$1 /"; }
{
        lanes 1000 | grep ' poll '
        lanes 1000 | grep ' interrupt '
        lanes 500 | grep ' interrupt '
        lanes 1000 | grep ' dma '
} | awk '
function text(x, y, anchor, size, words, more) {
        printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" %s>%s</text>\n", x, y, anchor, size, more, words
}
function x(ns) { return 110 + ns * 740 / 26000 }
function lane(y, name) {
        text(100, y + 5, "end", 13, name)
        printf "<path d=\"M110 %dH850\" stroke=\"#999\"/>\n", y
}
function open_panel(words) {
        panels++
        top = 28 + (panels - 1) * 112
        text(10, top, "start", 14, words, "font-weight=\"bold\"")
        lane(top + 26, "device")
        lane(top + 52, "engine")
        lane(top + 78, "CPU")
}
function style(what) {
        if (what == "look") return "fill=\"#ffffff\" stroke=\"#999\" stroke-width=\"0.6\""
        if (what == "setup") return "fill=\"#e6f2e6\" stroke=\"#222\" stroke-dasharray=\"4 2\""
        return "stroke=\"#222\" stroke-width=\"0.6\" fill=\"" (what == "move" ? "#cfe3f5\"" : "#e08a1e\"")
}
function bar(y, from, to, what) {
        printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"16\" %s/>\n", x(from), y - 8, x(to) - x(from), style(what)
}
{
        panel = $1 " " $2
        if (panel != last) {
                last = panel
                if ($2 == "poll") open_panel("The CPU asks: it fetches all, and can do nothing else")
                else if ($2 == "dma") open_panel("An engine fetches (DMA): one interrupt for 12 bytes")
                else if ($1 == 1000) open_panel("An interrupt for each byte: the CPU is away more than half of the time")
                else open_panel("The same, with a device twice as fast: every other byte is lost")
        }
        if ($3 == "device") {
                printf "<path d=\"M%.1f %dv-12\" stroke=\"#222\" stroke-width=\"%d\"/>\n", x($4), top + 32, 3
                if ($6 == "lost")
                        printf "<path d=\"M%.1f %dl10 10m-10 0l10 -10\" stroke=\"#222\" stroke-width=\"2.5\"/>\n", x($4) - 5, top + 21
        }
        if ($3 == "engine") bar(top + 52, $4, $5, "move")
        if ($3 == "cpu") bar(top + 78, $4, $5, $6)
        if ($6 == "handle")
                printf "<path d=\"M%.1f %dv-20h9l-9 7\" fill=\"#222\" stroke=\"#222\" stroke-width=\"1.5\"/>\n", x($4), top + 88
}
function legend(at, what, words) {
        printf "<rect x=\"%d\" y=\"470\" width=\"22\" height=\"14\" %s/>\n", at, style(what)
        text(at + 28, 482, "start", 12, words)
}
BEGIN {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"500\" viewBox=\"0 0 880 500\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"500\" fill=\"#ffffff\"/>"
}
END {
        legend(110, "look", "looks in vain")
        legend(245, "fetch", "fetches, or is told")
        legend(415, "setup", "names a place")
        legend(560, "move", "moves bytes")
        printf "<path d=\"M695 486v-18h9l-9 7\" fill=\"#222\" stroke=\"#222\" stroke-width=\"1.5\"/>\n"
        text(711, 482, "start", 12, "interrupt")
        text(850, 28, "end", 12, "26 us from left to right")
        print "</svg>"
}'
