"""The Kubernetes API calls of a rollout; the only module with the API's paths and status codes."""

import json
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.stream import stream

from rollout.errors import Conflict, NotAllowed, NotAnswering, NotThere, RolloutError
from rollout.http import Answer

CALL_SECONDS = 30
EXEC_SECONDS = 60
MANAGER = "ecg-rollout"
STRATEGIC = "application/strategic-merge-patch+json"

Json = dict[str, Any]


class Cluster:
    """One Deployment in one namespace, with its pods and ReplicaSets."""

    def __init__(self, api: client.ApiClient, namespace: str, deployment: str) -> None:
        api.configuration.retries = False  # the workflow's waits retry, and report it
        self._api = api
        self.namespace = namespace
        self.name = deployment
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}"

    def deployment(self) -> Json:
        """Read the Deployment."""
        return self._json("GET", self._path)

    def patch(self, change: Json, resource: str) -> Json:
        """Patch the Deployment; raise Conflict if its resourceVersion is no longer `resource`."""
        body = {**change, "metadata": {**change.get("metadata", {}), "resourceVersion": resource}}
        return self._json("PATCH", self._path, body, {"fieldManager": MANAGER})

    def pods(self, instance: str, component: str) -> list[Json]:
        """List the pods of a component of the release."""
        return self._list(f"/api/v1/namespaces/{self.namespace}/pods", instance, component)

    def replica_sets(self, instance: str) -> list[Json]:
        """List the Deployment's ReplicaSets."""
        replica_sets = self._list(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets", instance, "serving")
        return [each for each in replica_sets if self._owns(each)]

    def execute(self, pod: str, container: str, script: str) -> str:
        """Run a shell script in a container and return its output."""
        api = client.CoreV1Api(self._api)
        try:
            running = stream(
                api.connect_get_namespaced_pod_exec,
                pod,
                self.namespace,
                container=container,
                command=["sh", "-c", script],
                stdout=True,
                stderr=True,
                _preload_content=False,
            )
        except client.ApiException as error:
            raise RolloutError(f"no command can be run in pod {pod}: {error.reason}; give --models instead") from error
        running.run_forever(timeout=EXEC_SECONDS)
        printed, complaint = running.read_stdout(), running.read_stderr().strip()
        code = running.returncode if not running.is_open() else None
        running.sock.shutdown()  # close() leaves the socket open once the other side has closed
        if code is None:
            raise NotAnswering(f"pod {pod}: a command did not end within {EXEC_SECONDS} s")
        if code:
            raise NotThere(f"pod {pod}: {complaint or f'the command ended with {code}'}")
        return str(printed)

    def ask(self, kind: str, name: str, path: str, body: bytes | None = None, headers: Json | None = None) -> Answer:
        """Call a service or a pod through the API server."""
        whole = f"/api/v1/namespaces/{self.namespace}/{kind}/{name}/proxy{path}"
        # The client refuses bytes as JSON, and serializes objects itself.
        content = None if body is None else json.loads(body)
        return self._call("GET" if body is None else "POST", whole, content, headers=headers)

    def _owns(self, replica_set: Json) -> bool:
        owners = replica_set["metadata"].get("ownerReferences") or []
        return any(owner["kind"] == "Deployment" and owner["name"] == self.name for owner in owners)

    def _list(self, path: str, instance: str, component: str) -> list[Json]:
        selector = f"app.kubernetes.io/instance={instance},app.kubernetes.io/component={component}"
        items: list[Json] = self._json("GET", path, query={"labelSelector": selector})["items"]
        return items

    def _json(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Json:
        answer = self._call(method, path, body, query, {"Content-Type": STRATEGIC} if body else {})
        if answer.status != 200:
            raise _error(answer, path)
        content: Json = json.loads(answer.body)
        return content

    def _call(
        self, method: str, path: str, body: Any, query: dict[str, str] | None = None, headers: Json | None = None
    ) -> Answer:
        parameters = list((query or {}).items())
        request = self._api.param_serialize(
            method, path, {}, parameters, dict(headers or {}), body, auth_settings=["BearerToken"]
        )
        try:
            response = self._api.call_api(*request, _request_timeout=CALL_SECONDS)
            return Answer(response.status, dict(response.headers), bytes(response.read()))  # type: ignore[no-untyped-call]
        except (urllib3.exceptions.HTTPError, client.ApiException) as error:
            raise NotAnswering(f"the API server does not answer: {error}") from error


def _error(answer: Answer, path: str) -> RolloutError:
    try:
        message = str(json.loads(answer.body)["message"])
    except (ValueError, TypeError, KeyError):
        message = answer.text
    if answer.status == 409:
        return Conflict(message)
    if answer.status in (401, 403):
        return NotAllowed(message)
    if answer.status == 404:
        return NotThere(f"{message}; check --namespace and --deployment")
    if answer.status == 429 or answer.status >= 500:
        return NotAnswering(f"the API server answers {answer.status}: {message}")
    return RolloutError(f"the API server answers {answer.status} to {path}: {message}")
