"""Why the pods of a version cannot serve it, as far as the account may see them."""

from collections.abc import Iterator
from typing import Any

from rollout.cluster import Cluster
from rollout.errors import Faulty, NotAllowed, NotAnswering
from rollout.state import VERSION, State, template_environment

LONGEST = 300  # characters of a log that belong into a sentence

Json = dict[str, Any]


def serving_pods(cluster: Cluster, state: State) -> list[Json]:
    """List the serving pods that are not about to end; none if the account may not, as everything works without."""
    try:
        return [pod for pod in cluster.pods(state.instance, "serving") if "deletionTimestamp" not in pod["metadata"]]
    except (NotAllowed, NotAnswering):
        return []


def version_of(pod: Json) -> str:
    """Return what the pod was told to serve, the empty string if nothing."""
    return template_environment(pod["spec"]).get(VERSION, "")


def has_ready_pod(pods: list[Json], version: int) -> bool:
    """Whether a pod of the version takes requests."""
    return any(version_of(pod) == str(version) and is_ready(pod) for pod in pods)


def is_ready(pod: Json) -> bool:
    """Whether the pod takes requests."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def raise_if_broken(pods: list[Json], version: int) -> None:
    """Raise Faulty with a container's last words if a pod of the version failed."""
    for pod in pods:
        if version_of(pod) != str(version):
            continue
        for container, ended in _failed(pod):
            words = (ended.get("message") or ended.get("reason") or "").strip()[-LONGEST:]
            name = pod["metadata"]["name"]
            raise Faulty(
                f"pod {name}, container {container} ended with {ended.get('exitCode')}: {words or 'no reason given'}"
            )


def _failed(pod: Json) -> Iterator[tuple[str, Json]]:
    status = pod.get("status", {})
    for each in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        if each.get("ready"):
            continue  # whatever was before, it works now
        for when in ("state", "lastState"):
            ended = each.get(when, {}).get("terminated")
            if ended and ended.get("exitCode"):
                yield each["name"], ended
