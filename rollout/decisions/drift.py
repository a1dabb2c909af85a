"""Drift: compares the beats of the requests with a version's training beats. Pure.

The measure is the population stability index, the sum of (a - e) ln(a / e) over the observed shares a and the expected
shares e, with the usual limits (N. Siddiqi: Credit Risk Scorecards, Wiley 2006). Without drift, the index of n beats
against m training beats is about chi-squared with k - 1 degrees of freedom, times 1/n + 1/m (B. Yurdakul: Statistical
Properties of Population Stability Index, Western Michigan University 2018). So few beats give no verdict.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import ceil, inf, log
from typing import Any

from rollout.gateway.metrics import Counters

INPUTS = "ecg_gateway_inputs_total"
PREDICTIONS = "ecg_gateway_predictions_total"
EXPECTED = "ecg_gateway_expected_share"
REFERENCE = "ecg_gateway_reference_beats"
STATISTICS = ("mean", "standard_deviation", "range", "probability")
CLASS = "predicted_class"
TENTHS = 10

# The smallest 1 / (1/n + 1/m) for a verdict. With it, fewer than 1 in 50 statistics without drift are above LOOK, and
# almost none above DRIFTED.
ENOUGH = 200
LOOK = 0.1
DRIFTED = 0.25
RARE = 0.001  # the expected share of a class that the training never predicted; chosen by hand

HEADER = ("WHAT", "BEATS", "INDEX", "VERDICT", "MOST")


@dataclass(frozen=True, slots=True)
class Finding:
    """The drift of one statistic: `index`, and `most`, the largest part of it; or None and the missing beats."""

    what: str
    beats: int
    index: float | None
    most: str

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.index is None:
            return "too few beats"
        return "drifted" if self.index > DRIFTED else "look" if self.index >= LOOK else "stable"


def findings(counters: Counters, version: int) -> list[Finding]:
    """Compare a version's counts with its training; the result is empty without a reference or without requests."""
    label = str(version)
    known = counters.latest(REFERENCE, "statistic", version=label)
    results = []
    for statistic in STATISTICS:
        counted = counters.by_label(INPUTS, "decile", version=label, statistic=statistic)
        if counted:
            tenths = dict.fromkeys(map(str, range(TENTHS)), 1 / TENTHS)
            enough = needed(known.get(statistic))
            results.append(_finding(statistic, counted, tenths, enough, lambda tenth: f"tenth {int(tenth) + 1}"))
    expected = counters.latest(EXPECTED, CLASS, version=label)
    if expected:
        counted = counters.by_label(PREDICTIONS, CLASS, version=label)
        results.append(_finding(CLASS, counted, expected, needed(known.get(CLASS)), lambda name: f"class {name}"))
    return results


def stability(counted: Mapping[str, float], expected: Mapping[str, float]) -> dict[str, float]:
    """Return what each part adds to the index. Each count gets half a beat more, because 0 would give infinity."""
    names = expected.keys() | counted.keys()
    beats = sum(counted.values()) + len(names) / 2
    shares = {name: ((counted.get(name, 0) + 0.5) / beats, max(expected.get(name, 0), RARE)) for name in names}
    return {name: (is_now - was) * log(is_now / was) for name, (is_now, was) in shares.items()}


def as_json(results: list[Finding]) -> list[dict[str, Any]]:
    """Return the output of `drift --json`."""
    return [asdict(each) | {"verdict": each.verdict} for each in results]


def rows(results: list[Finding]) -> list[tuple[str, ...]]:
    """Return the rows of the table that `drift` prints."""
    cells = [
        (each.what, str(each.beats), "" if each.index is None else f"{each.index:.3f}", each.verdict, each.most)
        for each in results
    ]
    return [HEADER, *cells]


def needed(reference: float | None) -> float:
    """Return how many beats a verdict needs against `reference` training beats; None for versions without a count."""
    if reference is None:
        return ENOUGH
    return ENOUGH * reference / (reference - ENOUGH) if reference > ENOUGH else inf


def _finding(
    what: str, counted: Mapping[str, float], expected: Mapping[str, float], enough: float, name: Callable[[str], str]
) -> Finding:
    beats = round(sum(counted.values()))
    if beats < enough:
        return Finding(what, beats, None, f"{ceil(enough)} are needed" if enough < inf else "its training had too few")
    parts = stability(counted, expected)
    most = max(parts, key=lambda part: parts[part])
    share = f"{counted.get(most, 0) / beats:.1%} where {expected.get(most, 0):.1%} are usual"
    return Finding(what, beats, sum(parts.values()), f"{name(most)}: {share}")
