"""The request lifecycle: the outermost ASGI application, through which every request passes.

It assigns the request's id and route, authenticates it, has the fast path or Flask answer it, turns an error into an
answer, adds security headers, sends the answer, counts it and writes the access log.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from gateway.deadline import Deadline
from gateway.errors import MethodNotAllowed, ModelNotReady, NoSuchPath
from gateway.exchange import REQUEST_ID, VERSION, Headers, Message, Receive, Request, Response, Send
from gateway.http.error_responses import error_response
from gateway.http.listeners import Listeners
from gateway.routes import RouteTable
from gateway.security.authentication import Authentication
from gateway.security.browsers import Browsers
from gateway.telemetry.access_log import AccessLog

if TYPE_CHECKING:  # it loads OpenTelemetry
    from gateway.telemetry.spans import Tracing

_REQUEST_ID: Final = REQUEST_ID.lower().encode()
_VERSION: Final = VERSION.lower().encode()
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_CONTENT_TYPE: Final = b"content-type"
# Longer than the 1 s after which Kubernetes gives up a probe by default; the chart gives it 6 s. A hanging endpoint
# costs half a second, after which failover tries another one.
PROBE_SECONDS: Final = 2.0
_JSON: Final[Headers] = [(_CONTENT_TYPE, b"application/json")]
Answer = Callable[[Request], Awaitable[Response]]
Running = Callable[[], AbstractAsyncContextManager[None]]


class RequestLifecycle:
    """An ASGI application around `answer`; `running` starts and ends the background work."""

    def __init__(
        self,
        answer: Answer,
        routes: RouteTable,
        authentication: Authentication,
        browsers: Browsers,
        listeners: Listeners,
        access_log: AccessLog,
        running: Running,
        deadline_seconds: float,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._answer = answer
        self._routes = routes
        self._authentication = authentication
        self._browsers = browsers
        self._listeners = listeners
        self._access_log = access_log
        self._running = running
        self._deadline_seconds = deadline_seconds
        self._probe_seconds = min(PROBE_SECONDS, deadline_seconds)
        self._tracing = tracing

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or handle the worker's start and end (ASGI's lifespan)."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        route = self._routes.find(scope["path"])
        deadline = Deadline(self._probe_seconds if route is not None and route.probe else self._deadline_seconds)
        request = Request(scope, receive, _id_of(headers), scope["method"], route, headers, deadline)
        if self._tracing is not None:
            self._tracing.start(request)
        error: Exception | None = None
        try:
            response = await self._respond(request)
        except Exception as caught:
            error, response = caught, error_response(caught, request)
        except asyncio.CancelledError:  # the worker ends, and the request took longer than ECG_GRACEFUL_SECONDS
            error = ModelNotReady("This gateway is stopping; try again", cause="ECG_GRACEFUL_SECONDS passed")
            response = error_response(error, request)
        try:
            await _send(send, response, self._more(request, response))
            if request.trace is not None:
                request.trace.end(response, error)
            self._access_log.answered(request, response, time.perf_counter() - started, error)
        finally:
            if error is not None:
                error.__traceback__ = None  # breaks a reference cycle of error and frames, which would keep memory

    async def _respond(self, request: Request) -> Response:
        route = request.route
        self._listeners.check(route, request.scope)
        preflight = self._browsers.preflight(request.method, request.headers)
        if preflight is not None:
            return Response(b"", 204, preflight)
        if route is None or not route.keyless:  # unknown paths need a key too
            self._authentication.admit(request)
        if route is None:
            raise NoSuchPath(self._routes.documented)
        if request.method not in route.methods:
            raise MethodNotAllowed(route.methods)
        if request.method == "OPTIONS":
            return Response(b"", 204, [(b"allow", ", ".join(route.methods).encode())])
        return await self._answer(request)

    def _more(self, request: Request, response: Response) -> Headers:
        more = [(_REQUEST_ID, request.id.encode())]
        if response.version is not None:
            more.append((_VERSION, response.version.encode()))
        return more + self._browsers.headers(request.route, request.headers)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _id_of(headers: dict[bytes, bytes]) -> str:
    """Return the caller's request id if it has only safe characters, otherwise a new one."""
    request_id = headers.get(_REQUEST_ID, b"").decode("latin1")
    return request_id if request_id and _SANE_ID.fullmatch(request_id) else secrets.token_hex(16)


async def _send(send: Send, response: Response, more: Headers) -> None:
    headers = response.headers + more
    if response.content and not any(name == _CONTENT_TYPE for name, _ in response.headers):
        headers = _JSON + headers
    if response.status not in (204, 304):
        headers = [*headers, (b"content-length", b"%d" % len(response.content))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
