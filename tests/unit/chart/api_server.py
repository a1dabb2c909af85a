"""A Kubernetes API of a cluster that has release `ecg`: enough for helm's `lookup` and `--dry-run=server`."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.unit.chart.conftest import Object

KINDS = {
    "v1": ["ConfigMap", "PersistentVolumeClaim", "Pod", "Service", "ServiceAccount"],
    "apps/v1": ["Deployment"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "batch/v1": ["CronJob", "Job"],
    "networking.k8s.io/v1": ["Ingress"],
    "rbac.authorization.k8s.io/v1": ["Role", "RoleBinding"],
}
VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.0"}
OF_THE_RELEASE = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "ecg", "meta.helm.sh/release-namespace": "default"},
}


def discovery() -> dict[str, Object]:
    """The discovery documents of the API server: its kinds."""
    groups = {
        version: {"groupVersion": version, "version": version.split("/")[1]} for version in KINDS if "/" in version
    }
    listed = [
        {"name": version.split("/")[0], "versions": [each], "preferredVersion": each}
        for version, each in groups.items()
    ]
    answers: dict[str, Object] = {
        "/version": VERSION,
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": listed},
    }
    for version, kinds in KINDS.items():
        resources = [{"name": f"{each.lower()}s", "kind": each, "namespaced": True, "verbs": ["get"]} for each in kinds]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answers[path] = {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
    return answers


class ApiServer(ThreadingHTTPServer):
    """Every object is of the release and has `replicas` pods."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.replicas = 0
        self._discovery = discovery()

    def answer(self, path: str) -> Object:
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": self.replicas}}
        return self._discovery.get(path.partition("?")[0], deployment | {"metadata": OF_THE_RELEASE})


class _Answers(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        body = json.dumps(self.server.answer(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
