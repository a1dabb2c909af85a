"""REST's HTTP: the requests of `Rest`, and plain-text pages such as Prometheus metrics."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, Final

from serving.errors import Code, ServingError
from serving.logs import unforeseen
from serving.rest.routes import Rest

HTTP_STATUS: Final = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INTERNAL: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_LARGEST_BODY: Final = 2**30  # bytes


class RestServer(TCPServer):
    """Serves `rest` with a bounded number of threads, and plain-text `pages` by path."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, threads: int, rest: Rest, pages: dict[str, Callable[[], str]]) -> None:
        self.rest = rest
        self.pages = pages
        self._threads = ThreadPoolExecutor(threads, "rest")
        super().__init__(("0.0.0.0", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread."""
        self._threads.submit(self._handle, request, client_address)

    def _handle(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client went away
        except Exception as error:
            unforeseen(error)
        finally:
            self.shutdown_request(request)

    def stop(self) -> None:
        """Accept nothing more, and wait for the requests in flight."""
        self.shutdown()
        self.server_close()
        self._threads.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: RestServer
    timeout = 10.0  # seconds for a client to send its request: a silent one must not hold up a drain

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]+", length):
            length = "0"
        if len(length) > 18 or int(length) > _LARGEST_BODY:
            self.send_error(413)
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        if self.path in self.server.pages:
            self._send(200, "text/plain", self.server.pages[self.path]())
        elif not self.path.lower().startswith("/v1/"):
            self.send_error(404)
        else:
            self._send(*self._call(body))

    def _call(self, body: bytes) -> tuple[int, str, str]:
        code = Code.OK
        try:
            text = self.server.rest.answer(self.command, self.path, body)
        except ServingError as error:
            code, text = error.code, json.dumps({"error": error.message}, indent=4)
        except Exception as error:
            unforeseen(error)
            code, text = Code.INTERNAL, json.dumps({"error": "The model server failed; its log says why."}, indent=4)
        return HTTP_STATUS[code], "application/json", text

    def _send(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the standard library's access log quiet."""
