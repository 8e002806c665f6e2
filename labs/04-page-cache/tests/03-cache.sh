# The questions of test 03: what is in the page cache, and what comes from the disk.
. "${0%/*}/key.sh"
mib=$(pick 1 16 24 32)
step=$(pick 2 64 128)
bytes=$((mib << 20))
all=$((bytes / 4096))
memory="${LAB_DIR:-/var/tmp} lies in memory or keeps its pages: they cannot be dropped"
account="this file system does not tell what it reads from the disk"
pages_tool

pages write $bytes 65536 0
ask "pages write FILE $bytes 65536 0: calls of write" "$(count 1)" $((bytes / 65536)) $((bytes / 65536)) "pages failed"
ask "of its $all pages, how many are cached then, in percent" $(($(count 5) * 100 / all)) 99 100 \
        "the kernel takes pages away: too little memory is free"
pages read 0 $bytes
ask "MiB that come from the disk when all of it is read now" $(($(count 4) >> 20)) 0 0 \
        "the kernel takes pages away: too little memory is free"

pages drop
left=$(count 5)
dropped=$([ "$left" -le $((all / 100)) ] && echo yes || echo)
ask "after pages drop: pages that are cached, in percent" "${dropped:+$((left * 100 / all))}" 0 1 "$memory"
pages read $((bytes - (1 << 20))) $((1 << 20))
ask "then the last MiB is read: how many pages are cached" "${dropped:+$(count 5)}" 256 $((256 + all / 16)) "$memory"

pages drop
pages read 0 $((1 << 20))
ahead=$([ "$(count 5)" -gt 256 ] && echo 1 || echo 0)
ask "dropped, then the first MiB is read, in order: are more than 256 pages cached (1 yes, 0 no)" \
        "${dropped:+$ahead}" 1 1 "$([ "$dropped" ] && echo "read-ahead is off here" || echo "$memory")"
pages drop
pages scatter "$step"
n=$((all / step))
ask "dropped, then pages scatter FILE $step: how many pages are cached" "${dropped:+$(count 5)}" $n $((n * 4)) "$memory"

pages drop
pages read 0 $bytes
disk=$(($(count 4) >> 20))
ask "dropped, then all of it is read: MiB from the disk" "${dropped:+$disk}" "$mib" $((mib + 1)) \
        "$([ "$dropped" ] && echo "$account" || echo "$memory")"
pages read 0 $bytes
ask "and read once more: MiB from the disk" $(($(count 4) >> 20)) 0 0 \
        "the kernel takes pages away: too little memory is free"
