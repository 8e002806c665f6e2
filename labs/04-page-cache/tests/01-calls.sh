# The questions of test 01: system calls of an append.
. "${0%/*}/key.sh"
size=$(pick 1 100 1000)
batch=$(pick 2 65536 1048576)
messages=$((1048576 / size))
bench batches --bytes 1048576

# calls SERIES: measured, for all messages.
calls() {
        figure batches "$1" "" "$size" syscalls | awk -v n=$messages '{ printf "%.0f", $1 * n }'
}
up() { echo $((($1 + $2 - 1) / $2)); }

case=", for $messages messages of $size bytes"
ask "bench disk --what batches --bytes 1048576: system calls of 'write each'$case" \
        "$(calls 'write each')" $messages $messages "$(why batches)"
kib=$([ "$batch" = 65536 ] && echo "64 KiB" || echo "1 MiB")
n=$(up $messages $((batch / size)))
ask "system calls of 'buffer $kib'$case" "$(calls "buffer $kib")" "$n" "$n" "$(why batches)"
per=$((65536 / size))
n=$(up $messages $((per < 1024 ? per : 1024)))
ask "system calls of 'writev 64 KiB'$case" "$(calls 'writev 64 KiB')" "$n" "$n" "$(why batches)"
ask "system calls of 'mmap ftruncate'$case" "$(calls 'mmap ftruncate')" 3 3 "$(why batches)"
n=$(up $messages 256)
ask "system calls of 'io_uring 256'$case" "$(calls 'io_uring 256')" "$n" "$n" "$(why batches)"
