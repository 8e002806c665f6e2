#!/usr/bin/python3
"""test_bench.py - checks of the benchmark's arithmetic and verdicts, without any server; prints TAP."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import report  # noqa: E402
import rows  # noqa: E402
from bench import rounds_in_time  # noqa: E402
from clients import Failed, figures  # noqa: E402
from stats import Goal, Samples, median, never_falls, quantity, small, with_range  # noqa: E402


def ok(what, condition):
    print(f"{'ok' if condition else 'not ok'} - {what}")


def two_peers(ours, theirs, shares=(0.0, 0.0)):
    samples = Samples()
    for a, b in zip(ours, theirs):
        samples.add("100 B", "odradek", a and {"msgs_s": a}, shares)
        samples.add("100 B", "kafka", b and {"msgs_s": b}, shares)
    return samples


def ratio_of(samples):
    return samples.ratio(("100 B", "odradek"), ("100 B", "kafka"), "msgs_s")


def statistics():
    ok("the median of an odd and an even number of runs", median([3, 1, 2]) == 2 and median([4, 1, 2, 3]) == 2.5)
    ok("no runs have no median", median([]) is None)
    # The machine is twice as fast in the second round: the ratio does not see it.
    drift = two_peers([2, 4, 2.2], [1, 2, 1])
    ok("ratios are taken within a round", ratio_of(drift) == 2.0)
    # 9 and 1 were never in one round: of the medians it would be 9.
    ok("a round in which one side failed gives no ratio", ratio_of(two_peers([9, None, 4], [None, 1, 2])) == 2.0)
    ok("without the peer there is no ratio", ratio_of(two_peers([1, 2], [None, None])) is None)
    ok("the range stands beside the median", with_range(drift, "100 B", "odradek", "msgs_s") == "2.2 [2 - 4]")
    ok("one run has no range", with_range(two_peers([5], [1]), "100 B", "odradek", "msgs_s") == "5")
    ok("a curve that rises never falls", never_falls([1, 2, 3]) == 1.5 and never_falls([100, 98, 200]) == 1.0)
    ok("a curve that falls is found out", never_falls([100, 200, 150]) == 0.75)
    ok("figures are readable", (quantity(1234567), quantity(150e6), quantity(12345), small(0.1234)) == ("1.23 M", "150 M", "12.3 k", "0.123"))


def verdicts():
    goal = Goal(">= 1.25 x Kafka", ratio_of, at_least=1.25)
    ok("what reaches the goal is met", goal.judge(two_peers([5], [4])) == (1.25, "met"))
    ok("what does not is missed", goal.judge(two_peers([4.9], [4]))[1] == "missed")
    ok("an upper bound is one", Goal("<= 1.25", ratio_of, at_most=1.25).judge(two_peers([5.1], [4]))[1] == "missed")
    ok("an absent peer gives no verdict", goal.judge(two_peers([5], [None])) == (None, "absent"))
    ok("foreign CPU above 6 % forbids a verdict", goal.judge(two_peers([5], [4], (0.07, 0.0))) == (1.25, "noisy"))
    ok("steal above 5 % forbids a verdict", goal.judge(two_peers([5], [4], (0.0, 0.06)))[1] == "noisy")
    ok("below these it is given", goal.judge(two_peers([5], [4], (0.05, 0.04)))[1] == "met")
    one_of_three = two_peers([5, 5, 5], [4, 4, 4])
    one_of_three.shares[0] = (0.9, 0.0)
    ok("one disturbed run of many does not forbid it", goal.judge(one_of_three)[1] == "met")
    divided = two_peers([5, 4, 5], [4, 4, None])
    ok("rounds that disagree are counted", goal.in_rounds(divided) == (1, 2))
    ok("and told beside the median's verdict", report.goal_columns(goal, divided)[2] == "MISSED, in 1 of 2 rounds met")
    ok("rounds that agree are not", report.goal_columns(goal, two_peers([5, 5], [4, 4]))[2] == "met")


def runs():
    found = figures({"messages": 1000, "bytes": 100000, "seconds": 0.5, "cpu_s": 0.001, "p50_us": 7}, 0.002)
    ok("a run's figures", abs(found["msgs_s"] - 2000) + abs(found["mb_s"] - 0.2) + abs(found["client_us"] - 1) + abs(found["server_us"] - 2) < 1e-9
       and found["p50_us"] == 7)
    ok("a server that is not ours has no CPU time", "server_us" not in figures({"messages": 1, "bytes": 1, "seconds": 1, "cpu_s": 0}, None))
    try:
        figures({"messages": 0, "bytes": 0, "seconds": 1, "cpu_s": 0}, None)
        ok("a run without messages is a failure", False)
    except Failed:
        ok("a run without messages is a failure", True)


def the_set():
    all_rows = rows.all_rows(False)
    ok("the set is B1 to B14", sorted(int(row.id[1:]) for row in all_rows) == list(range(1, 15)))
    ok("each row has a goal, and columns that have its headline",
       all(row.goals and row.headline in [figure for _, figure, _ in row.columns] for row in all_rows))
    row, later = all_rows[0], all_rows[1:]
    ok("with time for all there are as many rounds as wanted", rounds_in_time(row, later, 3, 0, 0.1) == 3)
    ok("a row that has its own number keeps it", rounds_in_time(next(r for r in all_rows if r.rounds == 1), [], 3, 0, 0.1) == 1)
    ok("late there is one", rounds_in_time(row, later, 3, 400, 1.5) == 1)
    ok("in between, what time allows", rounds_in_time(row, [], 3, 370 - 2.5 * len(row.cells), 1) == 2)
    ok("goals without figures are judged as not measured",
       all(goal.judge(Samples()) == (None, "absent") for row in all_rows for goal in row.goals))
    # Each goal must find figures when every cell has them: else it names a cell that there is not.
    for row in all_rows:
        samples = Samples()
        for cell in row.cells:
            samples.add(cell.setting, cell.peer, dict.fromkeys(
                ("msgs_s", "mb_s", "server_us", "client_us", "p50_us", "p99_us", "ready_ms", "rss_mib", "threads", "idle_pct"), 1.0))
        ok(f"all goals of {row.id} name cells that it has", all(goal.judge(samples)[1] != "absent" for goal in row.goals))
        lines = report.row_lines(row, samples, {"page-cache write": [2.0]}, {"redis": "redis-server is not installed"}, {("a", "b"): "why"}, 3, 1.0)
        ok(f"{row.id} prints its cells, what is absent and what failed",
           len(lines) >= len(row.cells) + len(row.goals) and "  absent: redis: redis-server is not installed" in lines and "  failed: a, b: why" in lines)


def copy_paths():
    lines = ["target                               score (min-max)      must      should   verdict       ours against the raw limit",
             "catch-up, 1 MiB fetches               0.74 (0.74-0.74)    >= 0.75   >= 0.9   MISSED        2.16 against 2.93 GiB/s",
             "… its CPU time                        1.79 (0.79-0.79)    <= 1.4    <= 1.15  MISSED        119.3 against 150.9 ms/GiB",
             "64 KiB fetches, 16 in flight          0.79 (0.79-0.79)    >= 0.6    >= 0.8   met           1.35 against 1.72 GiB/s",
             "payload through user space               0 (0-0)          <= 0               met, and more 0 bytes/GiB",
             "TLS consumer                      skipped: our broker does not speak TLS", ""]
    ok("the targets in short", report.targets_in_short(lines) ==
       ["  copy paths: 2 met, 2 MISSED (catch-up, 1 MiB fetches; catch-up, 1 MiB fetches … its CPU time)"])
    ok("without targets nothing is said of them", report.targets_in_short([]) == [] and report.targets_in_short(["copy paths: failed"]) == [])


def files():
    row = rows.b1()
    samples = two_peers([5, 6], [4, 4])
    with tempfile.TemporaryDirectory() as directory:
        document = report.as_json({"kernel": "k"}, {"loopback": [1.0]}, {}, [(row, samples)], {"B1": {}})
        report.write(directory, "text\n", document, [(row, samples)])
        with open(directory + "/bench.csv") as file:
            lines = file.read().splitlines()
        ok("a line of the CSV for each run and figure", lines[:3] == ["# kernel: k", "row,setting,peer,round,figure,value", "B1,100 B,odradek,1,msgs_s,5"] and len(lines) == 6)
    ok("the JSON has medians and verdicts", document["rows"][0]["cells"][0]["figures"]["msgs_s"]["median"] == 5.5
       and document["rows"][0]["goals"][2]["verdict"] == "met")


for part in (statistics, verdicts, runs, the_set, copy_paths, files):
    part()
