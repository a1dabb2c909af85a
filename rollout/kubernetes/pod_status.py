"""The status of the serving pods, and why a version's pods failed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rollout.errors import Faulty, NotAllowed, NotAnswering
from rollout.kubernetes.api import Cluster
from rollout.kubernetes.deployment import VERSION, State, template_environment

UNPULLED = {"ErrImagePull", "ImagePullBackOff"}  # as a kubelet alternates between them
LONGEST = 300  # characters of a log that belong into a sentence

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pods:
    """The serving pods, for people."""

    counts: dict[str, tuple[int, int]]  # ready and all pods of each version
    broken: str  # why a pod of the template's version failed, the empty string if none did

    @classmethod
    def of(cls, pods: list[Json], version: int | None) -> "Pods":
        """Count pods that stay."""
        counts: dict[str, tuple[int, int]] = {}
        for pod in pods:
            ready, total = counts.get(version_of(pod), (0, 0))
            counts[version_of(pod)] = ready + is_ready(pod), total + 1
        return cls(counts, next(_complaints(pods, version), "") or unpulled(pods, version))


def serving_pods(cluster: Cluster, state: State) -> tuple[list[Json], list[Json]]:
    """List the serving pods that stay and those that leave; none if the account may not, as all works without."""
    try:
        pods = cluster.pods(state.instance, "serving")
    except (NotAllowed, NotAnswering):
        return [], []
    leaving: dict[bool, list[Json]] = {False: [], True: []}
    for pod in pods:
        if not _is_over(pod):
            leaving["deletionTimestamp" in pod["metadata"]].append(pod)
    return leaving[False], leaving[True]


def _is_over(pod: Json) -> bool:
    # Evicted, say: it stays listed, says nothing of the model, and another has come in its place.
    return pod.get("status", {}).get("phase") in ("Failed", "Succeeded")


def version_of(pod: Json) -> str:
    """Return the version in the pod's template, the empty string if there is none."""
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
    for complaint in _complaints(pods, version):
        raise Faulty(complaint)


def unpulled(pods: list[Json], version: int | None) -> str:
    """Say which pod of the version lacks an image; the empty string if none does. The node goes on trying."""
    for pod in pods:
        waiting = [each.get("state", {}).get("waiting", {}).get("reason") for each in _containers(pod)]
        if version_of(pod) == str(version) and UNPULLED & {*waiting}:
            name = pod["metadata"]["name"]
            return f"pod {name} cannot pull an image; `kubectl describe pod {name}` says why"
    return ""


def _complaints(pods: list[Json], version: int | None) -> Iterator[str]:
    for pod in pods:
        if version_of(pod) != str(version):
            continue
        for container, ended in _failed(pod):
            words = _last_words(ended.get("message") or ended.get("reason") or "") or "no reason given"
            name = pod["metadata"]["name"]
            yield f"pod {name}, container {container} ended with {ended.get('exitCode')}: {words}"


def _last_words(log: str) -> str:
    """Return the last line that tells of an error, or the last one; of a line in JSON its message."""
    lines = [_message(line) for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " ".join((errors or lines or [""])[-1].split())[:LONGEST]


def _message(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line


def _failed(pod: Json) -> Iterator[tuple[str, Json]]:
    for each in _containers(pod):
        if each.get("ready"):
            continue  # whatever was before, it works now
        for when in ("state", "lastState"):
            ended = each.get(when, {}).get("terminated")
            if ended and ended.get("exitCode"):
                yield each["name"], ended


def _containers(pod: Json) -> list[Json]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
