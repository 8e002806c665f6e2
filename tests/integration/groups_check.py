"""Compares what was acknowledged with what was seen; see groups.inc.

usage: groups_check.py ACKED SEEN [once]    both have lines "partition offset number"; exit status 1 when
                                             something is wrong

Each acknowledged number was seen, in the same partition; those seen first come in order; nothing was seen
that was never acknowledged. With "once" nothing was seen twice. ACKED may be "-": not compared then.
"""
import sys


def read(path):
    with open(path) as lines:
        return [tuple(int(word) for word in line.split()) for line in lines]


def check(acked, seen, once):
    wrong, first, last, doubled = [], set(), {}, 0
    for partition, offset, number in seen:
        if (partition, number) in first:
            doubled += 1
            if once:
                wrong.append(f"{number} in {partition} is there twice, again at {offset}")
            continue
        first.add((partition, number))
        if number < last.get(partition, 0):
            wrong.append(f"{number} at {partition}/{offset} comes behind {last[partition]}")
        last[partition] = number
    if acked is not None:
        sent = {(partition, number) for partition, _, number in acked}
        wrong += [f"{number} in {partition} was acknowledged, and is not there" for partition, number in sorted(sent - first)]
        wrong += [f"{number} in {partition} was never acknowledged" for partition, number in sorted(first - sent)]
        if len(sent) != len(acked):
            wrong.append("something was acknowledged twice")
    if len(first) < 100:
        wrong.append(f"only {len(first)} were seen: nothing is shown by that")
    print(f"{len(first)} seen, {doubled} doubled, {len(wrong)} wrong")
    print("\n".join(wrong[:10]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(check(None if sys.argv[1] == "-" else read(sys.argv[1]), read(sys.argv[2]), sys.argv[3:] == ["once"]))
