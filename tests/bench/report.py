"""report.py - the results for people (text), for programs (JSON) and for plots (CSV)."""
import csv
import json
import re

from stats import median, quantity, small, with_range

SCHEMA = 1
VERDICTS = {"met": "met", "missed": "MISSED", "noisy": "noisy machine, no verdict", "absent": "not measured"}


def table(lines):
    """Columns as wide as they need to be; the first two to the left."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  " + "  ".join(text.ljust(w) if i < 2 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths))).rstrip()
            for line in lines]


def against(row, samples, cell):
    """Our figure to this peer's, in the sense that more is better for us: "2.1 x"."""
    if cell.peer == "odradek":
        return ""
    ours, theirs = (cell.setting, "odradek"), (cell.setting, cell.peer)
    found = samples.ratio(theirs, ours, row.headline) if row.less else samples.ratio(ours, theirs, row.headline)
    return "-" if found is None else f"{small(found)} x"


def of_limit(row, samples, cell, limits):
    speed, bound = samples.median(cell.setting, cell.peer, "mb_s"), median(limits.get(row.limit, []))
    return "-" if speed is None or not bound else small(speed / bound)


def row_lines(row, samples, limits, absent, failures, rounds, seconds):
    """One row, as it is printed; it took so many seconds."""
    lines = [f"{row.id} {row.name}: {row.workload}", f"   {row.why}; {rounds} round{'s' if rounds != 1 else ''}"]
    head = ["", ""] + [title for title, _, _ in row.columns] + ["odradek is"]
    if row.limit:
        head.append(f"of {row.limit}")
    body, setting = [head], None
    for cell in row.cells:
        if not samples.values(cell.setting, cell.peer, row.headline):
            continue
        line = [cell.setting if cell.setting != setting else "", cell.peer]
        setting = cell.setting
        line += [with_range(samples, cell.setting, cell.peer, figure, show) for _, figure, show in row.columns]
        line.append(against(row, samples, cell))
        if row.limit:
            line.append(of_limit(row, samples, cell, limits))
        body.append(line)
    lines += table(body)
    for peer, reason in absent.items():
        lines.append(f"  absent: {peer}: {reason}")
    for (at, peer), reason in failures.items():
        lines.append(f"  failed: {at}, {peer}: {reason}")
    lines += table([["must reach:" if i == 0 else "", *goal_columns(goal, samples)] for i, goal in enumerate(row.goals)])
    foreign, steal = samples.noise()
    lines.append(f"  foreign CPU {foreign:.1%}, steal {steal:.1%}; {seconds:.0f} s")
    return lines


def goal_columns(goal, samples):
    """The verdict is of the median; where the rounds disagree, that is said."""
    value, verdict = goal.judge(samples)
    met, rounds = goal.in_rounds(samples)
    divided = f", in {met} of {rounds} rounds met" if verdict in ("met", "missed") and 0 < met < rounds else ""
    return goal.text, "-" if value is None else f"{value:.{goal.decimals}f}", VERDICTS[verdict] + divided


def limit_lines(limits, units):
    lines = ["limits of this machine, without any broker:"]
    for name, values in limits.items():
        lines.append(f"  {name}: {quantity(median(values))} {units[name]} [{quantity(min(values))} - {quantity(max(values))}]")
    return lines


def summary_lines(rows):
    """rows: (row, samples) in any order; one line each, by number."""
    lines = ["in short:"]
    for row, samples in sorted(rows, key=lambda r: int(r[0].id[1:])):
        verdicts = [goal.judge(samples)[1] for goal in row.goals]
        missed = [goal.text for goal, verdict in zip(row.goals, verdicts) if verdict == "missed"]
        parts = [f"{verdicts.count(v)} {word}" for v, word in (("met", "met"), ("missed", "missed"), ("absent", "not measured")) if v in verdicts]
        if "noisy" in verdicts:
            parts.append("noisy machine, no verdict")
        lines.append(f"  {row.id:<4} {row.name}: {', '.join(parts)}" + (f" ({'; '.join(missed)})" if missed else ""))
    return lines


def targets_in_short(lines):
    """One line for those of `bench targets`; nothing when there is none with a verdict."""
    verdicts, row = {}, ""
    for line in lines:
        found = re.match(r"(\S.*?) {2,}.* (?:>=|<=) .* (met|met, and more|MISSED|noisy) ", line)
        if not found:
            continue
        if not found[1].startswith("…"):
            row = found[1]
        name = row if row == found[1] else f"{row} {found[1]}"  # "…" continues the row above
        verdicts.setdefault(found[2].split(",")[0], []).append(name)
    missed = f" ({'; '.join(verdicts['MISSED'])})" if "MISSED" in verdicts else ""
    words = ", ".join(f"{len(verdicts[v])} {v}" for v in ("met", "MISSED", "noisy") if v in verdicts)
    return [f"  copy paths: {words}{missed}"] if words else []


def as_json(environment, limits, absent, rows, failures):
    def cells(row, samples):
        found = []
        for (setting, peer), runs in samples.runs.items():
            names = sorted({name for run in runs if run for name in run})
            figures = {}
            for name in names:
                values = samples.values(setting, peer, name)
                figures[name] = {"median": median(values), "min": min(values), "max": max(values), "runs": values}
            found.append({"setting": setting, "peer": peer, "figures": figures,
                          "failed": failures[row.id].get((setting, peer))})
        return found

    def goals(row, samples):
        return [dict(zip(("text", "value", "verdict"), (goal.text, *goal.judge(samples)))) for goal in row.goals]

    return {"schema": SCHEMA, "environment": environment,
            "limits": {name: {"median": median(values), "runs": values} for name, values in limits.items()},
            "absent": absent,
            "rows": [{"id": row.id, "name": row.name, "workload": row.workload,
                      "noise": dict(zip(("foreign", "steal"), samples.noise())),
                      "cells": cells(row, samples), "goals": goals(row, samples)} for row, samples in rows]}


def write(directory, text, document, rows):
    with open(f"{directory}/bench.txt", "w") as out:
        out.write(text)
    with open(f"{directory}/bench.json", "w") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
    with open(f"{directory}/bench.csv", "w", newline="") as out:
        for name, words in document["environment"].items():
            out.write(f"# {name}: {words}\n")
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["row", "setting", "peer", "round", "figure", "value"])
        for row, samples in rows:
            for (setting, peer), runs in samples.runs.items():
                for number, run in enumerate(runs, 1):
                    for name, value in (run or {}).items():
                        lines.writerow([row.id, setting, peer, number, name, value])
