#!/bin/sh
# The states of a transactional id, and how often each step from one to the next was written down in a sweep: with all
# that went wrong in it, and once more with nothing going wrong. A step that is not in the list below is a bug, and ends
# this with status 1.
#     diagrams/transaction-edges.sh                 prints the picture (256 seeds)
#     diagrams/transaction-edges.sh table           prints the counts
#     diagrams/transaction-edges.sh table FILE.scn  prints those of one scenario
set -eu
what=${1:-picture}
runs=${2:-256}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
built=$(dirname "$(readlink -f "${BUILD:-build}/odradek-sim")") # the book's commands see a link to it
libraries="-lz -lsnappy -llz4 -lzstd -lm"
[ ! -e /usr/include/isa-l/crc.h ] || libraries="$libraries -lisal"
# shellcheck disable=SC2046,SC2086
${CC:-cc} -std=c11 -D_GNU_SOURCE -Isrc -I. -pthread -Wl,--wrap=txn_write -o "$dir/edges" diagrams/transaction-edges.c \
        $(find "$built/obj/sim" -name '*.o' ! -name main.o | sort) "$built/libodradek.a" $libraries

# What is allowed: the diagram and the rules 2, 3, 4 and 7 of src/delivery/transaction.h. "successor" is a coordinator
# that did not write the decision itself. Then the way of the arrow, and where the word ends and the numbers begin; or,
# with a 2 behind it, the middle of the word, and the numbers are below.
cat >"$dir/allowed" <<'END_OF_LIST'
new            Empty          InitProducerId M10,250H134                      70,228,2
Empty          Empty          InitProducerId M162,230C142,168,198,168,178,228 124,160,2
Empty          Ongoing        Add            M242,250H370                     280,242
Ongoing        Ongoing        Add            M398,230C378,168,434,168,414,228 406,160,2
Ongoing        PrepareCommit  EndTxn         M446,230L528,128                 540,190
Ongoing        PrepareAbort   EndTxn         M456,270L540,382                 566,330
Ongoing        PrepareAbort   InitProducerId M380,270C380,390,430,412,500,412 330,350
Ongoing        PrepareAbort   time-out       M440,270C446,330,466,396,500,396 419,330,2
PrepareCommit  CompleteCommit markers        M620,98H738                      668,80
PrepareCommit  CompleteCommit successor      M620,114H738                     690,141
PrepareAbort   CompleteAbort  markers        M620,396H738                     668,378
PrepareAbort   CompleteAbort  successor      M620,412H738                     690,439
CompleteCommit Ongoing        Add            M752,128V242H472                 620,234
CompleteAbort  Ongoing        Add            M752,382V260H472                 620,278
CompleteCommit Empty          InitProducerId M800,84V36H212V228               530,28
CompleteAbort  Empty          InitProducerId M800,426V466H212V272             530,459
Empty          Dead           expired        M176,270V500H882V251H866         530,493
CompleteCommit Dead           expired        M832,128V230                     812,180
CompleteAbort  Dead           expired        M832,382V272                     812,330
END_OF_LIST

"$dir/edges" "$runs" >"$dir/steps"
awk -v list="$dir/allowed" -v what="$what" '
function key(from, to, why) { return from " " to " " why }
BEGIN {
        while ((getline <list) > 0) {
                edge[++edges] = key($1, $2, $3); allowed[edge[edges]] = 1
                way[edges] = $4; place[edges] = $5
        }
}
$1 == "run" { now = $2; runs[now]++; split("", epoch); next }
{
        why = $5 == "markers" && $2 != epoch[$1] ? "successor" : $5
        epoch[$1] = $2
        step = key($3, $4, why)
        if (!(step in allowed)) {
                print "transaction-edges: not allowed: " $0 >"/dev/stderr"
                status = 1
                exit
        }
        times[step, now]++
}
function text(x, y, anchor, more, words) {
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, more, words
}
function box(x, y, width, name) {
        printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"40\" rx=\"6\" fill=\"%s\" stroke=\"#444\" stroke-width=\"%d\"/>\n", \
                x - width / 2, y - 20, width, name ~ /Prepare/ ? "#f6c667" : "#cfe2f3", name ~ /Prepare/ ? 3 : 1
        text(x, y + 4, "middle", " font-size=\"12\" font-weight=\"bold\"", name)
}
function draw(i,    faults, calm, count, color, style, word, at) {
        faults = times[edge[i], "faults"] + 0; calm = times[edge[i], "calm"] + 0
        color = faults && !calm ? "#b04000" : faults ? "#333" : "#777"
        style = faults && !calm ? " stroke-width=\"3\"" : faults ? " stroke-width=\"1.5\"" : " stroke-width=\"1.5\" stroke-dasharray=\"5 4\""
        gsub(/,/, " ", way[i])
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\"%s marker-end=\"url(#%s)\"/>\n", way[i], color, style, faults && !calm ? "only" : "arrow"
        split(edge[i], word, " "); split(place[i], at, ",")
        sub(/Add/, "Add…", word[3]); sub(/successor/, "a successor", word[3])
        count = faults (faults || calm ? " (" calm ")" : "")
        text(at[1], at[2], at[3] ? "middle" : "end", " font-size=\"12\"", word[3])
        text(at[1] + (at[3] ? 0 : 5), at[2] + (at[3] ? 14 : 0), at[3] ? "middle" : "start", " font-size=\"12\" font-weight=\"bold\"", count)
}
END {
        if (status) exit status
        if (what == "table") {
                printf "%-48s %6s%s\n", runs["faults"] (runs["faults"] == 1 ? " run" : " runs"), "faults", "calm" in runs ? "   calm" : ""
                for (i = 1; i <= edges; i++) {
                        split(edge[i], word, " ")
                        printf "%-14s -> %-14s  %-14s %6d%s\n", word[1], word[2], word[3], times[edge[i], "faults"], "calm" in runs ? sprintf(" %6d", times[edge[i], "calm"]) : ""
                }
                exit
        }
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"890\" height=\"560\" viewBox=\"0 0 890 560\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#111\">"
        print "<defs><marker id=\"arrow\" markerWidth=\"9\" markerHeight=\"9\" refX=\"7\" refY=\"4\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#333\"/></marker>"
        print "<marker id=\"only\" markerWidth=\"13\" markerHeight=\"13\" refX=\"9\" refY=\"6\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M0 0L12 6L0 12z\" fill=\"#b04000\"/></marker></defs>"
        print "<rect width=\"890\" height=\"560\" fill=\"#ffffff\"/>"
        for (i = 1; i <= edges; i++) draw(i)
        box(190, 250, 104, "Empty"); box(420, 250, 96, "Ongoing"); box(832, 250, 64, "Dead")
        box(560, 106, 116, "PrepareCommit"); box(803, 106, 126, "CompleteCommit")
        box(560, 404, 116, "PrepareAbort"); box(803, 404, 126, "CompleteAbort")
        text(14, 530, "start", "", "Numbers: how often in " runs["faults"] " runs of a sweep. In brackets: in the same runs, when nothing went wrong.")
        text(14, 550, "start", "", "Thick: only when something went wrong. Dashed: allowed, and never done.")
        print "</svg>"
}' "$dir/steps"
