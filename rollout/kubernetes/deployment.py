"""Reads the state of the model versions from the serving Deployment. Pure."""

import json
from dataclasses import dataclass
from typing import Any

CANDIDATE = "rollout.ecg/candidate"
SERVED = "rollout.ecg/served"
CHANGE_CAUSE = "kubernetes.io/change-cause"
VERSION = "ECG_MODEL_VERSION"
BASE_PATH = "ECG_MODEL_BASE_PATH"
REPOSITORY = "ECG_MODEL_IMAGES"
VOLUME = "version"  # the pods' volume with the image of a version
INIT, MAIN = "model", "serving"  # the containers with the variable VERSION

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is being promoted, and the served version to go back to."""

    version: int
    served: int | None
    weight: int
    shadow: int
    started: str
    finishing: bool = False  # it passed the check, and now replaces all other pods
    # The served version's image if versions are images, so that going back needs no registry.
    served_image: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Candidate | None":
        """Read the annotation; None if it is empty or not a candidate's."""
        try:
            annotation = json.loads(text)
            served = annotation["served"]
            return cls(
                int(annotation["version"]),
                None if served is None else int(served),
                int(annotation["weight"]),
                int(annotation["shadow"]),
                str(annotation["started"]),
                annotation.get("finishing") is True,
                annotation.get("served_image"),
            )
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the Deployment's rolling update, in pods."""

    current: bool  # whether the controller has seen the last change
    wanted: int
    total: int
    updated: int
    available: int
    stuck: bool  # whether the controller's progress deadline has passed

    @property
    def complete(self) -> bool:
        """Whether all pods are of the last change and available."""
        return self.current and self.total == self.updated == self.available == self.wanted


@dataclass(frozen=True, slots=True)
class State:
    """The state of the Deployment at one time."""

    resource: str  # its resourceVersion, for the optimistic lock
    version: int | None  # of the pod template
    candidate: Candidate | None  # only if it is the template's version
    paused: bool
    progress: Progress
    since: str  # when the last rolling update was complete
    base: str  # model base path in the pods
    instance: str  # the release
    cause: str  # of the last change, in words
    history: tuple[int, ...]  # recorded versions that were served, the newest last
    repository: str  # repository of versions as images; "" if they are on a volume
    image: str | None  # of the template's version

    @property
    def served(self) -> int | None:
        """The version that answers callers; a version set by hand counts after all its pods were available."""
        if self.candidate and not self.candidate.finishing:
            return self.candidate.served
        if self.candidate or self.version is None or self.became_available or not self.history:
            return self.version
        return self.history[-1]

    @property
    def arriving(self) -> int | None:
        """The template's version, if it was set by hand and has not been available yet."""
        return self.version if self.version != self.served and not self.candidate else None

    @property
    def holds_back(self) -> bool:
        """Whether the template was changed during a pause, so that the change waits for the end of the pause."""
        return self.paused and self.version is not None and self.progress.current and self.progress.updated == 0

    @property
    def became_available(self) -> bool:
        """Whether all pods of the current template were available at some time."""
        return bool(self.since) or self.progress.complete

    @classmethod
    def of(cls, deployment: Json) -> "State":
        """Read the state from a Deployment's JSON; absent parts count as not set."""
        metadata, spec = deployment["metadata"], deployment["spec"]
        pods = spec["template"]["spec"]
        environment = template_environment(pods)
        repository, image = environment.get(REPOSITORY, ""), template_image(pods)
        # Without the image the pods have no version; the variable may be left from the time of a volume.
        version = as_version(environment.get(VERSION, "")) if image or not repository else None
        annotations = metadata.get("annotations") or {}
        candidate = Candidate.parse(annotations.get(CANDIDATE, ""))
        conditions = {each["type"]: each for each in deployment.get("status", {}).get("conditions") or []}
        progressing = conditions.get("Progressing", {})
        done = progressing.get("reason") == "NewReplicaSetAvailable"
        return cls(
            resource=metadata["resourceVersion"],
            version=version,
            candidate=candidate if candidate and candidate.version == version else None,
            paused=bool(spec.get("paused")),
            progress=_progress(deployment, progressing.get("reason") == "ProgressDeadlineExceeded"),
            since=progressing.get("lastUpdateTime", "") if done else "",
            base=environment.get(BASE_PATH, "/models/ecg"),
            instance=(metadata.get("labels") or {}).get("app.kubernetes.io/instance", ""),
            cause=annotations.get(CHANGE_CAUSE, ""),
            history=served_before(annotations.get(SERVED, "")),
            repository=repository,
            image=image,
        )


def _progress(deployment: Json, stuck: bool) -> Progress:
    status = deployment.get("status", {})
    current = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return Progress(
        current=current,
        wanted=deployment["spec"].get("replicas", 1),
        total=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        available=status.get("availableReplicas", 0),
        stuck=stuck and current,  # if not current, the condition is about an earlier change
    )


def served_before(text: str) -> tuple[int, ...]:
    """Parse the annotation of served versions; skip parts that are not version numbers."""
    return tuple(number for part in text.split(",") if (number := as_version(part)) is not None)


def template_environment(pod_spec: Json) -> dict[str, str]:
    """Return the variables with plain values of the init container that selects the version."""
    container: Json = next((each for each in pod_spec.get("initContainers") or [] if each["name"] == INIT), {})
    return {each["name"]: each["value"] for each in container.get("env") or [] if "value" in each}


def template_image(pod_spec: Json) -> str | None:
    """Return the image of the version; None if versions are on a volume."""
    volumes = (each for each in pod_spec.get("volumes") or [] if each["name"] == VOLUME)
    return next((each["image"]["reference"] for each in volumes if "image" in each), None)


def as_version(text: str) -> int | None:
    """Return the number of a version, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() else None
