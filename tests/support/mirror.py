"""A mirror to download from: a real HTTP server with scripted answers."""

from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

MODIFIED = "Mon, 01 Jan 2024 10:00:00 GMT"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Mirror:
    """Gives each request the next of its `answers`, then the last again and again, and keeps the headers it got."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[Message] = []
        self.closing = Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.requests.append(self.headers)
                mirror.answers[min(len(mirror.requests), len(mirror.answers)) - 1](self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/beats"

    def silence(self, handler: BaseHTTPRequestHandler) -> None:
        """Accept the request and say nothing until the test is over."""
        self.closing.wait()
        handler.close_connection = True


def answer(body: bytes, status: int = 200, missing: int = 0, **headers: str) -> Answer:
    """Answer with `body`, of which the last `missing` bytes are promised and not sent."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in {"Last_Modified": MODIFIED, **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body[: len(body) - missing])

    return send


def rest(body: bytes, start: int, **headers: str) -> Answer:
    """Answer with the body from `start` on."""
    return answer(body[start:], 206, 0, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}", **headers)
