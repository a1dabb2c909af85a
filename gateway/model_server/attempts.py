"""The attempts of one call: what each says of its endpoint, and which of several at a time counts."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import grpc.aio
from grpc import StatusCode

from gateway.model_server.endpoint import Endpoint

GONE: Final = frozenset({StatusCode.UNAVAILABLE, StatusCode.CANCELLED})  # cannot be reached, or stops
NOT_LOADED: Final = StatusCode.NOT_FOUND
_UNDECIDED: Final = GONE | {NOT_LOADED, StatusCode.DEADLINE_EXCEEDED}  # others may still answer


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was begun at an endpoint `since`, by its clock, and whether it had enough time for an answer."""

    endpoint: Endpoint
    call: Any
    since: float
    had_time: bool

    async def answer(self) -> Any:
        """Return the answer or raise the call's error, and count what that says of the endpoint."""
        try:
            answer = await self.call
        except grpc.aio.AioRpcError as error:
            late = error.code() is StatusCode.DEADLINE_EXCEEDED
            if error.code() in GONE or (late and self.had_time):
                self.endpoint.failed(self.since)
            elif not late:
                self.endpoint.succeeded()
            raise
        self.endpoint.succeeded()
        return answer

    async def ends_within(self, seconds: float) -> bool:
        """Wait for the end of the call, for so many seconds at most; whether it came."""
        # by a timer: a task for each call costs more
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool] = loop.create_future()

        def settle(value: bool) -> None:
            if not ended.done():
                ended.set_result(value)

        self.call.add_done_callback(lambda _: settle(True))
        timer = loop.call_later(seconds, settle, False)
        try:
            return await ended
        finally:
            timer.cancel()


class Race:
    """Attempts at the same time, of which the first answer that stands counts. `is_quiet`: for a while none ended."""

    def __init__(self, first: Attempt) -> None:
        self.is_quiet = True
        self._running: dict[asyncio.Future[Any], Attempt] = {}
        self._ended: asyncio.Future[Any] | None = None
        self.enter(first)

    def enter(self, attempt: Attempt) -> None:
        """Let one more attempt take part."""
        self._running[asyncio.ensure_future(attempt.answer())] = attempt

    @property
    def endpoints(self) -> list[Endpoint]:
        """Endpoints that are being asked."""
        return [attempt.endpoint for attempt in self._running.values()]

    async def is_decided(self, seconds: float | None) -> bool:
        """Wait until an attempt ends, for so many seconds at most; whether its end is that of the race.

        An endpoint that was asked earlier than the one that answered, and has not answered yet, has failed.
        """
        done, _ = await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self.is_quiet = not done
        for task in done:
            earlier = _before(task, self._running)
            del self._running[task]
            self._ended = task
            error = task.exception()
            if not isinstance(error, grpc.aio.AioRpcError) or error.code() not in _UNDECIDED:
                for each in earlier:
                    if not each.call.done():
                        each.endpoint.failed(each.since)
                return True
        return not self._running

    def result(self) -> Any:
        """Return the answer that decided, or raise the error that did, or the last one."""
        assert self._ended is not None
        return self._ended.result()

    async def end(self) -> None:
        """Give up what is still running."""
        for attempt in self._running.values():
            attempt.call.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _before(task: "asyncio.Future[Any]", running: dict["asyncio.Future[Any]", Attempt]) -> list[Attempt]:
    """Attempts that began before this one."""
    tasks = list(running)
    return [running[each] for each in tasks[: tasks.index(task)]]
