"""Whether a candidate is good enough to replace the served version. Pure."""

from dataclasses import dataclass, field
from typing import Any

from rollout.errors import Refused

JUDGED = ("accuracy", "macro_f1")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """A version on the volume, as its training described it."""

    number: int
    created: str = ""
    metrics: Json = field(default_factory=dict)
    compared: Json = field(default_factory=dict)  # other versions, judged on the rows of this one

    @classmethod
    def parse(cls, number: int, description: object) -> "Version":
        """Read metrics.json; what is missing or of another kind counts as unknown."""
        parts = {name: _object(_object(description).get(name)) for name in ("training", "metrics", "compared")}
        return cls(number, str(parts["training"].get("created", "")), parts["metrics"], parts["compared"])


def judge(candidate: Version, served: Version, tolerance: float) -> None:
    """Raise Refused if the candidate is worse than the served version on the same rows, or cannot be compared."""
    pair = same_rows(candidate, served)
    if pair is None:
        raise Refused(
            f"version {candidate.number} cannot be compared with version {served.number}: "
            f"{_reason(candidate, served)}; --force promotes it without"
        )
    mine, theirs = pair
    worse = [name for name in JUDGED if mine[name] < theirs[name] - tolerance]
    if worse:
        numbers = ", ".join(f"{name} {mine[name]:.4f} against {theirs[name]:.4f}" for name in JUDGED)
        raise Refused(
            f"version {candidate.number} is worse than version {served.number} on the same rows: {numbers} "
            f"(--tolerance {tolerance:g}); --force promotes it all the same"
        )


def same_rows(candidate: Version, served: Version) -> tuple[dict[str, float], dict[str, float]] | None:
    """Return what both reach on the same held-back rows, None if nobody measured that."""
    choices = (
        (candidate.metrics, candidate.compared.get(str(served.number))),
        (served.compared.get(str(candidate.number)), served.metrics),
    )
    for mine, theirs in choices:
        if _measured(mine) and _measured(theirs):
            return _judged(mine), _judged(theirs)
    return None


def _reason(candidate: Version, served: Version) -> str:
    for said in (candidate.compared.get(str(served.number)), served.compared.get(str(candidate.number))):
        if reason := _object(said).get("reason"):
            return str(reason)
    return "neither was judged on the other's held-back rows"


def _measured(said: object) -> bool:
    numbers = [_object(said).get(name) for name in JUDGED]
    return all(isinstance(number, int | float) and 0 <= number <= 1 for number in numbers)


def _judged(said: Any) -> dict[str, float]:
    return {name: float(said[name]) for name in JUDGED}


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
