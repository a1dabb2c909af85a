"""The patches of the serving Deployment that change which version is served. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rollout.kubernetes.deployment import CANDIDATE, CHANGE_CAUSE, INIT, MAIN, SERVED, VERSION, VOLUME, Candidate

BEGUN, FINISHED = ": candidate", ": promoted"  # in a change-cause
REMEMBERED = 20  # versions that were served, of which the volume seldom keeps more

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mount:
    """Where versions are images: the one of a version, None for no version, and where the pods have it."""

    image: str | None
    path: str


def begin(candidate: Candidate, cause: str, history: Sequence[int] = (), mount: Mount | None = None) -> Json:
    """One patch that starts the candidate's first pod, held back from traffic; `history` were served, newest last."""
    return _patch(candidate.version, _written(candidate), cause, _recorded(history), mount)


def hold() -> Json:
    """Replace no further pod."""
    return {"spec": {"paused": True}}


def weigh(candidate: Candidate) -> Json:
    """Change the candidate's shares of the traffic, and no pod."""
    return {"metadata": {"annotations": {CANDIDATE: _written(candidate)}}}


def finish(candidate: Candidate, cause: str) -> Json:
    """The candidate replaces all other pods; it stays one until that is done, so that a way back is known."""
    annotations = {
        CANDIDATE: _written(replace(candidate, finishing=True)),
        CHANGE_CAUSE: cause.replace(BEGUN, FINISHED, 1),
    }
    return {"metadata": {"annotations": annotations}, "spec": {"paused": False}}


def resume() -> Json:
    """End a pause that belongs to no candidate."""
    return {"metadata": {"annotations": {CANDIDATE: ""}}, "spec": {"paused": False}}


def retire(version: int | None, history: Sequence[int]) -> Json:
    """Others have replaced a version, whose last pods leave slowly: it gets no request any more."""
    candidate = "" if version is None else _retired(version)
    return {"metadata": {"annotations": {CANDIDATE: candidate, **_recorded(history)}}}


def go_back(version: int, served: int | None, cause: str, mount: Mount | None = None) -> Json:
    """The former version again; with none, the pods wait for a promotion as they did before."""
    # With no other version to replace them the faulty one's ready pods would stay, and answer.
    return _patch(served, _retired(version, **({"refused": True} if served is None else {})), cause, mount=mount)


def _written(candidate: Candidate) -> str:
    return json.dumps(
        {name: value for name, value in asdict(candidate).items() if value is not None or name == "served"}
    )


def _retired(version: int, **more: bool) -> str:
    return json.dumps({"version": version, "weight": 0, **more})  # the gateway heeds it, and it is no candidate


def _recorded(history: Sequence[int]) -> dict[str, str]:
    """Name each version once, where it was served last."""
    newest_first = list(dict.fromkeys(reversed(history)))[:REMEMBERED]
    return {SERVED: ",".join(map(str, reversed(newest_first)))} if newest_first else {}


def _patch(
    version: int | None,
    candidate: str,
    cause: str,
    more: Mapping[str, str] | None = None,
    mount: Mount | None = None,
) -> Json:
    # Merged by name, so that the other variables stay.
    variable = {"name": VERSION, "$patch": "delete"} if version is None else {"name": VERSION, "value": str(version)}
    container: Json = {"env": [variable], **(_mounted(mount) if mount else {})}
    pods = {
        "initContainers": [{"name": INIT, **container}],
        "containers": [{"name": MAIN, **container}],
        **({"volumes": [_volume(mount)]} if mount else {}),
    }
    # Never removed, as the controller would copy an old one back on `kubectl rollout undo`.
    annotations = {CANDIDATE: candidate, CHANGE_CAUSE: cause, **(more or {})}
    return {"metadata": {"annotations": annotations}, "spec": {"paused": False, "template": {"spec": pods}}}


def _mounted(mount: Mount) -> Json:
    more: Json = {"$patch": "delete"} if mount.image is None else {"name": VOLUME, "readOnly": True}
    return {"volumeMounts": [{"mountPath": mount.path, **more}]}


def _volume(mount: Mount) -> Json:
    if mount.image is None:
        return {"name": VOLUME, "$patch": "delete"}
    # What a digest names never changes, so it is pulled once.
    return {"name": VOLUME, "image": {"reference": mount.image, "pullPolicy": "IfNotPresent"}}
