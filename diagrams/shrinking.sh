#!/bin/sh
# What goes wrong in a failing run, step by step, and what of it the failure needs: the script that is drawn from a seed
# with a bug put back, held against the script that shrinking leaves of it.
set -eu
seed=21 bug=hw-on-proposed-isr
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$BUILD/odradek-sim" shrink --seed "$seed" --bug "$bug" -o "$dir/small.scn" >/dev/null
"$BUILD/odradek-sim" replay --seed "$seed" --bug "$bug" >"$dir/story" || true
awk '
function text(x, y, anchor, weight, words) {
        gsub(/&/, "\\&amp;", words)
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-weight=\"%s\">%s</text>\n", x, y, anchor, weight, words
}
function seconds(word) { return word ~ /ms$/ ? word / 1000 : word + 0 }
function ends_with(line, end) { return substr(line, length(line) - length(end) + 1) == end }
{ $1 = $1 } # one space in every gap
FNR == NR { if (/^(at|when|then) /) kept[$0]++; next }
/^run / { run = seconds($2) }
/^(at|when|then) / { step[++steps] = $0 }
/ the script / { told_at[++told] = $1; sub(/.* the script /, ""); tells[told] = $0 }
# When each step came, as the story tells; what the script waited for in vain is left out.
function find_times(    i, t) {
        for (i = 1; i <= steps; i++) {
                for (t = 1; t <= told; t++)
                        if (!used[t] && ends_with(step[i], tells[t])) {
                                used[t] = 1; order[++shown] = i; time[i] = told_at[t]; what[i] = tells[t]
                                break
                        }
        }
}
function sort_by_time(    i, j, moved) {
        for (i = 2; i <= shown; i++) {
                moved = order[i]
                for (j = i - 1; j >= 1 && time[order[j]] > time[moved]; j--) order[j + 1] = order[j]
                order[j + 1] = moved
        }
}
function draw(    i, s, x, y, needed, height) {
        height = 60 + shown * 19
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"%d\" viewBox=\"0 0 880 %d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#111\">\n", height, height
        printf "<rect width=\"880\" height=\"%d\" fill=\"#ffffff\"/>\n", height
        for (s = 0; s <= run; s++) {
                x = 30 + s * 390 / run
                printf "<path d=\"M%d 30V%d\" stroke=\"#bbb\" stroke-dasharray=\"2 4\"/>\n", x, height - 8
                text(x, 22, "middle", "normal", s " s")
        }
        for (i = 1; i <= shown; i++) {
                s = order[i]; x = 30 + time[s] * 390 / run; y = 48 + (i - 1) * 19
                needed = kept[step[s]] > 0
                if (needed)
                        printf "<rect x=\"8\" y=\"%d\" width=\"864\" height=\"19\" fill=\"#fce5b8\"/>\n", y - 10
                printf "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\" stroke=\"#222\" stroke-width=\"1.5\"/>\n", x, y, needed ? "#222" : "#fff"
                text(x + 12, y + 4, "start", needed ? "bold" : "normal", what[s])
        }
        print "</svg>"
}
END { find_times(); sort_by_time(); draw() }' "$dir/small.scn" "$dir/story"
