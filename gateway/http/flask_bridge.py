"""The bridge to Flask: answers in threads the requests that do not take the fast path."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from io import BytesIO
from typing import Any, Final

from flask import Flask
from werkzeug.test import run_wsgi_app

from gateway.exchange import LOOP, REQUEST, VERSION, Request, Response
from gateway.routes import Route
from gateway.settings import Settings

PROBE_THREADS: Final = 2  # readiness probes have their own threads, because they may wait for the model server
_VERSION: Final = VERSION.lower().encode()
_DROPPED: Final = {b"content-length", b"date"}  # the request lifecycle and uvicorn set them


class FlaskBridge:
    """Calls a WSGI application whose errors propagate; for one event loop."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(settings.threads, "flask")
        self._probe_threads = ThreadPoolExecutor(PROBE_THREADS, "probes")
        self._ready_threads = ThreadPoolExecutor(PROBE_THREADS, "ready")

    async def answer(self, request: Request, body: bytes = b"") -> Response:
        """Answer in a thread. The thread does not wait for the client: the body is read, the answer is sent later."""
        loop = asyncio.get_running_loop()
        environ = _environ(request, body) | {LOOP: loop, REQUEST: request}
        work = partial(copy_context().run, _run, self._app, environ)  # the context assigns calls to this request
        return await loop.run_in_executor(self._threads_for(request.route), work)

    def _threads_for(self, route: Route | None) -> ThreadPoolExecutor:
        if route is None or not route.probe:
            return self._threads
        return self._ready_threads if route.asks_model else self._probe_threads

    def close(self) -> None:
        """End the threads when their current work is done; drop queued work."""
        for threads in (self._threads, self._probe_threads, self._ready_threads):
            threads.shutdown(wait=False, cancel_futures=True)


def _run(app: Flask, environ: dict[str, Any]) -> Response:
    chunks, status, header_list = run_wsgi_app(app, environ, buffered=True)
    headers = [(name.lower().encode(), value.encode("latin1")) for name, value in header_list]
    version = next((value.decode() for name, value in headers if name == _VERSION), None)
    others = [(name, value) for name, value in headers if name not in _DROPPED and name != _VERSION]
    return Response(b"".join(chunks), int(status.split(" ", 1)[0]), others, version)


def _environ(request: Request, body: bytes) -> dict[str, Any]:
    """Make the WSGI environment (PEP 3333) of an ASGI request."""
    scope = request.scope
    name, port = scope.get("server") or ("localhost", 80)
    environ = {
        "REQUEST_METHOD": "GET" if scope["method"] == "HEAD" else scope["method"],  # uvicorn drops the body of HEAD
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin1"),
        "QUERY_STRING": scope["query_string"].decode("latin1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port or 0),
        "CONTENT_TYPE": request.headers.get(b"content-type", b"").decode("latin1"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),  # Flask's errors propagate, so nothing is written here
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header, value in request.headers.items():
        if header not in (b"content-type", b"content-length", b"transfer-encoding"):
            environ["HTTP_" + header.decode("latin1").upper().replace("-", "_")] = value.decode("latin1")
    return environ
