# The questions of test 02: syncs, and what a power cut leaves.
. "${0%/*}/key.sh"
sync=$(pick 1 7 9 11 16)
batch=$(pick 2 65536 1048576)
mib=$(pick 3 16 32)
pages_tool
bench sync --bytes 4194304
bench layout --bytes $((mib << 20))

pages write 409600 4096 "$sync"
n=$((100 / sync))
ask "pages write FILE 409600 4096 $sync: calls of fdatasync" "$(count 2)" $n $n "pages failed"
ask "the power fails right behind that (the name was synced): bytes of the file that are there for sure" \
        $((n * sync * 4096)) $((n * sync * 4096)) $((n * sync * 4096)) ""

n=$((1048576 / batch))
kib=$([ "$batch" = 65536 ] && echo "64 KiB" || echo "1 MiB")
per=$(figure sync "fdatasync growing" "" "$batch" "messages per sync" | awk '$1 > 0 { printf "%.0f", 1024 / $1 }')
ask "bench disk --what sync: syncs for 1024 messages of 1 KiB, one for each batch of $kib" \
        "$per" $n $n "$(why sync)"
ask "the same, one for each message" \
        "$(figure sync "fdatasync growing" "" 1024 "messages per sync" | awk '$1 > 0 { printf "%.0f", 1024 / $1 }')" \
        1024 1024 "$(why sync)"

rounds=$(((mib << 20) / 1000 * 1000 / (16 << 20)))
[ $(((mib << 20) / 1000 * 1000 % (16 << 20))) -eq 0 ] || rounds=$((rounds + 1))
for layout in files "commit log"; do
        n=$([ "$layout" = files ] && echo $((256 * rounds)) || echo $rounds)
        ask "bench disk --what layout --bytes $((mib << 20)), 256 partitions, 'sync each 16 MiB': syncs of '$layout'" \
                "$(figure layout "$layout" "sync each 16 MiB" 256 syncs)" "$n" "$n" "$(why layout)"
done
