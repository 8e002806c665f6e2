# lib.sh - for integration tests: starts brokers on free ports, cleans up, prints TAP.
# Sourced by tests/integration/*.sh, which are run from the root of the tree with BUILD set.
set -u
BUILD=${BUILD:-build}
odradek=$BUILD/odradek
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-test.XXXXXX")
brokers=

# ok WHAT COMMAND...: runs the command and reports; what it printed is shown when it fails.
ok() {
        what=$1
        shift
        if "$@" >"$dir/said" 2>&1; then
                echo "ok - $what"
        else
                echo "not ok - $what"
                sed 's/^/# /' "$dir/said" | head -n 20
        fi
}

skip() { echo "ok - $1 # SKIP $2"; }

# start_broker NAME [key=value ...]: data in $dir/NAME; sets $port and $broker (its process id).
# A second start of the same name keeps data and port.
start_broker() {
        name=$1
        shift
        port=0
        [ -f "$dir/$name.port" ] && port=$(cat "$dir/$name.port")
        rm -f "$dir/$name.port"
        overrides=
        for setting in "$@"; do overrides="$overrides --override $setting"; done
        # shellcheck disable=SC2086
        $odradek broker --override "listeners=PLAINTEXT://127.0.0.1:$port" \
                --override "log.dirs=$dir/$name" --port-file "$dir/$name.port" $overrides \
                >>"$dir/$name.log" 2>&1 &
        broker=$!
        brokers="$brokers $broker"
        waited=0
        while [ ! -s "$dir/$name.port" ]; do
                if ! kill -0 "$broker" 2>/dev/null || [ "$waited" -ge 300 ]; then
                        echo "not ok - the broker starts"
                        sed 's/^/# /' "$dir/$name.log" | tail -n 20
                        exit 1
                fi
                waited=$((waited + 1))
                sleep 0.05
        done
        port=$(cat "$dir/$name.port")
        at=127.0.0.1:$port
}

# strategy_missing NAME: why this machine cannot do a copy strategy; nothing when it can. (The broker
# looks at that before the data directory, which fails.)
strategy_missing() {
        $odradek broker --override "copy.strategy=$1" --override log.dirs=/dev/null/none 2>&1 |
                sed -n 's/.*cannot be used: //p'
}

# stop_broker PID [SIGNAL]: waits for its end; the exit status is the broker's.
stop_broker() {
        kill "-${2:-TERM}" "$1" 2>/dev/null
        wait "$1" 2>/dev/null
}

cleanup() {
        for pid in $brokers; do kill -KILL "$pid" 2>/dev/null; done
        wait 2>/dev/null
        rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP PIPE

# lines N: N different lines of about 100 bytes.
lines() {
        awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
                printf "%09d the quick brown fox jumps over the lazy dog, %d times and never twice the same way %05d\n", i, i * 7, i * 31 % 99991 }'
}
