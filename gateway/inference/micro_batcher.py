"""Joins the requests that come while the model server is asked into the next call to it; nobody waits when idle.

Lives on an event loop: a request that waits costs a future, no thread. The calls are made in threads of its own.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

from gateway.errors import GatewayError, ModelOverloaded
from gateway.inference.batch import Outcome, Request
from gateway.inference.predictor import Prediction
from gateway.settings import Settings

TOGETHER: Final = 1024  # beats in one call
CALLS: Final = 8  # at a time
PATIENCE: Final = 0.05  # seconds that a call may take until those who wait start another beside it: its pod may hang
_FULL: Final = "Too many requests wait for the model server; try again in a moment"


_Call = asyncio.Future[Sequence[Outcome]]
Ask = Callable[[Sequence[Request]], Sequence[Outcome]]  # blocks; gives an outcome for each request


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    outcome: "asyncio.Future[Outcome]"
    since: float  # by the loop's clock


class Collector:
    """Predicts by `ask`, with few calls for many requests."""

    def __init__(self, ask: Ask, settings: Settings, executor: Executor) -> None:
        self._ask = ask
        self._settings = settings
        self._executor = executor
        self._waiting: deque[_Waiting] = deque()
        self._calls = 0
        self._looks = False

    async def predict(self, request: Request) -> Prediction:
        """Return the prediction or raise its GatewayError; ModelOverloaded if too many wait, or this for too long."""
        self.check_room()
        loop = asyncio.get_running_loop()
        mine = _Waiting(request, loop.create_future(), loop.time())
        self._waiting.append(mine)
        if not self._calls:
            self._start(loop)
        else:
            self._look_later(loop)
        outcome = await mine.outcome
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def check_room(self) -> None:
        """Raise ModelOverloaded if too many wait; to be asked before work is put into a request."""
        if len(self._waiting) >= self._settings.max_waiting:
            raise ModelOverloaded(_FULL, cause=f"{len(self._waiting)} wait")

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        group: list[_Waiting] = []
        beats = 0
        while self._waiting and beats < TOGETHER:
            group.append(self._waiting.popleft())
            beats += len(group[-1].request.beats.beats)
        if group:
            self._calls += 1
            call = loop.run_in_executor(self._executor, self._ask, [each.request for each in group])
            call.add_done_callback(partial(self._end, loop, group))

    def _end(self, loop: asyncio.AbstractEventLoop, group: Sequence[_Waiting], call: _Call) -> None:
        self._calls -= 1
        self._start(loop)
        error = call.exception()
        for number, each in enumerate(group):
            if each.outcome.done():  # its caller went away
                continue
            if error:
                each.outcome.set_exception(error)
            else:
                each.outcome.set_result(call.result()[number])

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """See after those who wait when the first of them has done so for long, or again after a while."""
        if self._waiting and not self._looks:
            self._looks = True
            due, now = self._waiting[0].since + PATIENCE, loop.time()
            loop.call_at(due if due > now else now + PATIENCE, self._look_after, loop)

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start another call when those who wait do so for long; turn away who waits for too long."""
        self._looks = False
        now = loop.time()
        while self._waiting and now - self._waiting[0].since > self._settings.max_waiting_seconds:
            late = self._waiting.popleft()
            if not late.outcome.done():
                late.outcome.set_result(ModelOverloaded(_FULL, cause=f"{self._calls} calls do not answer"))
        if self._waiting and now >= self._waiting[0].since + PATIENCE and self._calls < CALLS:
            self._start(loop)
        self._look_later(loop)
