"""The part of a cluster's API that a rollout needs, as a real HTTP server around a scripted Deployment.

The Deployment's controller takes a step whenever the Deployment is read. The release's gateway is scripted too, and is
reached as in a cluster: through the proxy of the API server. `FakeCluster.kubeconfig` tells a client how to find it.
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

from rollout.kubernetes.deployment import Candidate
from tests.support.kubernetes import fake_exec
from tests.support.kubernetes.fake_deployment import FakeDeployment

Json = dict[str, Any]

BEATS: list[Json] = [
    {"features": [0.5], "label": 0, "predicted_class": 0, "probability": 0.75},
    {"features": [1.5], "label": 1, "predicted_class": 0, "probability": 0.625},
]
PROXIED = re.compile(r".*/services/ecg-gateway:http/proxy(/.*)")
METRICS = re.compile(r".*/pods/ecg-gateway-1:(\d+)/proxy/metrics")

NOT_HERE = 404, {"error": {"code": "not_found", "message": "on the management listener only"}}, ""


@dataclass
class FakeCluster(FakeDeployment):
    """Namespace ecg with the Deployment and a gateway before it. Public fields are the script."""

    url: str = ""
    wrong: dict[str, Json] = field(default_factory=dict)  # versions that answer otherwise than was recorded
    leaving: set[str] = field(default_factory=set)  # versions of pods that are gone for the API and still answer
    forbidden: set[str] = field(default_factory=set)  # pods, replicasets, services, deployments
    failures: list[int] = field(default_factory=list)  # statuses of the next answers
    traffic: Callable[["FakeCluster", Candidate], None] | None = None  # runs before the gateway's metrics are read
    ports: dict[str, int] = field(default_factory=lambda: {"http": 5000, "management": 5001})  # of the gateway's pod
    counters: dict[str, float] = field(default_factory=dict)  # what the gateway has counted, by name and labels
    asked: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock)

    def gateway(self, path: str, version: str, body: Json | None) -> tuple[int, Json, str]:
        served = self.candidate.served if self.candidate else self.version
        asked = version or str(served)
        if asked not in self.leaving and not any(pod.ready and pod.version == asked for pod in self.pods):
            return 404, {"error": {"code": "version_not_found", "message": f"no pod serves {asked}"}}, ""
        if path == "/model":
            return 200, {"model": "ecg"}, asked
        if path == "/metrics":
            return NOT_HERE
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

    def gateway_pod(self) -> Json:
        ports = [{"name": name, "containerPort": port} for name, port in self.ports.items()]
        container = {"name": "gateway", "ports": ports}
        return {"metadata": {"name": "ecg-gateway-1"}, "spec": {"containers": [container]}, "status": {}}

    def answer(self, method: str, target: str, version: str, body: Json | None) -> tuple[int, Json | str, str]:
        path, query = urlsplit(target).path, urlsplit(target).query
        if self.failures:
            return self.failures.pop(0), {"message": "scripted"}, ""
        if path.endswith("/exec") or any(f"/{kind}" in path for kind in self.forbidden):
            return 403, {"message": f"{path} is forbidden"}, ""
        if proxied := PROXIED.fullmatch(path):
            return self.gateway(proxied[1], version, body)
        if asked := METRICS.fullmatch(path):
            has_metrics = int(asked[1]) == self.ports.get("management", self.ports["http"])
            return (200, self.metrics(), "") if has_metrics else NOT_HERE
        if path == "/apis/apps/v1/namespaces/ecg/deployments/ecg-serving":
            if method == "PATCH":
                assert body
                return *self.patch(body), ""
            self.step()
            return 200, self.deployment(), ""
        if path == "/api/v1/namespaces/ecg/pods":
            return 200, {"items": [self.gateway_pod()] if "gateway" in query else self.pod_list()}, ""
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
    """Put a version on a volume; `v1=0.8` records that version 1 reaches 0.8 on this one's rows."""
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
