"""The part of a cluster's API that a rollout needs, as a real HTTP server with a scripted Deployment controller.

The controller takes one step whenever the Deployment or its pods are read, so no test waits for time to pass. The
release's gateway is scripted too, and is reached as in a cluster: through the proxy of the API server.
`FakeCluster.kubeconfig` is what a client needs to find it.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rollout.state import CANDIDATE, VERSION, Candidate, template_environment
from tests import fake_exec

Json = dict[str, Any]

LABELS = {"app.kubernetes.io/instance": "ecg", "app.kubernetes.io/component": "serving"}
BEATS: list[Json] = [
    {"features": [0.5], "label": 0, "predicted_class": 0, "probability": 0.75},
    {"features": [1.5], "label": 1, "predicted_class": 0, "probability": 0.625},
]
STEPS_TO_READY = 4
PROXIED = re.compile(r".*/services/ecg-gateway:http/proxy(/.*)")
METRICS = re.compile(r".*/pods/ecg-gateway-1:5000/proxy/metrics")


@dataclass
class Pod:
    """One serving pod; a healthy one is ready some steps after it was made, so that a rollout can be held in time."""

    name: str
    version: str
    steps: int = 0
    ready: bool = False


@dataclass
class FakeCluster:
    """Deployment ecg-serving in namespace ecg with a gateway before it. Public fields are the script."""

    url: str = ""
    replicas: int = 2
    broken: dict[str, str] = field(default_factory=dict)  # versions whose pods crash, with their last words
    restarted: set[str] = field(default_factory=set)  # versions whose pods broke once and are well again
    wrong: dict[str, Json] = field(default_factory=dict)  # versions that answer otherwise than was recorded
    leaving: set[str] = field(default_factory=set)  # versions of pods that are gone for the API and still answer
    forbidden: set[str] = field(default_factory=set)  # pods, replicasets, services, deployments
    failures: list[int] = field(default_factory=list)  # statuses of the next answers
    before_patch: list[Callable[[], None]] = field(default_factory=list)  # each runs once, before a patch is taken
    traffic: Callable[["FakeCluster", Candidate], None] | None = None  # runs before the gateway's metrics are read
    counters: dict[str, float] = field(default_factory=dict)  # what the gateway has counted, by name and labels
    patches: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)  # that the candidates had, one after the other

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
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
        right = [pod for pod in self.pods if pod.ready and pod.version == self.version]
        return len(right) == len(self.pods) == self.replicas and not self.paused and not self.candidate

    def serve(self, *versions: int) -> None:
        """Roll these versions out, one after the other, as if nothing had ever gone wrong."""
        self.paused, self.annotations[CANDIDATE] = False, ""
        for version in versions:
            self.environment["model"][VERSION] = self.environment["serving"][VERSION] = str(version)
            self.generation += 1
            for _ in range(2 * STEPS_TO_READY * self.replicas):
                self.step()
        assert self.settled or not versions

    def step(self) -> None:
        """What the controller and the pods do next."""
        self.seen = self.generation
        self.remember()
        for pod in self.pods:
            pod.steps += 1
            pod.ready = pod.steps >= STEPS_TO_READY and bool(pod.version) and pod.version not in self.broken
        if self.paused:
            return
        new = [pod for pod in self.pods if pod.version == self.version]
        if len(self.pods) > self.replicas:
            self.remove_one(new)
        elif len(new) < self.replicas:
            self.made += 1
            self.pods.append(Pod(f"ecg-serving-{self.made}", self.version))
        self.resource += 1

    def remove_one(self, new: list[Pod]) -> None:
        """End an old pod that nobody needs: one that is not ready, or any once the new ones are."""
        old = [pod for pod in self.pods if pod not in new]
        spare = [pod for pod in old if not pod.ready] or (old if all(pod.ready for pod in new) else [])
        if spare:
            self.pods.remove(spare[0])

    def remember(self) -> None:
        """Keep the template's ReplicaSet and copy the Deployment's annotations to it, as the controller does."""
        if self.version not in self.sets or self.sets[self.version]["revision"] != self.revision:
            self.revision += 1
        self.sets[self.version] = {"revision": self.revision, "annotations": dict(self.annotations)}

    # What is answered

    def deployment(self) -> Json:
        new = [pod for pod in self.pods if pod.version == self.version]
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
        return {"initContainers": [{"name": "model", "env": env}]}

    def pod_list(self, component: str) -> list[Json]:
        if component == "gateway":
            return [{"metadata": {"name": "ecg-gateway-1"}, "spec": {}, "status": {}}]
        return [self.pod(pod) for pod in self.pods]

    def pod(self, pod: Pod) -> Json:
        container: Json = {"name": "serving", "ready": pod.ready, "state": {"running": {}}, "lastState": {}}
        if pod.version in self.broken or pod.version in self.restarted:
            ended = {"exitCode": 1, "reason": "Error", "message": self.broken.get(pod.version, "")}
            container["lastState"] = {"terminated": ended}
        if pod.version in self.broken:
            container["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
        return {
            "metadata": {"name": pod.name},
            "spec": self.pod_spec(pod.version),
            "status": {
                "containerStatuses": [container],
                "conditions": [{"type": "Ready", "status": "True" if pod.ready else "False"}],
            },
        }

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
        """Merge a patch, whoever sent it."""
        self.resource += 1
        self.annotations = self.annotations | body["metadata"].get("annotations", {})
        if candidate := self.candidate:
            self.weights.append(candidate.weight)
        spec = body.get("spec", {})
        self.paused = spec.get("paused", self.paused)
        template = spec.get("template", {}).get("spec", {})
        for container in [*template.get("initContainers", []), *template.get("containers", [])]:
            self.merge(self.environment[container["name"]], container["env"])
        if spec:
            self.generation += 1

    @staticmethod
    def merge(environment: dict[str, str], changes: list[dict[str, str]]) -> None:
        for change in changes:
            if change.get("$patch") == "delete":
                environment.pop(change["name"], None)
            else:
                environment[change["name"]] = change["value"]

    # The gateway

    def gateway(self, path: str, version: str, body: Json | None) -> tuple[int, Json, str]:
        served = self.candidate.served if self.candidate else self.version
        asked = version or str(served)
        if asked not in self.leaving and not any(pod.ready and pod.version == asked for pod in self.pods):
            return 404, {"error": {"code": "version_not_found", "message": f"no pod serves {asked}"}}, ""
        if path == "/model":
            return 200, {"model": "ecg"}, asked
        assert body
        answers = [{key: beat[key] for key in ("predicted_class", "probability")} for beat in BEATS]
        answers[1] |= self.wrong.get(asked, {})
        return 200, {"predictions": answers[: len(body["instances"])]}, asked

    def count(self, name: str, amount: float, **labels: object) -> None:
        """Let the gateway count something."""
        key = name + "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}"
        self.counters[key] = self.counters.get(key, 0) + amount

    def metrics(self) -> str:
        if self.traffic and self.candidate:
            self.traffic(self, self.candidate)
        return "".join(f"{key} {value}\n" for key, value in self.counters.items())

    # From paths to answers

    def answer(self, method: str, target: str, version: str, body: Json | None) -> tuple[int, Json | str, str]:
        path, query = urlsplit(target).path, urlsplit(target).query
        if self.failures:
            return self.failures.pop(0), {"message": "scripted"}, ""
        if path.endswith("/exec") or any(f"/{kind}" in path for kind in self.forbidden):
            return 403, {"message": f"{path} is forbidden"}, ""
        if proxied := PROXIED.fullmatch(path):
            return self.gateway(proxied[1], version, body)
        if METRICS.fullmatch(path):
            return 200, self.metrics(), ""
        if path == "/apis/apps/v1/namespaces/ecg/deployments/ecg-serving":
            if method == "PATCH":
                assert body
                return *self.patch(body), ""
            self.step()
            return 200, self.deployment(), ""
        if path == "/api/v1/namespaces/ecg/pods":
            return 200, {"items": self.pod_list("gateway" if "gateway" in query else "serving")}, ""
        if path == "/apis/apps/v1/namespaces/ecg/replicasets":
            return 200, {"items": self.set_list()}, ""
        return 404, {"message": f"{path} not found"}, ""

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig that leads here."""
        path = folder / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": {"token": "secret"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake", "namespace": "ecg"}}],
            "current-context": "fake",
        }
        path.write_text(json.dumps(content))
        return path


