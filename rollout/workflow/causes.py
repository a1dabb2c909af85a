"""The texts of the change-cause of each revision of the Deployment. Pure."""

from rollout.decisions.gate import JUDGED, same_rows
from rollout.kubernetes.patches import BEGUN
from rollout.versions.model_version import Version

LONGEST = 120  # characters of a reason in a change-cause


def begun(version: Version, served: int | None, versions: list[Version], *, force: bool) -> str:
    """Return the change-cause of a promotion's start, with the scores that the gate compared."""
    accuracy = version.metrics.get(JUDGED[0])
    cause = f"model version {version.number}{BEGUN}{' by force' if force else ''}"
    if not isinstance(accuracy, int | float):
        return cause
    other = next((each for each in versions if each.number == served), None)
    pair = same_rows(version, other) if other else None
    if pair is None or other is None:
        return f"{cause}, accuracy {accuracy:.3f}"
    mine, theirs = (numbers[JUDGED[0]] for numbers in (pair.mine, pair.theirs))
    return f"{cause}, accuracy {mine:.3f} (version {other.number}: {theirs:.3f})"


def undone(number: int, served: int | None) -> str:
    """Return the change-cause of an undo."""
    return f"model version {number}: back from {served}"


def instead(served: int | None) -> str:
    """Return what is served after going back, in words."""
    return "nothing is served, as before" if served is None else f"version {served} is served"


def short(reason: str) -> str:
    """Return a reason as one line that fits into a change-cause."""
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
