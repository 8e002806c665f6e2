# readme_block.sh - makes $tree what a student has when block $BLOCK of a lab's README is run. Bash
# reads it before each block (readme.sh), and each block has a line in labs/instructor/NN-name/steps:
#
#     root|lab [FUNCTION|FILE.c|reference|PATH]...
#
# Where the commands are typed (the root, with all built); and what is written by then: functions, all
# functions of a file, or all there are, by their reference bodies; and what lies below
# labs/instructor/NN-name: a mutant's patch (after `reference`), or what is handed in where nothing is
# written in C.
set -- $(grep -v '^#' "$root/$steps" | sed -n "${BLOCK}p")
cd "$root" || return
where=$1 bodies=
shift
[ -z "${patch:-}" ] || "$build/lab" tree "$id" --out "$tree" || return
patch=
cp -rp "labs/$name/." "$tree/labs/$name" || return
for written; do
        it=labs/instructor/$name/$written
        case $it in *.patch) patch=$it && continue ;; esac
        if [ -d "$it" ]; then
                cp -r "$it/." "$tree/labs/$name" || return
        elif [ -f "$it" ]; then
                cp "$it" "$tree/labs/$name" || return
        else
                bodies="$bodies $written"
        fi
done
if [ "$bodies" = ' reference' ]; then
        "$build/lab" tree "$id" --out "$tree" || return
        [ -z "$patch" ] || patch -s -p1 --no-backup-if-mismatch -d "$tree" <"$patch" || return
elif grep -q '^kind = "build"' "labs/$name/lab.toml"; then
        "$build/lab" strip "$id" --out "$tree" --keep "${bodies# }" >/dev/null || return
fi
cd "$tree" || return
if [ "$where" = root ]; then
        command make -s -j2 all || return
else
        cd "labs/$name" || return
fi
# The sum of all traces is another one after any change of the simulator.
make() { command make "$@" 2>&1 | sed 's/Trace [0-9a-f]* (.*/.../'; }
