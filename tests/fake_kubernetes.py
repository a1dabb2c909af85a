"""The Kubernetes API as far as the gateway asks it: a real HTTP server with a scripted Deployment."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PATH = "/apis/apps/v1/namespaces/default/deployments/ecg-serving"


class FakeKubernetes:
    """Set `candidate`, or `status` and `content`; then look at `requests`, the headers of each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.candidate: dict[str, Any] | None = None
        self.status = 200
        self.content: bytes | None = None
        self.requests: list[Any] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.requests.append(self.headers)
                body = fake.content or fake.metadata()
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

    def metadata(self) -> bytes:
        """The part of the Deployment that the gateway asks for."""
        text = json.dumps(self.candidate) if self.candidate else ""
        annotations = {"deployment.kubernetes.io/revision": "3", "rollout.ecg/candidate": text}
        return json.dumps({"metadata": {"name": "ecg-serving", "annotations": annotations}}).encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
