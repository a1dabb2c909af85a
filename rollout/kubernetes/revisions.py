"""Which versions were served before, as the Deployment's ReplicaSets remember it. Pure."""

from typing import Any

from rollout.errors import NotThere
from rollout.kubernetes.deployment import CANDIDATE, VERSION, Candidate, as_version, template_environment

REVISION = "deployment.kubernetes.io/revision"

Json = dict[str, Any]


def former(replica_sets: list[Json], served: int) -> int:
    """Return the version served last before this one; NotThere if none is remembered."""
    for each in sorted(replica_sets, key=_revision, reverse=True):
        version = _version(each)
        if version is not None and version != served and not _was_never_served(each, version):
            return version
    raise NotThere(
        f"no version is remembered from before version {served}; "
        "`python -m rollout list` shows what there is to promote"
    )


def _revision(replica_set: Json) -> int:
    return as_version(_annotations(replica_set).get(REVISION, "")) or 0


def _version(replica_set: Json) -> int | None:
    return as_version(template_environment(replica_set["spec"]["template"]["spec"]).get(VERSION, ""))


def _was_never_served(replica_set: Json, version: int) -> bool:
    # The controller copies annotations while a ReplicaSet is the newest: an aborted candidate stays marked as one.
    candidate = Candidate.parse(_annotations(replica_set).get(CANDIDATE, ""))
    return candidate is not None and candidate.version == version


def _annotations(replica_set: Json) -> dict[str, str]:
    return replica_set["metadata"].get("annotations") or {}
