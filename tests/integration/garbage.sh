#!/bin/sh
# See garbage.py. Once with one loop for all, once with I/O threads.
. tests/integration/lib.sh
for threads in 0 2; do
        start_broker "threads-$threads" "num.network.threads=$threads"
        python3 tests/integration/garbage.py "$port" "$broker" "$dir/threads-$threads.log" |
                sed "s/\$/ ($threads I\/O threads)/"
        stop_broker "$broker"
        ok "a clean stop after all that ($threads I/O threads)" test $? -eq 0
done
