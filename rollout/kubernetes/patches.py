"""The patches that change the served version in the serving Deployment. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rollout.kubernetes.deployment import CANDIDATE, CHANGE_CAUSE, INIT, MAIN, SERVED, VERSION, VOLUME, Candidate

BEGUN, FINISHED = ": candidate", ": promoted"  # in a change-cause
REMEMBERED = 20  # served versions in the annotation; a volume seldom keeps more

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mount:
    """The image of a version (None for no version) and its mount path in the pods, if versions are images."""

    image: str | None
    path: str


def begin(candidate: Candidate, cause: str, history: Sequence[int] = (), mount: Mount | None = None) -> Json:
    """Start the candidate's first pod, without requests; `history` has the served versions, newest last."""
    return _patch(candidate.version, _written(candidate), cause, _recorded(history), mount)


def hold() -> Json:
    """Pause the rolling update, so that no further pod is replaced."""
    return {"spec": {"paused": True}}


def weigh(candidate: Candidate) -> Json:
    """Change the candidate's share of the requests, without a change of pods."""
    return {"metadata": {"annotations": {CANDIDATE: _written(candidate)}}}


def finish(candidate: Candidate, cause: str) -> Json:
    """Let the candidate replace all other pods; it stays the candidate until then, so that going back is possible."""
    annotations = {
        CANDIDATE: _written(replace(candidate, finishing=True)),
        CHANGE_CAUSE: cause.replace(BEGUN, FINISHED, 1),
    }
    return {"metadata": {"annotations": annotations}, "spec": {"paused": False}}


def resume() -> Json:
    """End a pause that does not belong to a candidate."""
    return {"metadata": {"annotations": {CANDIDATE: ""}}, "spec": {"paused": False}}


def retire(version: int | None, history: Sequence[int]) -> Json:
    """Mark a replaced version as leaving, so that its last pods get no more requests."""
    candidate = "" if version is None else _retired(version)
    return {"metadata": {"annotations": {CANDIDATE: candidate, **_recorded(history)}}}


def go_back(version: int, served: int | None, cause: str, mount: Mount | None = None) -> Json:
    """Return to the former version; if there is none, the pods wait for a promotion again."""
    # Without another version the faulty version's ready pods would stay and answer, so it is marked as refused.
    return _patch(served, _retired(version, **({"refused": True} if served is None else {})), cause, mount=mount)


def _written(candidate: Candidate) -> str:
    return json.dumps(
        {name: value for name, value in asdict(candidate).items() if value is not None or name == "served"}
    )


def _retired(version: int, **more: bool) -> str:
    return json.dumps({"version": version, "weight": 0, **more})  # the gateway reads it as a leaving version


def _recorded(history: Sequence[int]) -> dict[str, str]:
    """Return the annotation of served versions, each version once, at its last position."""
    newest_first = list(dict.fromkeys(reversed(history)))[:REMEMBERED]
    return {SERVED: ",".join(map(str, reversed(newest_first)))} if newest_first else {}


def _patch(
    version: int | None,
    candidate: str,
    cause: str,
    more: Mapping[str, str] | None = None,
    mount: Mount | None = None,
) -> Json:
    # The patch is merged by name, so that other variables stay.
    variable = {"name": VERSION, "$patch": "delete"} if version is None else {"name": VERSION, "value": str(version)}
    container: Json = {"env": [variable], **(_mounted(mount) if mount else {})}
    pods = {
        "initContainers": [{"name": INIT, **container}],
        "containers": [{"name": MAIN, **container}],
        **({"volumes": [_volume(mount)]} if mount else {}),
    }
    # Never removed, because the controller would restore an old one on `kubectl rollout undo`.
    annotations = {CANDIDATE: candidate, CHANGE_CAUSE: cause, **(more or {})}
    return {"metadata": {"annotations": annotations}, "spec": {"paused": False, "template": {"spec": pods}}}


def _mounted(mount: Mount) -> Json:
    more: Json = {"$patch": "delete"} if mount.image is None else {"name": VOLUME, "readOnly": True}
    return {"volumeMounts": [{"mountPath": mount.path, **more}]}


def _volume(mount: Mount) -> Json:
    if mount.image is None:
        return {"name": VOLUME, "$patch": "delete"}
    # The content of a digest never changes, so one pull is enough.
    return {"name": VOLUME, "image": {"reference": mount.image, "pullPolicy": "IfNotPresent"}}
