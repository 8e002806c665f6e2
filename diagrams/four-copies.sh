#!/bin/sh
# The way of a byte from the disk to a consumer, for four strategies; an arrow is as wide as what was counted for each
# byte that arrived. Counted are: what the disk had to read, what went through our memory (both by `bench run cold`, with
# the file dropped from the page cache), and how often the kernel copied what it was asked not to (`bench run zerocopy`).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$BUILD/odradek" bench run cold --quick --runs 1 --csv "$dir/cold.csv" >"$dir/cold.txt"
"$BUILD/odradek" bench run zerocopy --quick --runs 1 --csv "$dir/zerocopy.csv" >"$dir/zerocopy.txt"
{
        awk -F, -f diagrams/median.awk -v names='user bytes;disk read' -v only='^(read-write|mmap|sendfile),' "$dir/cold.csv"
        awk -F, -f diagrams/median.awk -v names='copied' -v only='^zerocopy,loopback' "$dir/zerocopy.csv"
} | awk '
function text(x, y, anchor, size, words, more) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" font-size=\"%d\" %s>%s</text>\n", x, y, anchor, size, more, words
}
function box(x, y, words, dash) {
        printf "<rect x=\"%.0f\" y=\"%.0f\" width=\"104\" height=\"34\" fill=\"#f4f4f4\" stroke=\"#333\" stroke-dasharray=\"%s\"/>\n", x - 52, y - 17, dash
        text(x, y + 5, "middle", 13, words)
}
# From edge to edge. kind: cpu (full), dma (grey), reference (hollow), none (dotted).
function arrow(x1, y1, x2, y2, count, kind,   width, length_, ux, uy, hx, hy, fill) {
        width = count > 0 ? 12 * count : 2
        length_ = sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2)
        ux = (x2 - x1) / length_
        uy = (y2 - y1) / length_
        hx = x2 - 16 * ux
        hy = y2 - 16 * uy
        fill = kind == "cpu" ? "#222" : kind == "dma" ? "#9a9a9a" : "#fff"
        if (kind == "none" || count <= 0) {
                printf "<path d=\"M%.0f %.0fL%.0f %.0f\" stroke=\"#333\" stroke-width=\"2\" stroke-dasharray=\"2 5\"/>\n", x1, y1, hx, hy
                fill = "#fff"
                width = 2
        } else {
                printf "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fz\" fill=\"%s\" stroke=\"#222\"/>\n", x1 - uy * width / 2, y1 + ux * width / 2, hx - uy * width / 2, hy + ux * width / 2, hx + uy * width / 2, hy - ux * width / 2, x1 + uy * width / 2, y1 - ux * width / 2, fill
        }
        printf "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fz\" fill=\"%s\" stroke=\"#222\"/>\n", x2, y2, hx - uy * (width / 2 + 5), hy + ux * (width / 2 + 5), hx + uy * (width / 2 + 5), hy - ux * (width / 2 + 5), fill
}
function frame(title, copies, y) {
        text(10, y - 30, "start", 15, title, "font-weight=\"bold\"")
        text(140, y - 30, "start", 13, copies)
        box(62, y, "disk")
        box(262, y, "page cache")
        box(662, y, "socket")
        box(816, y, "card")
        if (disk != "hot") arrow(114, y, 210, y, disk, "dma")
        text(160, disk == "hot" ? y + 5 : y - 11, "middle", 12, disk == "hot" ? "in memory" : disk < 0 ? "not counted" : sprintf("%.2f", disk))
        arrow(714, y, 764, y, 0, "none")
}
$1 == "read-write" || $1 == "mmap" || $1 == "sendfile" { user[$1] = $4; disk_read[$1] = $5; seen[$1] = 1 }
$1 == "zerocopy" { copied = $4 / 100; zerocopy_seen = 1 }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"540\" viewBox=\"0 0 880 540\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"540\" fill=\"#ffffff\"/>"
        disk = seen["read-write"] ? disk_read["read-write"] : -1
        count = user["read-write"]
        y = 60
        frame("read-write", sprintf("copies by the CPU: %.2f", 2 * count), y)
        box(462, y + 46, "our buffer")
        arrow(302, y + 17, 410, y + 40, count, "cpu")
        arrow(514, y + 40, 622, y + 17, count, "cpu")
        text(345, y + 48, "middle", 12, sprintf("%.2f", count))
        text(580, y + 48, "middle", 12, sprintf("%.2f", count))

        disk = seen["mmap"] ? disk_read["mmap"] : -1
        count = user["mmap"]
        y = 190
        frame("mmap", sprintf("copies by the CPU: %.2f", count), y)
        box(462, y + 46, "our mapping", "5 4")
        printf "<path d=\"M302 %d L410 %d\" stroke=\"#333\" stroke-dasharray=\"5 4\"/>\n", y + 17, y + 40
        text(350, y + 52, "middle", 12, "the same pages")
        arrow(514, y + 40, 622, y + 17, count, "cpu")
        text(580, y + 48, "middle", 12, sprintf("%.2f", count))

        disk = seen["sendfile"] ? disk_read["sendfile"] : -1
        y = 320
        frame("sendfile", sprintf("copies by the CPU: %.2f", user["sendfile"]), y)
        arrow(314, y, 610, y, 1 - user["sendfile"], "reference")
        text(462, y - 11, "middle", 12, sprintf("%.2f by reference", 1 - user["sendfile"]))

        disk = "hot"
        y = 420
        if (zerocopy_seen) {
                frame("zerocopy", sprintf("copies by the CPU: %.2f; it was asked to make none", copied), y)
                box(462, y + 46, "our mapping", "5 4")
                printf "<path d=\"M302 %d L410 %d\" stroke=\"#333\" stroke-dasharray=\"5 4\"/>\n", y + 17, y + 40
                text(350, y + 52, "middle", 12, "the same pages")
                arrow(514, y + 40, 622, y + 17, copied, "cpu")
                text(600, y + 62, "middle", 12, sprintf("copied all the same: %.2f", copied))
        }
        arrow(20, 520, 70, 520, 1, "cpu"); text(78, 525, "start", 12, "copied by the CPU")
        arrow(220, 520, 270, 520, 1, "dma"); text(278, 525, "start", 12, "by the disk (DMA)")
        arrow(420, 520, 470, 520, 1, "reference"); text(478, 525, "start", 12, "only references")
        arrow(620, 520, 670, 520, 0, "none"); text(678, 525, "start", 12, "not here: loopback has no card")
        print "</svg>"
}'
