"""The gate: decides whether a candidate is good enough to replace the served version. Pure."""

from dataclasses import dataclass
from typing import Any

from rollout.errors import Refused
from rollout.versions.model_version import Version, as_object

JUDGED = ("accuracy", "macro_f1")
NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}  # for people


@dataclass(frozen=True, slots=True)
class SameRows:
    """The scores of two versions on the same test rows."""

    mine: dict[str, float]
    theirs: dict[str, float]
    difference: dict[str, tuple[float, float]] | None  # 95 % intervals of mine minus theirs; None if not measured
    rows: str  # the number of rows in words; "" if it is unknown


def judge(candidate: Version, served: Version, tolerance: float) -> str:
    """Compare the candidate with the served version, and return the comparison in words.

    The candidate is worse if the whole 95 % interval of a difference is below zero or, if the training has no
    intervals, if a score is lower by more than `tolerance`.

    Raises:
        Refused: The candidate is worse on the same rows, or cannot be compared.
    """
    pair = same_rows(candidate, served)
    if pair is None:
        raise Refused(
            f"version {candidate.number} cannot be compared with version {served.number}: "
            f"{_reason(candidate, served)}; --force skips the gate"
        )
    if pair.difference is None:
        return _by_tolerance(pair, candidate.number, served.number, tolerance)
    worse = [name for name in JUDGED if pair.difference[name][1] < 0]
    scores = "; ".join(_in_words(pair, name, pair.difference[name], served.number) for name in JUDGED)
    if worse:
        raise Refused(
            f"version {candidate.number} is significantly worse than version {served.number}: {scores}; "
            "--force promotes it all the same"
        )
    return f"version {candidate.number}: {scores}"


def _by_tolerance(pair: SameRows, candidate: int, served: int, tolerance: float) -> str:
    numbers = ", ".join(f"{name} {pair.mine[name]:.4f} against {pair.theirs[name]:.4f}" for name in JUDGED)
    if any(pair.mine[name] < pair.theirs[name] - tolerance for name in JUDGED):
        raise Refused(
            f"version {candidate} is worse than version {served} on the same rows: {numbers} "
            f"(--tolerance {tolerance:g}); --force promotes it all the same"
        )
    return f"version {candidate}: {numbers} of version {served}{pair.rows}: not lower by more than {tolerance:g}"


def _in_words(pair: SameRows, name: str, difference: tuple[float, float], served: int) -> str:
    mine, theirs = pair.mine[name], pair.theirs[name]
    low, high = difference
    verdict = "significantly worse" if high < 0 else "significantly better" if low > 0 else "not significantly worse"
    scores = f"{NAMES[name]} {mine:.3f} against {theirs:.3f} of version {served}{pair.rows}"
    return f"{scores}: difference {mine - theirs:.3f}, 95 % interval {low:.3f} to {high:.3f}: {verdict}"


def same_rows(candidate: Version, served: Version) -> SameRows | None:
    """Return the scores of both on the same test rows; None if they were not measured."""
    theirs: object = candidate.compared.get(str(served.number))
    if _measured(candidate.metrics) and _measured(theirs):
        return SameRows(_judged(candidate.metrics), _judged(theirs), _difference(theirs), _rows(candidate))
    mine: object = served.compared.get(str(candidate.number))
    if _measured(mine) and _measured(served.metrics):
        measured = _difference(mine)  # of the served version minus the candidate
        turned = measured and {name: (-high, -low) for name, (low, high) in measured.items()}
        return SameRows(_judged(mine), _judged(served.metrics), turned, _rows(served))
    return None


def _difference(compared: object) -> dict[str, tuple[float, float]] | None:
    """Read the intervals; None unless each score has one."""
    intervals = {}
    for name in JUDGED:
        ends = as_object(as_object(compared).get("difference")).get(name)
        if not (isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int | float) for end in ends)):
            return None
        if not -1 <= ends[0] <= ends[1] <= 1:
            return None
        intervals[name] = (float(ends[0]), float(ends[1]))
    return intervals


def _rows(judged: Version) -> str:
    beats, people = judged.metrics.get("rows"), judged.people
    if not isinstance(beats, int):
        return ""
    return f" on {beats} beats" + (f" of {people} {'person' if people == 1 else 'people'}" if _count(people) else "")


def _count(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _reason(candidate: Version, served: Version) -> str:
    for compared in (candidate.compared.get(str(served.number)), served.compared.get(str(candidate.number))):
        if reason := as_object(compared).get("reason"):
            return str(reason)
    return "neither was evaluated on the other's test rows"


def _measured(scores: object) -> bool:
    numbers = [as_object(scores).get(name) for name in JUDGED]
    return all(isinstance(number, int | float) and 0 <= number <= 1 for number in numbers)


def _judged(scores: Any) -> dict[str, float]:
    return {name: float(scores[name]) for name in JUDGED}
