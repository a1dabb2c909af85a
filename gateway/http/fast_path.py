"""Answers requests: predictions without options on the event loop (the fast path), all others by Flask in threads."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from gateway.deadline import Deadline
from gateway.exchange import VERSION, Request, Response
from gateway.http.flask_bridge import FlaskBridge
from gateway.http.request_body import SMALL, RequestBodies
from gateway.inference.micro_batcher import MicroBatcher
from gateway.inference.micro_batcher import Request as Waiting
from gateway.inference.version_router import VersionRouter
from gateway.payload.answers import write_prediction
from gateway.payload.binary import Float32Rows
from gateway.payload.json_beats import read
from gateway.settings import Settings

JOINED: Final = 64  # most beats of a request that joins a batch (chosen by hand); larger ones get their own Predict
READ_AT_ONCE: Final = 2  # large bodies that are parsed at a time (chosen by hand)
_VERSION: Final = VERSION.lower().encode()


class FastPath:
    """Answers requests after routing and authentication; for one event loop."""

    def __init__(
        self,
        router: VersionRouter,
        batcher: MicroBatcher,
        flask: FlaskBridge,
        bodies: RequestBodies,
        settings: Settings,
    ) -> None:
        self._flask = flask
        self._bodies = bodies
        self._router = router
        self._batcher = batcher
        self._settings = settings
        self._threads = ThreadPoolExecutor(READ_AT_ONCE, "read")
        self._client_header = settings.sticky_header.lower().encode()

    async def __call__(self, request: Request) -> Response:
        """Read the body if the route has one, and answer the request."""
        route = request.route
        if route is None or not route.takes_body:
            return await self._flask.answer(request)
        answer: Callable[[Request, bytes], Awaitable[Response]] = self._flask.answer
        if route.fast_path and not request.scope["query_string"] and _VERSION not in request.headers:
            self._batcher.check_room()  # before the body is read, so that a refusal costs little
            answer = self._predict
        length = request.content_length
        if length is not None and length <= SMALL and b"content-encoding" not in request.headers:
            body = await self._bodies.small(request)
            return await answer(self._with_new_deadline(request), body)
        async with self._bodies.read(request) as body:
            return await answer(self._with_new_deadline(request), body)

    def _with_new_deadline(self, request: Request) -> Request:
        request.deadline = Deadline(self._settings.deadline_seconds)  # so that a slow upload does not use up the time
        return request

    async def _predict(self, request: Request, body: bytes) -> Response:
        client = request.headers.get(self._client_header)
        name = None if client is None else client.decode("latin1")
        content_type = request.headers.get(b"content-type", b"").decode("latin1")
        if len(body) > SMALL:  # parsing so many numbers would block the event loop
            work = partial(read, content_type, body, self._settings.max_batch)
            beats = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        else:
            beats = read(content_type, body, self._settings.max_batch)
        if not isinstance(beats, Float32Rows) and beats.count <= JOINED:
            prediction = await self._batcher.predict(Waiting(beats, request.deadline, name, request.trace))
        else:
            prediction = await self._router.predict(beats, request.deadline, client=name)
        return Response(write_prediction(prediction, beats.batch), version=str(prediction.answer.version))
