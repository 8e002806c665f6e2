# key.sh - what the keys of this lab share. A key is called as: sh tests/NN-….sh SIMULATOR SEED
#
# A question is put only if this machine gave a number that can be right; else its answer is
# "cannot: WHY", and the grader leaves it out. What is asked are counts; nothing here is timed.
odradek=${1%/*}/odradek
seed=$2
dir=$(mktemp -d "${LAB_DIR:-/var/tmp}/odradek-lab-04-XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# pick DIVISOR A B C...: one of them, by the seed.
pick() {
        at=$((seed / $1))
        shift
        shift $((at % $#))
        echo "$1"
}

# ask QUESTION MEASURED LOW HIGH WHY
ask() {
        if [ -n "$2" ] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
                printf '%s\t%s..%s\n' "$1" "$3" "$4"
        else
                printf '%s\tcannot: %s\n' "$1" "$5"
        fi
}

# bench WHAT [OPTIONS]: into $dir/WHAT.csv and $dir/WHAT.out.
bench() {
        what=$1
        shift
        "$odradek" bench disk --what "$what" --quick --runs 1 --dir "$dir" --csv "$dir/$what.csv" \
                "$@" >"$dir/$what.out" 2>&1 || true
}

# figure WHAT SERIES SETTING X NAME: of the first such run; nothing when there is none.
figure() {
        [ -f "$dir/$1.csv" ] || return 0
        awk -F, -v series="$2" -v setting="$3" -v x="$4" -v name="$5" '/^#/ { next }
                !at { for (i = 1; i <= NF; i++) if (index($i, name " (") == 1) at = i; next }
                $2 == series && $3 == setting && $4 == x { print $at; exit }' "$dir/$1.csv"
}

# why WHAT: the reason that bench gave for having no number.
why() {
        reason=$(sed -n 's,^.* \(lies in memory.*\)$,the folder for files \1,p; s/^skipped: //p' "$dir/$1.out" | head -n 1)
        echo "${reason:-bench disk --what $1 gave no such number}"
}

pages_tool() {
        ${CC:-cc} -std=c11 -D_GNU_SOURCE -o "$dir/pages" labs/04-page-cache/pages.c
}

# pages COMMAND …: its last line, in $counts; the file is always the same.
pages() {
        command=$1
        shift
        counts=$("$dir/pages" "$command" "$dir/file" "$@" | tail -n 1)
}

# count N: the N-th number in $counts.
count() { echo "$counts" | tr -cs '0-9\n' ' ' | sed 's/^ //' | cut -d ' ' -f "$1"; }
