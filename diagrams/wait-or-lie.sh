#!/bin/sh
# Durability against availability: the same random faults under six settings of one topic.
#     diagrams/wait-or-lie.sh              prints the picture (40 seeds)
#     diagrams/wait-or-lie.sh table SEEDS  prints the table of as many seeds
#     diagrams/wait-or-lie.sh plan SEED    prints what goes wrong with one seed
# Each broker is down two or three times, of one of them the power fails and takes what was not
# synced, and for a while two brokers do not hear each other. The controllers stay well.
set -eu
build=${BUILD:-build}
what=${1:-picture}
try=$build/try/wait-or-lie
mkdir -p "$try"

# The faults of one seed. The generator is Park and Miller's, so that every awk draws the same.
plan() {
        awk -v seed="$1" '
        function between(low, high) {
                state = state * 48271 % 2147483647
                return low + state % (high - low + 1)
        }
        BEGIN {
                state = seed * 7919 + 1
                for (i = 0; i < 10; i++)
                        between(0, 1)
                unlucky = between(1, 3)
                for (broker = 1; broker <= 3; broker++) {
                        at_ms = 1000 + between(0, 2500)
                        while (at_ms < 9000) {
                                print "at " at_ms "ms " (broker == unlucky ? "power-cut " broker " keeps nothing" : "kill " broker)
                                at_ms += between(500, 2500)
                                print "at " at_ms "ms restart " broker
                                at_ms += between(1500, 6000)
                        }
                }
                at_ms = between(1000, 6000)
                a = between(1, 3)
                b = a % 3 + 1
                print "at " at_ms "ms cut " a " from " b
                print "at " at_ms + between(1000, 3000) "ms heal " a " from " b
                print "run 10s"
        }'
}

# One line for a setting: min.insync.replicas, unclean, sent, acknowledged, lost, runs that lost.
measure() {
        for seed in $(seq 1 "$3"); do
                {
                        echo "brokers 3 broker.session.timeout.ms 600 broker.heartbeat.interval.ms 100 replica.lag.time.max.ms 500"
                        echo "controllers 3"
                        echo "topic orders replication 3 min.insync.replicas $1 unclean.leader.election.enable $2"
                        echo "producer p1 topic orders acks all rate 50/s delivery 500ms"
                        cat "$try/$seed.plan"
                } >"$try/run.scn"
                "$build/odradek-sim" run "$try/run.scn" --seed "$seed" || true
        done | awk -v min="$1" -v unclean="$2" -v seeds="$3" '
        /^nothing lost/ && / found/ {
                sub(/ found.*/, "")
                lost += $NF
                runs++
        }
        / records acknowledged, / {
                acknowledged += $1
                sent += $1 + $4 + $6
                ended++
        }
        END {
                if (ended != seeds) {
                        print "only " ended + 0 " of " seeds " runs came to their end" >"/dev/stderr"
                        exit 1
                }
                print min, unclean, sent, acknowledged, lost + 0, runs + 0
        }'
}

measure_all() {
        for seed in $(seq 1 "$1"); do
                plan "$seed" >"$try/$seed.plan"
        done
        for min in 1 2 3; do
                for unclean in false true; do
                        measure $min $unclean "$1"
                done
        done
}

case $what in
plan) plan "$2" ;;
table)
        echo "min.insync  unclean    sent  acknowledged   share   lost  runs that lost (of $2)"
        measure_all "$2" | awk '{ printf "%-10s  %-7s %7d  %12d  %5.1f%%  %5d  %d\n", $1, $2, $3, $4, 100 * $4 / $3, $5, $6 }'
        ;;
picture)
        measure_all 40 | awk '
        function x_of(share) { return 90 + (share - left) * 640 / (right - left) }
        function y_of(lost) { return 340 - lost * 290 / most }
        function text_at(x, y, anchor, words) {
                printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#222\">%s</text>\n", x, y, anchor, words
        }
        # Nothing beats it in both.
        function on_frontier(i,    j) {
                for (j = 1; j <= NR; j++)
                        if (share[j] >= share[i] && lost[j] <= lost[i] && (share[j] > share[i] || lost[j] < lost[i]))
                                return 0
                return 1
        }
        { share[NR] = 100 * $4 / $3; lost[NR] = 1000 * $5 / $4; name[NR] = "min " $1; unclean[NR] = $2 == "true" }
        END {
                left = 100
                for (i = 1; i <= NR; i++) {
                        if (lost[i] > most) most = lost[i]
                        if (share[i] < left) left = share[i]
                        if (share[i] > right) right = share[i]
                }
                left = int(left / 10) * 10
                right = int(right / 10) * 10 + 10
                most = int(most / 50) * 50 + 50
                print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 400\" width=\"860\" height=\"400\" font-family=\"sans-serif\" font-size=\"13\">"
                print "<rect width=\"860\" height=\"400\" fill=\"#ffffff\"/>"
                print "<path d=\"M90 40 V340 H740\" fill=\"none\" stroke=\"#222\"/>"
                for (s = left; s <= right; s += 10) {
                        printf "<path d=\"M%d 340 v5\" stroke=\"#222\"/>\n", x_of(s)
                        text_at(x_of(s), 360, "middle", s " %")
                }
                for (l = 0; l <= most; l += 50) {
                        printf "<path d=\"M90 %d h-5\" stroke=\"#222\"/>\n", y_of(l)
                        text_at(80, y_of(l) + 5, "end", l)
                }
                text_at(415, 388, "middle", "records that were taken, of those sent (availability)")
                text_at(90, 26, "start", "lost, of 1,000 acknowledged (min: min.insync.replicas)")
                for (i = 1; i <= NR; i++)
                        if (on_frontier(i)) order[++count] = i
                for (i = 1; i < count; i++)
                        for (j = i + 1; j <= count; j++)
                                if (share[order[j]] < share[order[i]]) { k = order[i]; order[i] = order[j]; order[j] = k }
                for (i = 1; i <= count; i++)
                        path = path (i == 1 ? "M" : " L") int(x_of(share[order[i]])) " " int(y_of(lost[order[i]]))
                printf "<path d=\"%s\" fill=\"none\" stroke=\"#777\" stroke-width=\"2\" stroke-dasharray=\"6 4\"/>\n", path
                for (i = 1; i <= NR; i++) {
                        x = x_of(share[i])
                        y = y_of(lost[i])
                        if (unclean[i])
                                printf "<path d=\"M%d %d l9 9 l-9 9 l-9 -9 z\" fill=\"#ffffff\" stroke=\"#b04000\" stroke-width=\"2\"/>\n", x, y - 9
                        else
                                printf "<circle cx=\"%d\" cy=\"%d\" r=\"7\" fill=\"#2060a0\" stroke=\"#222\"/>\n", x, y
                        before = unclean[i] && x > 300
                        text_at(x + (before ? -14 : 14), lost[i] > 0 && !unclean[i] ? y + 18 : y - 6, before ? "end" : "start", name[i])
                }
                print "<circle cx=\"520\" cy=\"20\" r=\"7\" fill=\"#2060a0\" stroke=\"#222\"/>"
                text_at(534, 25, "start", "waits")
                print "<path d=\"M600 11 l9 9 l-9 9 l-9 -9 z\" fill=\"#ffffff\" stroke=\"#b04000\" stroke-width=\"2\"/>"
                text_at(616, 25, "start", "elects whoever lives (unclean)")
                print "</svg>"
        }'
        ;;
esac
