#!/bin/sh
# Goal:   what `bench copy` reports is what happened.
# Method: each strategy runs alone under strace, which sees the system calls of the sender (its
#         receivers write files of their own). Every attempt opens one connection, so accept4 tells
#         them apart: the first is a look at the socket, the second is not measured. On a machine with
#         other work a run is attempted up to three times, and the quietest counts: what is reported
#         agrees with one of them within 2 %. The bytes through user space follow the definition.
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

# attempts: the calls that strace saw of each measured one, a line each.
attempts() {
        awk '/^accept4\(/ { if (accepted++ >= 3) print calls; calls = 0; next }
                /^[a-z]/ { calls++ }
                END { if (accepted >= 3) print calls }' "$(grep -l '^accept4(' "$dir"/trace.*)"
}

within_2_percent() {
        attempts | awk -v reported="$1" '{
                print "strace: " $1 ", reported: " reported
                off = $1 > reported ? $1 - reported : reported - $1
                found = found || ($1 > 0 && off <= 0.02 * $1) }
                END { exit !found }'
}

for pair in raw:0 read-write:1 mmap:1 sendfile:0 splice:0 zerocopy:0 io-uring:1 io-uring-splice:0 \
        io-uring-zerocopy:0; do
        strategy=${pair%:*} user_bytes=${pair#*:}
        rm -f "$dir/runs.csv" "$dir"/trace.*
        strace --seccomp-bpf -f -ff -qq -e signal=none -e "trace=accept4,$calls" -o "$dir/trace" \
                "$odradek" bench copy --quick --runs 1 --mode same --strategies "$strategy" \
                --bytes $range --csv "$dir/runs.csv" >"$dir/table" 2>&1
        status=$?
        if grep -q '^skipped: ' "$dir/table"; then
                skip "$strategy: counts" "$(sed -n 's/^skipped: .*KiB: //p' "$dir/table" | head -n 1)"
                continue
        fi
        ok "$strategy: bench copy runs under strace" test $status -eq 0
        reported=$(awk -v n="$(column syscalls)" -v g=$gib_per_run 'BEGIN { print n * g }')
        ok "$strategy: system calls agree with strace" within_2_percent "$reported"
        ok "$strategy: $user_bytes of its bytes go through user space" \
                test "$(column 'user bytes')" = "$user_bytes"
done
