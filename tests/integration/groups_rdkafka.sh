#!/bin/sh
# Goal:   a group on librdkafka shares six partitions through joins, leaves, a kill -9 and a full stop: no
#         record stays unprocessed, and clean leaves process none twice. Static members come back without
#         a rebalance.
# Method: rdkafka_client.c; a producer runs all the time; each member tells its share, and notes each
#         record that it processes.
. tests/integration/lib.sh
. tests/integration/groups.inc
build_client || exit 0
# shellcheck disable=SC2086
start_broker one $group_settings

# Names of clients begin with the story's.
join() { # NAME...
        for name; do start_member "$story-$name" "$at" "$story" "$story" "$dir/$story.notes" partition.assignment.strategy="$story"; done
}
share() { # "COUNTS" NAME...
        counts=$1
        shift
        members=
        for name; do members="$members $story-$name"; done
        # shellcheck disable=SC2086
        share_within $((member_session_ms + 8000)) 6 "$counts" $members
}
leave() { # NAME...
        members=
        for name; do members="$members $story-$name"; done
        # shellcheck disable=SC2086
        end_clients $members
}
crash() {
        cp "$dir/$story.notes" "$dir/$story.before"
        end_client "$story-$1" KILL
        test $? -eq 137
}
catches_up() {
        within 15000 all_seen "$dir/$story-producer.out" "$dir/$story.notes"
}
after_stop() { # what was noted since the stop
        tail -n "+$((1 + $(wc -l <"$dir/$story.stop")))" "$dir/$story.notes" >"$dir/$story.after"
        awk 'NR == FNR { seen[$1 " " $2] = 1; next } ($1 " " $2) in seen { print "again: " $0; bad = 1 } END { exit bad || FNR == 0 }' \
                "$dir/$story.stop" "$dir/$story.after"
}

group_story() { # ASSIGNOR
        story=$1
        ok "$story: a topic is made" $odradek topics --create --topic "$story" --partitions 6 --bootstrap-server "$at"
        run_client "$story-producer" produce "$at" "$story" 6 1000000 400
        join a
        ok "$story: one member has all six" share "6" a
        join b c
        ok "$story: three members have two each" share "2 2 2" a b c
        join d e f g
        ok "$story: of seven members one is idle" share "0 1 1 1 1 1 1" a b c d e f g
        ok "$story: four leave" leave d e f g
        ok "$story: the three have two each again" share "2 2 2" a b c
        ok "$story: one is killed" crash c
        ok "$story: the two have three each" share "3 3" a b
        # A cooperative member goes on while it joins again, and librdkafka gives up all that it has when
        # a commit from then meets the next generation: processed again, as at least once allows.
        [ "$story" != range ] || ok "$story: until the crash nothing was processed twice" promised - "$dir/$story.before" once
        join c
        ok "$story: it comes back" share "2 2 2" a b c
        ok "$story: all stop" leave a b c
        cp "$dir/$story.notes" "$dir/$story.stop"
        join a b c
        ok "$story: all start again" share "2 2 2" a b c
        ok "$story: the producer ends well" leave producer
        ok "$story: nothing is left unprocessed" catches_up
        [ "$story" != range ] || ok "$story: nothing from before the stop comes again" after_stop
        ok "$story: all acknowledged was processed, in order" promised "$dir/$story-producer.out" "$dir/$story.notes"
        ok "$story: all end well" leave a b c
}
group_story range
group_story cooperative-sticky

# --- static members: their names outlive their processes ---
rounds() { cat "$dir"/static-[ac].out | wc -l; }
restart_static() { # the others hear nothing of it
        before=$(rounds) old=$(share_of static-b)
        leave b || return 1
        sleep 0.7
        join_static b
        within 8000 same_share || { echo "b had $old, and has $(share_of static-b)"; return 1; }
        sleep 0.7 # two heartbeats: by then they would know
        test "$(rounds)" -eq "$before"
}
same_share() { [ "$(tail -n 1 "$dir/static-b.out")" = "has $old" ]; }
join_static() { # NAME...
        for name; do start_member "static-$name" "$at" static static "$dir/static.notes" group.instance.id="$name" session.timeout.ms=6000; done
}
story=static
ok "static: a topic is made" $odradek topics --create --topic static --partitions 6 --bootstrap-server "$at"
run_client static-producer produce "$at" static 6 1000000 400
join_static a b c
ok "static: three members have two each" share "2 2 2" a b c
ok "static: one is started again, and the others keep what they have" restart_static
ok "static: the producer ends well" leave producer
ok "static: all acknowledged is processed" catches_up
ok "static: once, in order" promised "$dir/static-producer.out" "$dir/static.notes" once
ok "static: one is killed" crash c
ok "static: after the session time-out the others have its share" share "3 3" a b
ok "static: all end well" leave a b