class _Handler(BaseHTTPRequestHandler):
    cluster: FakeCluster

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content else None
        with self.cluster.lock:
            self.cluster.asked.append(f"{self.command} {self.path}")
            version = self.headers.get("X-Model-Version", "")
            status, answer, answered = self.cluster.answer(self.command, self.path, version, body)
        reply = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(reply)))
        if answered:
            self.send_header("X-Model-Version", answered)
        self.end_headers()
        self.wfile.write(reply)

    do_POST = do_PATCH = _answer

    def do_GET(self) -> None:
        if "/exec?" in self.path and "pods/exec" not in self.cluster.forbidden:
            fake_exec.answer(self)
        else:
            self._answer()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[FakeCluster]:
    """A cluster where two pods wait for the first promotion."""
    cluster = FakeCluster()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": cluster}))
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_version(base: Path, number: int, accuracy: float = 0.9, **compared: float) -> None:
    """Put a version on a volume; `v1=0.8` says that version 1 reaches 0.8 on this one's rows."""
    extra = base / str(number) / "assets.extra"
    extra.mkdir(parents=True)
    others = {name.removeprefix("v"): {"accuracy": it, "macro_f1": it} for name, it in compared.items()}
    description = {
        "training": {"created": f"2026-11-{number:02}T12:00:00+00:00"},
        "metrics": {"accuracy": accuracy, "macro_f1": accuracy},
        "compared": others,
    }
    (extra / "metrics.json").write_text(json.dumps(description, indent=2))
    (extra / "beats.json").write_text(json.dumps(BEATS))


def environment_of(patch: Json) -> dict[str, str]:
    """The variables that a patch sets where the version is read."""
    return template_environment(patch["spec"]["template"]["spec"])
