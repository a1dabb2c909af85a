"""An image registry as a real HTTP server: as much of the distribution specification as the client here needs.

Public fields are the script. Tags come in pages of two. With `password` it asks for that, with `token` for one that it
gives for the password.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 2
PATH = re.compile(r"/v2/(?P<name>[\w./-]+?)/(?P<kind>tags/list|manifests|blobs/uploads|blobs)/?(?P<reference>[^/]*)")


@dataclass
class FakeRegistry:
    """Any repository, created by its first push."""

    address: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # media types and contents by digest
    tags: dict[str, dict[str, str]] = field(default_factory=dict)  # of each repository: digests by tag
    failures: list[int] = field(default_factory=list)  # statuses of the next answers
    password: str = ""  # USER:PASSWORD
    token: str = ""
    readers_only: bool = False
    asked: list[str] = field(default_factory=list)

    def refuses(self, header: str) -> str | None:
        """The challenge for a request without credentials; None for one that has them."""
        given = f"Basic {base64.b64encode(self.password.encode()).decode()}"
        if self.token:
            challenge = f'Bearer realm="http://{self.address}/token",service="registry",scope="repository:pull,push"'
            return None if header == f"Bearer {self.token}" else challenge
        return 'Basic realm="registry"' if self.password and header != given else None


class _Handler(BaseHTTPRequestHandler):
    registry: FakeRegistry

    def _answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _handle(self) -> None:
        registry, url = self.registry, urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        registry.asked.append(f"{self.command} {url.path}")
        given = self.headers.get("Authorization", "")
        if url.path == "/token":
            wanted = f"Basic {base64.b64encode(registry.password.encode()).decode()}"
            return self._answer(200, json.dumps({"token": registry.token if given == wanted else "wrong"}).encode())
        if registry.failures:
            return self._answer(registry.failures.pop(0), b"scripted")
        if challenge := registry.refuses(given):
            return self._answer(401, b'{"errors": []}', WWW_Authenticate=challenge)
        if registry.readers_only and self.command in ("POST", "PUT"):
            return self._answer(403, b'{"errors": [{"code": "DENIED"}]}')
        found = PATH.fullmatch(url.path)
        assert found, self.path
        kinds = {
            "tags/list": self._tags,
            "manifests": self._manifests,
            "blobs": self._blob,
            "blobs/uploads": self._upload,
        }
        return kinds[found["kind"]](found["name"], found["reference"], content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _tags(self, name: str, _: str, __: bytes) -> None:
        tags = sorted(self.registry.tags.get(name, {}))
        if not tags:
            return self._answer(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')
        last = parse_qs(urlsplit(self.path).query).get("last", [""])[0]
        page = [tag for tag in tags if tag > last][:PAGE]
        more = {"Link": f'</v2/{name}/tags/list?last={page[-1]}>; rel="next"'} if page[-1] != tags[-1] else {}
        return self._answer(200, json.dumps({"name": name, "tags": page}).encode(), **more)

    def _manifests(self, name: str, reference: str, content: bytes) -> None:
        registry = self.registry
        if self.command == "PUT":
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert reference in (digest, reference if ":" not in reference else digest)
            registry.manifests[digest] = (self.headers["Content-Type"], content)
            if reference != digest:
                registry.tags.setdefault(name, {})[reference] = digest
            return self._answer(201)
        digest = registry.tags.get(name, {}).get(reference, reference)
        if digest not in registry.manifests:
            return self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        kind, stored = registry.manifests[digest]
        assert kind in self.headers["Accept"]
        return self._answer(200, stored, Content_Type=kind, Docker_Content_Digest=digest)

    def _blob(self, _: str, digest: str, __: bytes) -> None:
        there = self.registry.blobs.get(digest)
        return self._answer(404) if there is None else self._answer(200, there)

    def _upload(self, name: str, _: str, content: bytes) -> None:
        if self.command == "POST":
            return self._answer(202, Location=f"/v2/{name}/blobs/uploads/1")
        if self.command == "DELETE":
            return self._answer(204)
        digest = parse_qs(urlsplit(self.path).query)["digest"][0]
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.registry.blobs[digest] = content
        return self._answer(201)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[FakeRegistry]:
    """An empty registry."""
    registry = FakeRegistry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"registry": registry}))
    registry.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield registry
    server.shutdown()
    thread.join()
    server.server_close()
