#!/bin/sh
# The walls of the house:
#   1. the core, linked alone, needs no symbol beyond tests/walls.allow: no time(), open(), socket() …
#   2. no #include climbs a floor, and nothing in src/ includes from sim/ (nor sim/ from the real world).
# usage: tests/check_walls.sh LIBRARY [ROOT]    exit 1 when a wall is broken
set -eu
library=$1
root=${2:-.}
here=$(dirname "$0")

bad=$(nm -g "$library" 2>/dev/null | awk '
        NF == 3 { defined[$3] = 1 }
        NF == 2 && $1 == "U" { used[$2] = 1 }
        END { for (s in used) if (!(s in defined)) print s }' |
        sort | grep -vxF -f "$here/walls.allow" || true)
if [ -n "$bad" ]; then
        for symbol in $bad; do
                where=$(nm -A "$library" 2>/dev/null | awk -v s="$symbol" '
                        $NF == s && $(NF-1) == "U" { split($1, p, ":"); print p[2] }' | tr '\n' ' ')
                echo "check-walls: the core uses $symbol (in $where): ask struct world instead"
        done
        status=1
fi

climbs=$(cd "$root" && find src sim -name '*.[ch]' | sort | xargs awk '
        BEGIN {
                n = split("base wire log|copy replication cluster|groups|delivery client broker posix bench cli", floors, " ")
                for (i = 1; i <= n; i++) {
                        m = split(floors[i], rooms, "|")
                        for (j = 1; j <= m; j++) floor[rooms[j]] = i
                }
        }
        /^#include "/ {
                split($2, quoted, "\"")
                split(quoted[2], to, "/")
                split(FILENAME, from, "/")
                where = FILENAME ":" FNR
                if (from[1] == "sim") {
                        if (to[1] == "posix" || to[1] == "cli" || to[1] == "copy")
                                print where ": the simulator includes " quoted[2] " of the real world"
                } else if (to[1] == "sim") {
                        print where ": src/ includes " quoted[2] " of the simulator"
                } else if (to[1] != from[2] && !(to[1] in floor)) {
                        print where ": " quoted[2] " stands on no floor"
                } else if (to[1] != from[2] && floor[to[1]] >= floor[from[2]]) {
                        print where ": " from[2] "/ (floor " floor[from[2]] ") includes " quoted[2] " (floor " floor[to[1]] ")"
                }
        }')
if [ -n "$climbs" ]; then
        echo "$climbs" | sed 's/^/check-walls: /'
        status=1
fi
[ "${status:-0}" -eq 0 ] && echo "check-walls: the core is closed, no include climbs"
exit "${status:-0}"
