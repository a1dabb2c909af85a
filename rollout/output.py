"""The output of `status` and `list`. Pure."""

from collections.abc import Callable
from typing import Any

from rollout.decisions.gate import JUDGED, same_rows
from rollout.kubernetes.deployment import State
from rollout.kubernetes.pod_status import Pods
from rollout.program import PROGRAM
from rollout.versions.model_version import Version

Json = dict[str, Any]

HEADER = ("VERSION", "CREATED", "ACCURACY", "MACRO-F1", "STATE", "NOTE")


def status(state: State, pods: Pods) -> Json:
    """Return what `status --json` prints."""
    candidate = state.candidate
    return {
        "served": state.served,
        "since": state.since if candidate is None and state.progress.complete else None,
        "complete": state.progress.complete and candidate is None and not state.paused,
        "candidate": candidate
        and {
            "version": candidate.version,
            "weight": candidate.weight,
            "shadow": candidate.shadow,
            "since": candidate.started,
        },
        "arriving": state.arriving,
        "trouble": pods.broken or None,
        "upgrade_waits": state.holds_back,
        "pods": {version: {"ready": ready, "all": total} for version, (ready, total) in sorted(pods.counts.items())},
    }


def status_lines(state: State, pods: Pods) -> list[str]:
    """Return what `status` prints."""
    lines = [_served_line(state, pods)]
    if candidate := state.candidate:
        lines.append(
            f"version {candidate.version} is the candidate since {candidate.started}: weight {candidate.weight} %, "
            f"shadow {candidate.shadow} %{_ready(pods, candidate.version)}"
        )
        if state.holds_back:
            lines.append(
                f"an upgrade has changed the Deployment's template since; version {candidate.version} holds it back "
                f"until `{PROGRAM} finish` or `{PROGRAM} abort`"
            )
    elif state.paused:
        lines.append(f"the Deployment is paused; `{PROGRAM} finish` continues")
    elif state.arriving is not None:
        lines.append(
            f"version {state.arriving} was set by hand and has not been available so far"
            f"{_ready(pods, state.arriving)}; `{PROGRAM} undo` goes back"
        )
    elif state.version is not None and not state.progress.complete:
        progress = state.progress
        lines.append(
            f"a rolling update is going on: {min(progress.updated, progress.available)} of {progress.wanted} pods"
        )
    return [*lines, pods.broken] if pods.broken else lines


def _served_line(state: State, pods: Pods) -> str:
    if state.served is None:
        return "nothing is served"
    done = state.candidate is None and state.progress.complete and state.since
    return f"version {state.served} is served{f' since {state.since}' if done else ''}{_ready(pods, state.served)}"


def _ready(pods: Pods, version: int) -> str:
    ready, total = pods.counts.get(str(version), (0, 0))
    return f", {ready} of {total} pods ready" if pods.counts else ""


def version_entries(versions: list[Version], state: State) -> list[Json]:
    """Return what `list --json` prints, newest first."""
    return [_entry(version, versions, state) for version in sorted(versions, key=_number, reverse=True)]


def table(entries: list[Json]) -> list[str]:
    """Return what `list` prints."""
    return aligned([HEADER, *(tuple(_cell(value) for value in entry.values()) for entry in entries)])


def aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Format rows of cells as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _number(version: Version) -> int:
    return version.number


def _entry(version: Version, versions: list[Version], state: State) -> Json:
    measured: Callable[[str], Any] = version.metrics.get
    return {
        "version": version.number,
        "created": version.created,
        "accuracy": measured(JUDGED[0]),
        "macro_f1": measured(JUDGED[1]),
        "state": _state(version.number, state),
        "note": _note(version, versions, state.served),
    }


def _state(number: int, state: State) -> str:
    if number == state.served:
        return f"served since {state.since}" if state.since and state.candidate is None else "served"
    if state.candidate and number == state.candidate.version:
        return f"candidate {state.candidate.weight} %"
    if number == state.arriving:
        return "set by hand"
    return ""


def _note(version: Version, versions: list[Version], served: int | None) -> str:
    other = next((each for each in versions if each.number == served and each.number != version.number), None)
    pair = same_rows(version, other) if other else None
    if pair is None or other is None:
        return ""
    return "; ".join(f"{name} {pair.mine[name]:.4f}, version {other.number} {pair.theirs[name]:.4f}" for name in JUDGED)


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)
