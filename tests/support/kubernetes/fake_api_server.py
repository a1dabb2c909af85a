"""The parts of an API server that helm needs for a dry run: version, known kinds, and scripted objects."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Object = dict[str, Any]

VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.0"}
NOT_FOUND = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


def _plural(kind: str) -> str:
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith("s") else f"{name}s"


def _discovery(known: Iterable[Object]) -> dict[str, Object]:
    """Tell the kinds of these objects, each namespaced."""
    kinds: dict[str, set[str]] = {}
    for each in known:
        kinds.setdefault(each["apiVersion"], set()).add(each["kind"])
    groups = [version for version in kinds if "/" in version]
    named = [{"groupVersion": each, "version": each.partition("/")[2]} for each in groups]
    answers: dict[str, Object] = {
        "/version": VERSION,
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {"name": each["groupVersion"].partition("/")[0], "versions": [each], "preferredVersion": each}
                for each in named
            ],
        },
    }
    for version, names in kinds.items():
        resources = [
            {"name": _plural(kind), "kind": kind, "namespaced": True, "verbs": ["get", "list"]} for kind in names
        ]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answers[path] = {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
    return answers


@contextmanager
def running(folder: Path, known: Iterable[Object], there: Iterable[Object]) -> Iterator[Path]:
    """Serve the objects `there`, all in namespace default; return a kubeconfig for this server."""
    answers = _discovery(known) | {"/api/v1/namespaces/default/secrets": {"kind": "SecretList", "items": []}}
    for each in there:
        path = f"/apis/{each['apiVersion']}/namespaces/default/{_plural(each['kind'])}/{each['metadata']['name']}"
        answers[path] = each

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path.partition("?")[0], NOT_FOUND)
            body = json.dumps(answer).encode()
            self.send_response(404 if answer is NOT_FOUND else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield _kubeconfig(folder, server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "fake", "user": {}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake", "namespace": "default"}}],
        "current-context": "fake",
    }
    path.write_text(json.dumps(content))
    return path
