#!/bin/sh
# Goal:   the commands do what Kafka's do, with its flags; errors are one line and exit status 1 or 2.
# Method: each command once in good order, and once with what can go wrong.
. tests/integration/lib.sh
start_broker one
lines 30000 >"$dir/file"

# fails STATUS CLUE COMMAND...: it ends with that status and one line on stderr that has the clue.
fails() {
        wanted=$1 clue=$2
        shift 2
        "$@" >/dev/null 2>"$dir/errors" </dev/null
        [ $? -eq "$wanted" ] && [ "$(wc -l <"$dir/errors")" -eq 1 ] && grep -q -- "$clue" "$dir/errors" && return 0
        cat "$dir/errors"
        return 1
}
says() { # CLUE COMMAND...
        clue=$1
        shift
        "$@" 2>&1 | grep -q -- "$clue"
}
bootstrap="--bootstrap-server $at"
# shellcheck disable=SC2086
{
        ok "topics --create" says 'Created topic orders' $odradek topics --create --topic orders --partitions 3 --config retention.ms=99999 $bootstrap
        ok "topics --list" says '^orders$' $odradek topics --list $bootstrap
        ok "topics --describe" says 'PartitionCount: 3' $odradek topics --describe --topic orders $bootstrap
        ok "topics --describe tells the leader" says 'Partition: 2.*Leader: 1.*Isr: 1' $odradek topics --describe --topic orders $bootstrap
        ok "topics --alter" $odradek topics --alter --topic orders --partitions 4 $bootstrap
        ok "topics: a second creation fails" fails 1 'already exists' $odradek topics --create --topic orders $bootstrap
        ok "topics: --if-not-exists does not" $odradek topics --create --topic orders --if-not-exists $bootstrap
        ok "topics: fewer partitions fail" fails 1 'increase' $odradek topics --alter --topic orders --partitions 2 $bootstrap
        ok "configs --describe" says 'retention.ms=99999' $odradek configs --describe --entity-type topics --entity-name orders $bootstrap
        ok "configs --alter" $odradek configs --alter --entity-type topics --entity-name orders --add-config segment.bytes=100000,retention.ms=5 $bootstrap
        ok "configs shows it" says 'segment.bytes=100000' $odradek configs --describe --entity-type topics --entity-name orders $bootstrap
        ok "configs: a wrong value fails" fails 1 'must be' $odradek configs --alter --entity-type topics --entity-name orders --add-config segment.bytes=tiny $bootstrap
        ok "topics --delete" $odradek topics --delete --topic orders $bootstrap
        ok "topics: a deleted topic is gone" fails 1 'orders' $odradek topics --describe --topic orders $bootstrap

        for codec in none gzip snappy lz4 zstd; do
                ok "console-producer with $codec" sh -c "$odradek console-producer --topic c-$codec --compression-codec $codec $bootstrap <$dir/file"
                ok "console-consumer with $codec" sh -c "$odradek console-consumer --topic c-$codec --from-beginning --exit-at-end $bootstrap 2>/dev/null | cmp - $dir/file"
                ok "kcat reads what console-producer wrote with $codec" sh -c "kcat -q -b $at -C -t c-$codec -o beginning -e | cmp - $dir/file"
        done
        ok "console-consumer --max-messages" test "$($odradek console-consumer --topic c-none --from-beginning --max-messages 7 $bootstrap 2>/dev/null | wc -l)" -eq 7
        ok "console-consumer --offset" test "$($odradek console-consumer --topic c-none --partition 0 --offset 29990 --exit-at-end $bootstrap 2>/dev/null | wc -l)" -eq 10
        ok "keys go to the partition that Kafka's producer chooses" sh -c "
                $odradek topics --create --topic keyed --partitions 6 $bootstrap >/dev/null
                printf '%s\n' 'alpha:1' 'beta:2' 'gamma:3' 'alpha:4' |
                        $odradek console-producer --topic keyed --property parse.key=true --property key.separator=: $bootstrap
                kcat -q -b $at -C -t keyed -o beginning -e -f '%k %p\n' | sort -u | awk '{ n++ } END { exit n != 3 }'"
        ok "producer-perf-test" says '20000 records sent' $odradek producer-perf-test --topic perf --num-records 20000 --record-size 100 --throughput -1 --producer-props bootstrap.servers=$at acks=1
        ok "consumer-perf-test" says ', 20000,' $odradek consumer-perf-test --topic perf --messages 20000 $bootstrap
        ok "dump-log" says 'baseOffset: 0' $odradek dump-log --files "$dir/one/perf-0/00000000000000000000.log"
        ok "dump-log of the metadata" says 'keyed' $odradek dump-log --cluster-metadata-decoder --print-data-log --files "$dir/one/__cluster_metadata-0/00000000000000000000.log"

        for command in broker cluster topics leader-election reassign-partitions metadata-quorum console-producer console-consumer configs dump-log producer-perf-test consumer-perf-test; do
                ok "$command --help has an example" says "odradek $command" $odradek $command --help
                ok "$command: an unknown option is named, exit status 2" fails 2 'no-such-option' $odradek $command --no-such-option
        done
        ok "an unknown command is named, exit status 2" fails 2 'frobnicate' $odradek frobnicate
        ok "nobody listens: one line, exit status 1" fails 1 '127.0.0.1:1' timeout 60 $odradek topics --list --bootstrap-server 127.0.0.1:1
        ok "the port is taken: one line, exit status 1" fails 1 "$port" $odradek broker --override "listeners=PLAINTEXT://$at" --override "log.dirs=$dir/two"
        ok "the data are taken: one line, exit status 1" fails 1 "$dir/one" $odradek broker --override listeners=PLAINTEXT://127.0.0.1:0 --override "log.dirs=$dir/one"
        printf 'log.segment.bytes=lots\n' >"$dir/bad.properties"
        ok "a bad properties file: file, line and reason" fails 2 'bad.properties:1.*log.segment.bytes' $odradek broker "$dir/bad.properties"
}
