"""Reads from the Deployment's ReplicaSets which versions were served before. Pure."""

from typing import Any

from rollout.kubernetes.deployment import (
    CANDIDATE,
    SERVED,
    VERSION,
    Candidate,
    as_version,
    served_before,
    template_environment,
)

REVISION = "deployment.kubernetes.io/revision"

Json = dict[str, Any]


def versions_by_age(replica_sets: list[Json]) -> list[tuple[int, bool]]:
    """Return the ReplicaSets' versions, newest first, each with whether it may have been served."""
    newest_first = sorted(replica_sets, key=_revision, reverse=True)
    numbered = [(_version(each), each) for each in newest_first]
    return [(version, _may_have_served(each, version)) for version, each in numbered if version is not None]


def _revision(replica_set: Json) -> int:
    return as_version(_annotations(replica_set).get(REVISION, "")) or 0


def _version(replica_set: Json) -> int | None:
    return as_version(template_environment(replica_set["spec"]["template"]["spec"]).get(VERSION, ""))


def _may_have_served(replica_set: Json, version: int) -> bool:
    # The controller copies the annotations to the newest ReplicaSet. So an aborted candidate's ReplicaSet stays marked
    # as one, and a version that was set by hand is not in the list of served versions of that time.
    annotations = _annotations(replica_set)
    candidate, recorded = Candidate.parse(annotations.get(CANDIDATE, "")), served_before(annotations.get(SERVED, ""))
    return (candidate is None or candidate.version != version) and (not recorded or version in recorded)


def _annotations(replica_set: Json) -> dict[str, str]:
    return replica_set["metadata"].get("annotations") or {}
