"""A fake gateway with scripted answers: a real HTTP server for clients that send beats as bytes."""

import json
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Reply = tuple[int, Json, dict[str, str]]  # status, content and headers
GONE: Reply = (0, {}, {})  # the connection is closed without an answer


class FakeGateway:
    """Predicts 1 for a beat whose first value is positive, else 0. Public fields are the script."""

    def __init__(self, width: int = 2) -> None:
        self.served: Json = {
            "version": 3,
            "features": {"count": width, "names": [f"F{number}" for number in range(1, width + 1)]},
            "classes": [0, 1],
            "training": {"created": "2026-11-24T13:00:00+00:00"},
        }
        self.replies: list[Reply] = []  # to the next requests for predictions
        # gets the number of each such request, from 0, and may reply to it
        self.before: Callable[[int], Reply | None] = lambda number: None
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.beats: list[tuple[float, ...]] = []  # all that were predicted, in the order in which they came
        self.lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gateway.note(self)
                self.reply(200, gateway.served, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                number = gateway.note(self)
                with suppress(ConnectionError):  # whoever asked may be gone
                    self.reply(*(gateway.before(number) or gateway.answer(self.path, body)))

            def reply(self, status: int, content: Json, headers: dict[str, str]) -> None:
                if not status:
                    self.close_connection = True
                    return
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def note(self, handler: BaseHTTPRequestHandler) -> int:
        with self.lock:
            self.paths.append(handler.path)
            self.headers.append(dict(handler.headers))
            return sum("/predict" in path for path in self.paths) - 1

    def answer(self, path: str, body: bytes) -> Reply:
        with self.lock:
            if self.replies:
                return self.replies.pop(0)
            beats = list(struct.iter_unpack(f"<{self.served['features']['count']}f", body))
            self.beats += beats
            version = str(self.served["version"])
        return (
            200,
            {"predictions": [prediction(beat, "details=true" in path) for beat in beats]},
            {"X-Model-Version": version},
        )


def prediction(beat: tuple[float, ...], details: bool = False) -> Json:
    """The prediction of a beat."""
    label = int(beat[0] > 0)
    said: Json = {"predicted_class": label, "probability": 0.75}
    if details:
        said["probabilities"] = {str(label): 0.75, str(1 - label): 0.25}
        said |= {"abstain": False, "unusual": beat[0] > 5, "unusual_score": abs(beat[0]) / 5}
    return said


def error(status: int, code: str, message: str = "scripted", retry_after: str = "0", **where: int) -> Reply:
    """An error as the gateway returns it."""
    content = {"error": {"code": code, "message": message, "request_id": "1", **where}}
    return status, content, {"Retry-After": retry_after}


@contextmanager
def running(width: int = 2) -> Iterator[FakeGateway]:
    gateway = FakeGateway(width)
    thread = threading.Thread(target=gateway.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        thread.join()
        gateway.server.server_close()
