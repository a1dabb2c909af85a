"""A scripted Deployment with its controller, pods and ReplicaSets, as a cluster's API shows them.

The controller takes one step only when a test calls it, so no test waits for time to pass.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rollout.kubernetes.deployment import CANDIDATE, VERSION, Candidate

Json = dict[str, Any]

LABELS = {"app.kubernetes.io/instance": "ecg", "app.kubernetes.io/component": "serving"}
STEPS_TO_READY = 4


@dataclass
class Pod:
    """One serving pod; a healthy one is ready some steps after it was made, so that a rollout can be held in time."""

    name: str
    version: str
    steps: int = 0
    ready: bool = False
    template: int = 0  # of the Deployment at the time


KILLED = {"terminated": {"exitCode": 137, "reason": "Error"}}


@dataclass
class FakeDeployment:
    """Deployment ecg-serving, whose pods wait for the first promotion. Public fields are the script."""

    replicas: int = 2
    ending: list[Pod] = field(default_factory=list)  # pods that are listed until they are gone
    evicted: list[Pod] = field(default_factory=list)  # pods that stay listed although nothing of them runs
    broken: dict[str, str] = field(default_factory=dict)  # versions whose pods crash, with their last words
    restarted: set[str] = field(default_factory=set)  # versions whose pods broke once and are well again
    template: int = 0  # all of it but the version, counted
    before_patch: list[Callable[[], None]] = field(default_factory=list)  # each runs once, before a patch is taken
    patches: list[Json] = field(default_factory=list)
    unpulled: set[str] = field(default_factory=set)  # versions whose image no node can pull
    image: str | None = None  # that the pods mount, where versions are images
    mounted: dict[str, str] = field(default_factory=dict)  # where each container has it
    weights: list[int] = field(default_factory=list)  # that the candidates had, one after the other

    def __post_init__(self) -> None:
        self.generation, self.resource, self.made, self.revision = 1, 1, 0, 0
        self.seen, self.paused = 1, False
        self.annotations: dict[str, str] = {}
        self.environment: dict[str, dict[str, str]] = {"model": {"ECG_MODEL_BASE_PATH": "/models/ecg"}, "serving": {}}
        self.pods: list[Pod] = []
        self.sets: dict[str, Json] = {}
        for _ in range(self.replicas + 1):
            self.step()

    @property
    def version(self) -> str:
        return self.environment["model"].get(VERSION, "")

    @property
    def candidate(self) -> Candidate | None:
        return Candidate.parse(self.annotations.get(CANDIDATE, ""))

    @property
    def cause(self) -> str:
        return self.annotations["kubernetes.io/change-cause"]

    @property
    def settled(self) -> bool:
        """Whether every pod is of the template's version, ready, and nothing is left to be done."""
        right = [pod for pod in self.pods if pod.ready and self.is_new(pod)]
        return len(right) == len(self.pods) == self.replicas and not self.paused and not self.candidate

    def serve(self, *versions: int) -> None:
        """Roll these versions out, one after the other, without faults."""
        self.paused, self.annotations[CANDIDATE] = False, ""
        for version in versions:
            self.environment["model"][VERSION] = self.environment["serving"][VERSION] = str(version)
            self.generation += 1
            for _ in range(2 * STEPS_TO_READY * self.replicas):
                self.step()
        assert self.settled or not versions

    def upgrade(self) -> None:
        """Change the template, as helm does, but not its version."""
        self.template += 1
        self.generation += 1
        self.resource += 1

    def set_by_hand(self, version: int) -> None:
        """Change the template's version, as `kubectl set env` does, and let the controller begin."""
        self.environment["model"][VERSION] = self.environment["serving"][VERSION] = str(version)
        self.generation += 1
        for _ in range(2 * STEPS_TO_READY):
            self.step()

    def is_new(self, pod: Pod) -> bool:
        return (pod.version, pod.template) == (self.version, self.template)

    def step(self) -> None:
        """What the controller and the pods do next."""
        self.seen = self.generation
        self.remember()
        for pod in self.pods:
            pod.steps += 1
            pod.ready = (
                pod.steps >= STEPS_TO_READY and bool(pod.version) and pod.version not in {*self.broken, *self.unpulled}
            )
        if self.paused:
            return
        new = [pod for pod in self.pods if self.is_new(pod)]
        if len(self.pods) > self.replicas:
            self.remove_one(new)
        elif len(new) < self.replicas:
            self.made += 1
            self.pods.append(Pod(f"ecg-serving-{self.made}", self.version, template=self.template))
        self.resource += 1

    def remove_one(self, new: list[Pod]) -> None:
        """End an old pod that is not needed: one that is not ready, or any once the new pods are ready."""
        old = [pod for pod in self.pods if pod not in new]
        spare = [pod for pod in old if not pod.ready] or (old if all(pod.ready for pod in new) else [])
        if spare:
            self.pods.remove(spare[0])

    def remember(self) -> None:
        """Keep the template's ReplicaSet and copy the Deployment's annotations to it, as the controller does."""
        if self.version not in self.sets or self.sets[self.version]["revision"] != self.revision:
            self.revision += 1
        self.sets[self.version] = {"revision": self.revision, "annotations": dict(self.annotations)}

    def deployment(self) -> Json:
        new = [pod for pod in self.pods if self.is_new(pod)]
        ready = sum(pod.ready for pod in self.pods)
        done = {"type": "Progressing", "reason": "NewReplicaSetAvailable", "lastUpdateTime": "2026-11-24T13:00:00Z"}
        return {
            "metadata": {
                "name": "ecg-serving",
                "labels": LABELS,
                "resourceVersion": str(self.resource),
                "generation": self.generation,
                "annotations": self.annotations,
            },
            "spec": {"replicas": self.replicas, "paused": self.paused, "template": {"spec": self.pod_spec(None)}},
            "status": {
                "observedGeneration": self.seen,
                "replicas": len(self.pods),
                "updatedReplicas": len(new),
                "availableReplicas": ready,
                "conditions": [done] if self.settled else [],
            },
        }

    def pod_spec(self, version: str | None) -> Json:
        values = self.environment["model"] | ({} if version is None else {VERSION: version})
        env = [{"name": name, "value": value} for name, value in values.items() if value]
        volumes = [{"name": "version", "image": {"reference": self.image}}] if self.image else []
        return {"initContainers": [{"name": "model", "env": env}], "volumes": volumes}

    def pod(self, pod: Pod) -> Json:
        container: Json = {"name": "serving", "ready": pod.ready, "state": {"running": {}}, "lastState": {}}
        if pod.version in self.broken or pod.version in self.restarted:
            ended = {"exitCode": 1, "reason": "Error", "message": self.broken.get(pod.version, "")}
            container["lastState"] = {"terminated": ended}
        if pod.version in self.broken:
            container["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
        if pod.version in self.unpulled:
            container["state"] = {"waiting": {"reason": ("ErrImagePull", "ImagePullBackOff")[pod.steps % 2]}}
        return {
            "metadata": {"name": pod.name},
            "spec": self.pod_spec(pod.version),
            "status": {
                "containerStatuses": [container],
                "conditions": [{"type": "Ready", "status": "True" if pod.ready else "False"}],
            },
        }

    def pod_list(self) -> list[Json]:
        ending = [self.pod(pod) for pod in self.ending]
        for each in ending:
            each["metadata"]["deletionTimestamp"] = "2026-11-24T13:00:00Z"
        evicted = [self.pod(pod) for pod in self.evicted]
        for each in evicted:
            each["status"] = {"phase": "Failed", "containerStatuses": [{"name": "serving", "state": KILLED}]}
        return evicted + ending + [self.pod(pod) for pod in self.pods]

    def set_list(self) -> list[Json]:
        return [
            {
                "metadata": {
                    "ownerReferences": [{"kind": "Deployment", "name": "ecg-serving"}],
                    "annotations": {"deployment.kubernetes.io/revision": str(each["revision"]), **each["annotations"]},
                },
                "spec": {"template": {"spec": self.pod_spec(version)}},
            }
            for version, each in self.sets.items()
        ]

    def patch(self, body: Json) -> tuple[int, Json]:
        if self.before_patch:
            self.before_patch.pop(0)()
        if body["metadata"].get("resourceVersion") != str(self.resource):
            return 409, {"message": "the object has been modified"}
        self.patches.append(body)
        self.change(body)
        return 200, self.deployment()

    def change(self, body: Json) -> None:
        """Merge a patch from any sender."""
        self.resource += 1
        self.annotations = self.annotations | body["metadata"].get("annotations", {})
        if candidate := self.candidate:
            self.weights.append(candidate.weight)
        spec = body.get("spec", {})
        self.paused = spec.get("paused", self.paused)
        template = spec.get("template", {}).get("spec", {})
        for container in [*template.get("initContainers", []), *template.get("containers", [])]:
            self.merge(self.environment[container["name"]], container["env"])
            for mount in container.get("volumeMounts", []):
                self.mounted.pop(container["name"], None)
                if "$patch" not in mount:
                    self.mounted[container["name"]] = mount["mountPath"]
        for volume in template.get("volumes", []):
            self.image = None if "$patch" in volume else volume["image"]["reference"]
        if spec:
            self.generation += 1

    @staticmethod
    def merge(environment: dict[str, str], changes: list[dict[str, str]]) -> None:
        for change in changes:
            if change.get("$patch") == "delete":
                environment.pop(change["name"], None)
            else:
                environment[change["name"]] = change["value"]
