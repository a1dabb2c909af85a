"""A unary gRPC method whose calls are answered by the same threads that take them from gRPC's completion queue.

grpc.server takes calls in one thread and answers them in others, which wait for each other several times per call. It
has no public API to avoid that, so this module uses gRPC's core library as grpc.server does. docs/speed.md has the
measurements.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # grpc's type stubs lack it

from serving.errors import Code, ServingError
from serving.logs import unforeseen

_NO_FLAGS: Final = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call: gRPC's own object, the deadline in seconds since the epoch, and the client's metadata."""

    core: Any
    deadline: float
    metadata: tuple[tuple[str, str | bytes], ...]

    def time_remaining(self) -> float:
        """Return the seconds until the deadline; without a deadline this is centuries."""
        return max(self.deadline - time.time(), 0)


Handle = Callable[[bytes, Call], bytes]


class InlineMethod:
    """Answers the method at `path` by `handle`, which may only raise ServingError, in at most `threads` threads.

    A call occupies a thread only after its whole request has arrived. Threads start when they are needed, and end with
    the process. `server` must not have started yet.
    """

    def __init__(self, server: grpc.Server, path: str, handle: Handle, threads: int) -> None:
        self._path = path
        self._handle = handle
        self._server: Any = server._cy_server  # type: ignore[attr-defined]
        self._queue = cygrpc.CompletionQueue()
        self._server.register_completion_queue(self._queue)
        self._server.register_method(path)
        self._lock = threading.Lock()
        self._stopped = False
        self._idle = 0  # threads that wait for calls
        self._startable = threads

    def start(self) -> None:
        """Begin to take calls; call this after the server has started."""
        self._take_next()
        with self._lock:
            self._start_thread()

    def stop(self) -> None:
        """Take no more calls; call this before the server is stopped."""
        with self._lock:
            self._stopped = True

    def _take_next(self) -> None:
        with self._lock:
            if not self._stopped:
                self._server.request_registered_call(self._queue, self._queue, self._path, None)

    def _start_thread(self) -> None:
        self._idle += 1
        self._startable -= 1
        threading.Thread(target=self._serve, name=self._path, daemon=True).start()

    def _serve(self) -> None:
        while True:
            event = self._queue.poll()
            try:
                self._process(event)
            except Exception as error:
                unforeseen(error)
            del event  # frees an ended call

    def _process(self, event: Any) -> None:
        """Continue a call whose event came: a new call, the arrival of its request, or the end of its answer."""
        if isinstance(event, cygrpc.RequestCallEvent):
            self._take_next()
            if event.success:  # False when the server stops
                call = Call(event.call, event.call_details.deadline, event.invocation_metadata)
                event.call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), call)
        elif event.tag is not None:
            self._answer(event.tag, event.batch_operations[0].message())

    def _answer(self, call: Call, request: bytes | None) -> None:
        self._become_busy()
        try:
            outcome = self._outcome(call, request)
        finally:
            with self._lock:
                self._idle += 1
        close = cygrpc.ReceiveCloseOnServerOperation(_NO_FLAGS)
        call.core.start_server_batch((cygrpc.SendInitialMetadataOperation(None, _NO_FLAGS), *outcome, close), None)

    def _become_busy(self) -> None:
        with self._lock:
            self._idle -= 1
            if not self._idle and self._startable:
                self._start_thread()

    def _outcome(self, call: Call, request: bytes | None) -> tuple[Any, ...]:
        """Return the operations that send the answer or the error."""
        try:
            if request is None:  # the client has gone, or sent no message
                raise ServingError(Code.UNIMPLEMENTED, f'"{self._path}" requires exactly one request message.')
            return cygrpc.SendMessageOperation(self._handle(request, call), _NO_FLAGS), _status(Code.OK, "")
        except ServingError as error:
            return (_status(error.code, error.message),)


def _status(code: Code, message: str) -> Any:
    return cygrpc.SendStatusFromServerOperation(None, int(code), message.encode(errors="replace"), _NO_FLAGS)
