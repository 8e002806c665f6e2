#!/bin/sh
# Draws every figure of the book into $BUILD/diagrams, as SVG; what is up to date is left alone.
#   diagrams/NAME.dot    graphviz
#   diagrams/NAME.sh     a script that prints graphviz or SVG, from a trace, a dump or counters
#   diagrams/NAME.gp     gnuplot, which finds its output's name in the variable `output`
# What is not installed draws nothing, and says so.
set -eu
BUILD=${BUILD:-build}
export BUILD
out=$BUILD/diagrams
mkdir -p "$out"
drawn=0 missing=

# finish NAME: the new picture takes the old one's place only when it is whole.
finish() {
        mv "$out/$1.new" "$out/$1.svg"
        drawn=$((drawn + 1))
}
has() {
        command -v "$1" >/dev/null 2>&1 && return
        case $missing in *"$1"*) ;; *) missing="$missing $1" ;; esac
        return 1
}
is_old() { # SOURCE NAME
        [ ! -e "$out/$2.svg" ] || [ "$1" -nt "$out/$2.svg" ] || { [ "$3" ] && [ "$BUILD/odradek-sim" -nt "$out/$2.svg" ]; }
}

for source in diagrams/*.dot diagrams/*.gp diagrams/*.sh; do
        [ -e "$source" ] && [ "$source" != diagrams/make.sh ] || continue
        name=$(basename "${source%.*}")
        case $source in
        *.dot)
                is_old "$source" "$name" "" && has dot || continue
                dot -Tsvg "$source" >"$out/$name.new"
                ;;
        *.gp)
                is_old "$source" "$name" yes && has gnuplot || continue
                gnuplot -e "output='$out/$name.new'" "$source"
                ;;
        *.sh)
                is_old "$source" "$name" yes || continue
                sh "$source" >"$out/$name.text"
                if grep -q -m 1 '<svg' "$out/$name.text"; then
                        mv "$out/$name.text" "$out/$name.new"
                else
                        has dot || continue
                        dot -Tsvg "$out/$name.text" >"$out/$name.new"
                        rm "$out/$name.text"
                fi
                ;;
        esac
        finish "$name"
done
echo "diagrams: $drawn drawn, $(find "$out" -name '*.svg' | wc -l) in $out${missing:+; not installed:$missing}"
