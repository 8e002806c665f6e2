#!/bin/sh
# Goal:   what `bench copy` reports is what happened.
# Method: each strategy runs alone under strace -c, which counts the system calls of the sender (not
#         of its children). Every attempt, measured or not, opens one connection, and so does the
#         look at the socket before them; so accept4 tells how many attempts the calls belong to. The
#         calls of one agree within 2 %, and the bytes through user space with the definition.
. tests/integration/lib.sh
command -v strace >/dev/null || { skip "counted system calls" "strace is missing"; exit 0; }
calls=sendfile,pread64,sendto,sendmsg,recvmsg,splice,epoll_wait,epoll_pwait,epoll_ctl,io_uring_enter
range=65536 gib_per_run=0.125

# column NAME: of the only run in the CSV file.
column() {
        awk -F, -v name="$1" '/^#/ { next }
                at { print $at; exit }
                { for (i = 1; i <= NF; i++) if (index($i, name " (") == 1) at = i }' "$dir/runs.csv"
}

# per_run: the calls that strace counted, for each attempt.
per_run() {
        awk '$NF == "accept4" { attempts = $4 - 1; next }
                $4 ~ /^[0-9]+$/ && $NF != "total" { calls += $4 }
                END { if (attempts > 0) print calls / attempts; else print 0 }' "$dir/counts"
}

within_2_percent() {
        awk -v a="$1" -v b="$2" 'BEGIN {
                print "strace: " a ", reported: " b
                exit !(a > 0 && (a > b ? a - b : b - a) <= 0.02 * a) }'
}

for pair in raw:0 read-write:1 mmap:1 sendfile:0 splice:0 zerocopy:0 io-uring:1 io-uring-splice:0 \
        io-uring-zerocopy:0; do
        strategy=${pair%:*} user_bytes=${pair#*:}
        rm -f "$dir/runs.csv"
        strace -c -o "$dir/counts" -e "trace=accept4,$calls" "$odradek" bench copy --quick --runs 1 \
                --mode same --strategies "$strategy" --bytes $range --csv "$dir/runs.csv" \
                >"$dir/table" 2>&1
        status=$?
        if grep -q '^skipped: ' "$dir/table"; then
                skip "$strategy: counts" "$(sed -n 's/^skipped: .*KiB: //p' "$dir/table" | head -n 1)"
                continue
        fi
        ok "$strategy: bench copy runs under strace" test $status -eq 0
        reported=$(awk -v n="$(column syscalls)" -v g=$gib_per_run 'BEGIN { print n * g }')
        ok "$strategy: system calls agree with strace" within_2_percent "$(per_run)" "$reported"
        ok "$strategy: $user_bytes of its bytes go through user space" \
                test "$(column 'user bytes')" = "$user_bytes"
done
