#!/bin/sh
# Goal:   the broker's own counts are right: its system calls are those that the kernel sees, and its
#         file bytes go the way that the copy strategy says.
# Method: SIGUSR1 before and after a load of producing and reading back in small fetches; strace -c
#         counts in between; within 2 %. A strategy that the machine lacks is feigned by strace.
. tests/integration/lib.sh
lines 300000 >"$dir/file"
bytes=$(wc -c <"$dir/file")

# account: the broker's next line goes to $line.
account() {
        n=$(grep -c '^odradek: spent ' "$dir/$name.log")
        kill -USR1 "$broker"
        waited=0
        while [ "$(grep -c '^odradek: spent ' "$dir/$name.log")" -le "$n" ] && [ "$waited" -lt 100 ]; do
                waited=$((waited + 1))
                sleep 0.05
        done
        line=$(grep '^odradek: spent ' "$dir/$name.log" | tail -n 1)
}

# of LINE KEY
of() { expr "$1" : ".*[ ]$2=\([0-9]*\)"; }

# between KEY: how much it grew from $before to $after.
between() { echo $(($(of "$after" "$1") - $(of "$before" "$1"))); }

load() {
        kcat -q -b "$at" -t t -P -l "$dir/file" -X batch.size=16384 -X enable.idempotence=false &&
                kcat -q -b "$at" -t t -C -o beginning -e -X fetch.message.max.bytes=20000 |
                cmp - "$dir/file"
}

within_2_percent() { # OURS THEIRS
        echo "counted $1, strace saw $2"
        [ "$1" -gt 1000 ] && [ $((50 * ($1 > $2 ? $1 - $2 : $2 - $1))) -le "$2" ]
}

# File bytes went as the strategy's definition says, and over loopback the kernel copied all the same.
went_its_way() {
        user=$(between user_bytes) reference=$(between reference_bytes)
        sends=$(between zerocopy_sends) copied=$(between zerocopy_copied)
        echo "user $user, reference $reference, $copied of $sends sends copied"
        case $strategy in
        read-write | mmap | io-uring) [ "$user" -ge "$bytes" ] && [ "$reference" -eq 0 ] ;;
        *) [ "$user" -eq 0 ] && [ "$reference" -ge "$bytes" ] ;;
        esac || return 1
        case $strategy in
        *zerocopy) [ "$sends" -gt 100 ] && [ "$copied" -eq "$sends" ] ;;
        *) [ "$sends" -eq 0 ] ;;
        esac
}

attach() {
        strace -c -f -p "$broker" -o "$dir/strace" 2>"$dir/attached" &
        tracer=$!
        waited=0
        until grep -q attached "$dir/attached"; do
                waited=$((waited + 1))
                [ "$waited" -lt 100 ] && kill -0 $tracer 2>/dev/null || return 1
                sleep 0.05
        done
}

count() {
        start_broker "$strategy" "copy.strategy=$strategy" copy.small.bytes=1 "num.network.threads=$1"
        case="copy.strategy=$strategy, num.network.threads=$1"
        if ! attach; then
                skip "$case: counts" "strace may not attach here"
                return
        fi
        account
        before=$line
        ok "$case: produced and read back" load
        account
        after=$line
        kill -INT $tracer
        wait $tracer
        seen=$(awk '$NF == "total" { print $(NF - 2) }' "$dir/strace")
        ok "$case: system calls" within_2_percent "$(between syscalls)" "$seen"
        ok "$case: file bytes" went_its_way
        stop_broker "$broker"
}

threads=0
for strategy in read-write mmap sendfile splice zerocopy io-uring io-uring-splice io-uring-zerocopy; do
        why=$(strategy_missing $strategy)
        if [ -n "$why" ]; then
                skip "copy.strategy=$strategy: counts" "$why"
                continue
        fi
        count $threads
        threads=$((2 - threads))
done

refuses() {
        strace -o /dev/null -e inject=io_uring_setup:error=ENOSYS $odradek broker \
                --override copy.strategy=io-uring --override "log.dirs=$dir/none" >"$dir/refusal" 2>&1
        status=$?
        cat "$dir/refusal"
        [ $status -ne 0 ] && [ "$(wc -l <"$dir/refusal")" -eq 1 ] && [ ! -e "$dir/none" ] &&
                grep -q 'copy.strategy=io-uring cannot be used: this kernel has no io_uring' "$dir/refusal"
}
ok "a broker does not start with a strategy that is missing, and says why in one line" refuses
