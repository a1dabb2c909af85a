"""The attempts of one call: each reports its endpoint's success or failure, and a race picks the answer that counts."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import grpc.aio
from grpc import StatusCode

from gateway.model_server.endpoint import Endpoint

GONE: Final = frozenset({StatusCode.UNAVAILABLE, StatusCode.CANCELLED})  # the endpoint is unreachable, or stops
NOT_LOADED: Final = StatusCode.NOT_FOUND
_UNDECIDED: Final = GONE | {NOT_LOADED, StatusCode.DEADLINE_EXCEEDED}  # another endpoint may still answer


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call to an endpoint, started at `since` by the endpoint's clock.

    `had_time` is whether the time limit was long enough that a late answer is the endpoint's failure.
    """

    endpoint: Endpoint
    call: Any
    since: float
    had_time: bool

    async def answer(self) -> Any:
        """Return the answer or raise the call's AioRpcError, and count the endpoint's success or failure."""
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
        """Return whether the call ends within `seconds`; wait until then at most."""
        # a timer, because a task for each call costs more
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
    """Runs attempts in parallel and takes the first answer that counts.

    `is_quiet` is whether no attempt ended during the last wait.
    """

    def __init__(self, first: Attempt) -> None:
        self.is_quiet = True
        self._running: dict[asyncio.Future[Any], Attempt] = {}
        self._ended: asyncio.Future[Any] | None = None
        self.enter(first)

    def enter(self, attempt: Attempt) -> None:
        """Add an attempt."""
        self._running[asyncio.ensure_future(attempt.answer())] = attempt

    @property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints of the attempts in flight."""
        return [attempt.endpoint for attempt in self._running.values()]

    async def is_decided(self, seconds: float | None) -> bool:
        """Wait until an attempt ends, for `seconds` at most; return whether it decided the race.

        If an attempt answers before an earlier attempt, the earlier attempt's endpoint counts as failed.
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
        """Return the deciding answer, or raise the deciding or the last error."""
        assert self._ended is not None
        return self._ended.result()

    async def end(self) -> None:
        """Cancel the attempts in flight."""
        for attempt in self._running.values():
            attempt.call.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _before(task: "asyncio.Future[Any]", running: dict["asyncio.Future[Any]", Attempt]) -> list[Attempt]:
    """Return the attempts that began before this one."""
    tasks = list(running)
    return [running[each] for each in tasks[: tasks.index(task)]]
