"""Reads the status of the serving pods, and the reason why a version's pods failed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rollout.errors import Faulty, NotAllowed, NotAnswering
from rollout.kubernetes.api import Cluster
from rollout.kubernetes.deployment import VERSION, State, template_environment

UNPULLED = {"ErrImagePull", "ImagePullBackOff"}  # a kubelet alternates between them
LONGEST = 300  # characters of a log line in a message

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pods:
    """A summary of the serving pods."""

    counts: dict[str, tuple[int, int]]  # ready and all pods of each version
    broken: str  # why a pod of the template's version failed, or ""

    @classmethod
    def of(cls, pods: list[Json], version: int | None) -> "Pods":
        """Count the pods by version."""
        counts: dict[str, tuple[int, int]] = {}
        for pod in pods:
            ready, total = counts.get(version_of(pod), (0, 0))
            counts[version_of(pod)] = ready + is_ready(pod), total + 1
        return cls(counts, next(_complaints(pods, version), "") or unpulled(pods, version))


def serving_pods(cluster: Cluster, state: State) -> tuple[list[Json], list[Json]]:
    """Return the serving pods that stay, and those that are ending; both empty if the account may not list pods."""
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
    # for example an evicted pod: it stays listed, and another pod has replaced it
    return pod.get("status", {}).get("phase") in ("Failed", "Succeeded")


def version_of(pod: Json) -> str:
    """Return the version of a pod, or ""."""
    return template_environment(pod["spec"]).get(VERSION, "")


def has_ready_pod(pods: list[Json], version: int) -> bool:
    """Return whether a pod of the version is ready."""
    return any(version_of(pod) == str(version) and is_ready(pod) for pod in pods)


def is_ready(pod: Json) -> bool:
    """Return whether the pod is ready for requests."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def raise_if_broken(pods: list[Json], version: int) -> None:
    """Raise Faulty, with the last error in a container's log, if a pod of the version failed."""
    for complaint in _complaints(pods, version):
        raise Faulty(complaint)


def unpulled(pods: list[Json], version: int | None) -> str:
    """Return which pod of the version cannot pull an image, or "". The node keeps trying."""
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
    """Return the last line with an error, otherwise the last line; for a JSON line its message."""
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
            continue  # it works now, so earlier failures do not matter
        for when in ("state", "lastState"):
            ended = each.get(when, {}).get("terminated")
            if ended and ended.get("exitCode"):
                yield each["name"], ended


def _containers(pod: Json) -> list[Json]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
