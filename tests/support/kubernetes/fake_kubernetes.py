"""The Kubernetes API as far as the gateway asks it: a real HTTP server with a scripted Deployment."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PATH = "/apis/apps/v1/namespaces/default/deployments/ecg-serving"


class FakeKubernetes:
    """Set `candidate`, or `status` and `content`; then read `requests`, the headers of each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.candidate: dict[str, Any] | None = None  # the annotation
        self.template: int | None = None  # the pods' version; none: that of the annotation
        self.status = 200
        self.content: bytes | None = None
        self.requests: list[Any] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.requests.append(self.headers)
                body = fake.content or fake.deployment()
                self.send_response(fake.status if self.path == PATH else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}{PATH}"

    def deployment(self) -> bytes:
        """The part of the Deployment that the gateway reads."""
        text = json.dumps(self.candidate) if self.candidate else ""
        annotations = {"deployment.kubernetes.io/revision": "3", "rollout.ecg/candidate": text}
        version = self.template or (self.candidate or {}).get("version")
        env = [{"name": "ECG_MODEL_BASE_PATH", "value": "/models/ecg"}]
        env += [{"name": "ECG_MODEL_VERSION", "value": str(version)}] if version else []
        pods = {"initContainers": [{"name": "other"}, {"name": "model", "env": env}]}
        metadata = {"name": "ecg-serving", "annotations": annotations}
        return json.dumps({"metadata": metadata, "spec": {"template": {"spec": pods}}}).encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
