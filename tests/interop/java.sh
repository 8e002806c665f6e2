#!/bin/sh
# Goal:   Apache Kafka's own Java client, of its last old line and of a new one, administers, produces
#         and consumes, in groups and in transactions; its default partitioner and ours put keys in the
#         same places.
# Method: JavaClient.java and JavaGroups.java, compiled once for each version; console-producer for the
#         partitioner.
. tests/integration/lib.sh
. tests/interop/registries.inc
for tool in javac mvn; do
        command -v $tool >/dev/null || { skip "kafka-clients" "$tool is not installed"; exit 0; }
done

same_places() {
        awk 'BEGIN { for (i = 0; i < 2000; i++) print "key-" i ":" i }' |
                $odradek console-producer --topic ours --property parse.key=true --property key.separator=: --bootstrap-server "$at" &&
                for topic in ours theirs; do
                        kcat -q -b "$at" -C -t "$topic" -o beginning -e -f '%p %k %s\n' | sort >"$dir/$topic"
                done
        test "$(wc -l <"$dir/ours")" -eq 2000 && cmp "$dir/ours" "$dir/theirs"
}

for version in 3.9.1 4.1.0; do
        from_registry "kafka-clients-$version" maven_jars "org.apache.kafka:kafka-clients:$version" || continue
        mkdir -p "$dir/classes-$version"
        javac -nowarn -Xlint:-removal -Xlint:-deprecation -d "$dir/classes-$version" -cp "$got/jars/*" tests/interop/JavaClient.java \
                tests/interop/JavaGroups.java 2>"$dir/javac" || {
                echo "not ok - the programs compile against $version"
                sed 's/^/# /' "$dir/javac"
                continue
        }
        start_broker "for-$version" group.initial.rebalance.delay.ms=300
        client "kafka-clients $version" java -cp "$dir/classes-$version:$got/jars/*" JavaClient "$at" "Java $version"
        ok "Java $version and console-producer put 2000 keys into the same of 7 partitions" same_places
        client "kafka-clients $version" java -cp "$dir/classes-$version:$got/jars/*" JavaGroups "$at" "Java $version"
        stop_broker "$broker"
done
