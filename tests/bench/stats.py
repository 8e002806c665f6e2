"""stats.py - a handful of runs, what may be said of them, and whether a goal was met.

Ratios are taken within a round, where both sides had the same machine under them, and then the
median of the rounds' ratios: what drifts from round to round drops out.
"""
FOREIGN_MAX = 0.06
STEAL_MAX = 0.05


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Samples:
    """The runs of one row: {(setting, peer): [figures of round 1, of round 2, ...]}; a run that
    failed is None."""

    def __init__(self):
        self.runs = {}
        self.shares = []  # (foreign, steal) of each run

    def add(self, setting, peer, figures, shares=(0.0, 0.0)):
        self.runs.setdefault((setting, peer), []).append(figures)
        self.shares.append(shares)

    def values(self, setting, peer, figure):
        return [run[figure] for run in self.runs.get((setting, peer), []) if run and figure in run]

    def median(self, setting, peer, figure):
        return median(self.values(setting, peer, figure))

    def span(self, setting, peer, figure):
        values = self.values(setting, peer, figure)
        return (min(values), max(values)) if values else None

    def ratio(self, one, other, figure, other_figure=None):
        """one and other are (setting, peer); the median of the rounds' ratios, None without both."""
        ratios = []
        for a, b in zip(self.runs.get(one, []), self.runs.get(other, [])):
            if a and b and a.get(figure) is not None and b.get(other_figure or figure):
                ratios.append(a[figure] / b[other_figure or figure])
        return median(ratios)

    def rounds(self):
        """The samples of each round alone."""
        for i in range(max(map(len, self.runs.values()), default=0)):
            one = Samples()
            one.runs = {cell: runs[i:i + 1] for cell, runs in self.runs.items()}
            yield one

    def noise(self):
        """Medians of foreign and of stolen CPU time."""
        return tuple(median([s[i] for s in self.shares]) or 0.0 for i in (0, 1))

    def is_noisy(self):
        foreign, steal = self.noise()
        return foreign > FOREIGN_MAX or steal > STEAL_MAX


class Goal:
    """What a row must reach: `value` takes the samples and gives a number, or None when a peer that
    it needs is absent."""

    def __init__(self, text, value, at_least=None, at_most=None, decimals=2):
        assert (at_least is None) != (at_most is None)
        self.text, self.value = text, value
        self.at_least, self.at_most, self.decimals = at_least, at_most, decimals

    def judge(self, samples):
        """(value, verdict): met, missed, "absent", or "noisy" when the machine forbids a verdict."""
        value = self.value(samples)
        if value is None:
            return None, "absent"
        if samples.is_noisy():
            return value, "noisy"
        return value, "met" if self.is_met(value) else "missed"

    def is_met(self, value):
        rounded = round(value, self.decimals + 2)
        return rounded >= self.at_least if self.at_most is None else rounded <= self.at_most

    def in_rounds(self, samples):
        """(met, all): in how many rounds it was met, of those that give a value."""
        values = [value for value in map(self.value, samples.rounds()) if value is not None]
        return sum(map(self.is_met, values)), len(values)


def never_falls(values, slack=0.05):
    """The smallest step of a series, next over present; a curve that rises has it at 1 or more. What
    is within `slack` of 1 counts as level."""
    steps = [b / a for a, b in zip(values, values[1:]) if a]
    if not steps:
        return None
    return 1.0 if 1 - slack <= min(steps) < 1 else min(steps)


# --- figures for people ---

def quantity(value):
    """1234567 as 1.23 M."""
    if value is None:
        return "-"
    for bound, suffix, divisor in ((1e9, " G", 1e9), (1e6, " M", 1e6), (1e4, " k", 1e3)):
        if abs(value) >= bound:
            return f"{value / divisor:.3g}{suffix}" if value / divisor < 100 else f"{value / divisor:.0f}{suffix}"
    return small(value)


def small(value):
    if value is None:
        return "-"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def with_range(samples, setting, peer, figure, show=quantity):
    value, span = samples.median(setting, peer, figure), samples.span(setting, peer, figure)
    if value is None:
        return "-"
    if len(samples.values(setting, peer, figure)) < 2:
        return show(value)
    return f"{show(value)} [{show(span[0])} - {show(span[1])}]"
