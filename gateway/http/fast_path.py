"""The way in: requests of the usual kind are answered on the event loop, together; every other by Flask in a thread."""

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from a2wsgi import WSGIMiddleware
from flask import Flask

from gateway.api.views import READERS, Reader, written
from gateway.errors import GatewayError, InvalidBeat
from gateway.http.asgi import Message, Receive, Send, answer, as_json
from gateway.http.error_responses import UNFORESEEN, VERSION_HEADER, told, unforeseen
from gateway.http.refusal import id_of, refuse
from gateway.http.request_body import SMALL, Intake
from gateway.inference.batch import Request
from gateway.inference.micro_batcher import Collector
from gateway.inference.version_router import Router
from gateway.payload.json_beats import parse
from gateway.settings import Settings
from gateway.telemetry.access_log import REQUEST_ID_HEADER, Journal, told_of

PATH: Final = "/predict"
TAKING: Final = (PATH, "/explain")  # a body; all else has no use for one
DIGITS: Final = 19  # of the longest length
ALIVE: Final = ("/health", "/metrics")  # must answer whatever the model server does
WORKED_ON: Final = 2  # large bodies at a time


class Front:
    """An ASGI application."""

    def __init__(self, app: Flask, router: Router, collector: Collector, journal: Journal, settings: Settings) -> None:
        self._router = router
        self._collector = collector
        self._journal = journal
        self._settings = settings
        self._client_header = settings.sticky_header.lower().encode()
        self._threads = ThreadPoolExecutor(WORKED_ON, "large")
        self._intake = Intake(settings)
        adapt: Any = WSGIMiddleware  # its types are narrower than ASGI's
        # without a bound, or a thread would wait for who reads slowly, and for ever for a connection that is gone
        self._flask = adapt(partial(_with_end, app), workers=settings.threads, send_queue_size=0)
        self._alive = adapt(partial(_with_end, app), workers=2, send_queue_size=0)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope["headers"])
        if self._is_usual(scope, headers):
            await self._predict(headers, receive, send)
        else:
            await self._other(scope, headers, receive, send)

    async def _predict(self, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        known = id_of(headers)
        given = {REQUEST_ID_HEADER: known}
        logged: dict[str, str] = {}
        try:
            status, content, version = 200, *await self._answer(headers, receive)
            given[VERSION_HEADER] = version
        except GatewayError as error:
            status, more, told_content = told(error, known)
            given |= more
            content, logged = as_json(told_content), told_of(error)
            self._journal.failed(error.code, error.version)
        except Exception as error:
            status, content = 500, as_json(unforeseen(error, PATH, known))
            self._journal.failed(UNFORESEEN)
        await answer(send, status, content, given)
        seconds = time.perf_counter() - started
        self._journal.answered("POST", PATH, status, seconds, known, given.get(VERSION_HEADER), logged)

    async def _answer(self, headers: dict[bytes, bytes], receive: Receive) -> tuple[bytes, str]:
        read, length = READERS[headers[b"content-type"].decode()], _length(headers) or 0
        client = headers[self._client_header].decode("latin1") if self._client_header in headers else None
        if read is parse and length <= SMALL:
            self._collector.check_room()  # so that whoever is refused costs little
            beats = parse(await self._intake.small(receive), self._settings.max_batch)
            prediction = await self._collector.predict(Request(beats, client))
            return written(prediction, beats.batch), str(prediction.answer.version)
        async with self._intake.whole(receive, length) as body:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._alone, read, body, client)

    async def _other(self, scope: Message, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """Have Flask answer; what it reads of a body is there by then, as a slow one would keep its thread."""
        flask, length = self._alive if scope["path"] in ALIVE else self._flask, _length(headers)
        try:
            if length is None and b"content-length" in headers:
                raise InvalidBeat("Content-Length is no length of a body")
            takes = scope["method"] == "POST" and "/" + scope["path"].lstrip("/") in TAKING  # as Flask reads paths
            if not takes or (length or 0) > self._settings.max_body_bytes:
                await flask(scope, receive, send)  # which reads nothing
                return
            async with self._intake.whole(receive, length or 0) as body:
                await flask(scope, _given(body), send)
        except GatewayError as error:
            await refuse(error, scope, headers, send, self._journal)

    def _alone(self, read: Reader, body: bytes, client: str | None) -> tuple[bytes, str]:
        beats = read(body, self._settings.max_batch)
        prediction = self._router.predict(beats, client=client)
        return written(prediction, beats.batch), str(prediction.answer.version)

    def _is_usual(self, scope: Message, headers: dict[bytes, bytes]) -> bool:
        length = _length(headers)
        return (
            scope["path"] == PATH
            and scope["method"] == "POST"
            and not scope["query_string"]
            and headers.get(b"content-type", b"").decode("latin1") in READERS
            and b"x-model-version" not in headers
            and length is not None
            and length <= self._settings.max_body_bytes
        )


def _with_end(app: Flask, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Tell that the body ends by itself, with or without a length, which the adapter does not."""
    return app(environ | {"wsgi.input_terminated": True}, start_response)


def _given(body: bytes) -> Receive:
    messages = iter([{"type": "http.request", "body": body}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


def _length(headers: dict[bytes, bytes]) -> int | None:
    """Give the length of the body; None if none is told, or what is told is none."""
    told = headers.get(b"content-length", b"")
    return int(told) if told.isdigit() and len(told) <= DIGITS else None
