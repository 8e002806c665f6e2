#!/bin/sh
# Goal:   groups of kcat and of Debian's kafka-python share six partitions through joins, leaves and a
#         kill -9: no record stays unprocessed, and offsets resume after all have stopped.
# Method: a producer that runs all the time (cluster_load.py); each member notes what it processes, and
#         tells its share in its own words.
. tests/integration/lib.sh
. tests/integration/cluster.inc
. tests/integration/groups.inc
has_python_client || exit 0
# shellcheck disable=SC2086
start_broker one $group_settings

# kcat writes a line in pieces: each has a file of its own, and a kill may leave a line without its point.
kcat_notes=0
kcat_member() { # NAME; its notes are what it prints
        kcat_notes=$((kcat_notes + 1))
        kcat -u -b "$at" -G kcat -X auto.offset.reset=earliest -X session.timeout.ms=$member_session_ms -X heartbeat.interval.ms=300 \
                -f '%p %o %s .\n' kcat 2>>"$dir/kcat-$1.err" >"$dir/kcat.notes.$kcat_notes" &
        echo $! >"$dir/kcat-$1.pid"
        brokers="$brokers $!"
}
python_member() { run "python-$1" $python tests/integration/groups_member.py "$at" python python "$dir/python.notes"; }
gather() { [ "$story" = python ] || awk 'NF == 4' "$dir"/kcat.notes.* >"$dir/kcat.notes"; }
nothing_left() { gather && all_seen "$dir/$story.acked" "$dir/$story.notes"; }
share_of() {
        case $1 in
        kcat-*) grep 'rebalanced.*assigned' "$dir/$1.err" | tail -n 1 | grep -o '\[[0-9]*\]' | tr -d '[]' ;;
        *) sed -n 's/^has *//p' "$dir/$1.out" | tail -n 1 ;;
        esac
}
members() { for name; do printf '%s ' "$story-$name"; done; }
join() { for name; do "${story}_member" "$name"; done; }
# shellcheck disable=SC2046
share() { # "COUNTS" NAME...
        counts=$1
        shift
        share_within $((member_session_ms + 13000)) 6 "$counts" $(members "$@")
}
# shellcheck disable=SC2046
leave() {
        [ "$story" = python ] || quiet
        end_clients $(members "$@")
        left=$?
        kill -CONT "$(pid_of "$story-producer")" 2>/dev/null
        return $left
}
# A record that comes while kcat is told to end is dropped by kcat and committed all the same (consume_cb
# in its source does nothing then): so none may come.
quiet() {
        kill -STOP "$(pid_of "$story-producer")" 2>/dev/null
        sleep 0.5
}
crash() {
        end_client "$story-$1" KILL
        test $? -eq 137
}
resumed() { # nothing from before the stop comes again
        awk 'NR == FNR { stopped[$1 " " $2]++; next } { all[$1 " " $2]++ } END { for (r in stopped) if (all[r] > stopped[r]) {
                print "again: " r; bad = 1 } exit bad || FNR == NR / 2 }' "$dir/$story.stop" "$dir/$story.notes"
}
group_story() { # kcat|python
        story=$1
        ok "$story: a topic is made" $odradek topics --create --topic "$story" --partitions 6 --bootstrap-server "$at"
        run "$story-producer" $python tests/integration/cluster_load.py produce "$at" "$story" "$dir/$story.acked"
        join a
        ok "$story: one member has all six" share "6" a
        join b c
        ok "$story: three members have two each" share "2 2 2" a b c
        ok "$story: one leaves" leave c
        ok "$story: two have three each" share "3 3" a b
        ok "$story: one is killed" crash b
        ok "$story: one has all" share "6" a
        join b c
        ok "$story: they come back" share "2 2 2" a b c
        ok "$story: all stop" leave a b c
        gather
        cp "$dir/$story.notes" "$dir/$story.stop"
        join a
        ok "$story: one starts again" share "6" a
        ok "$story: the producer ends well" end_client "$story-producer"
        ok "$story: nothing is left unprocessed" within 15000 nothing_left
        ok "$story: offsets were resumed" resumed
        ok "$story: it ends well" leave a
}
group_story kcat
group_story python
