"""The micro-batcher joins the requests that come while a Predict is under way into the next one.

Besides it waits only for callers who were just answered, where they come again sooner than a call takes.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from gateway.deadline import Deadline
from gateway.errors import ContractBroken, GatewayError, InvalidBeat, ModelFailed, ModelOverloaded
from gateway.exchange import Trace
from gateway.inference.predictor import Prediction
from gateway.inference.return_times import Returns
from gateway.payload.beats import JsonBeats, join
from gateway.settings import Settings
from gateway.telemetry.tracing import callers

BATCH_BEATS: Final = 1024  # no further request joins a batch that has as many
CALLS: Final = 8  # at a time
# Seconds that a request waits until another call is started beside those under way, whose model server may hang.
PATIENCE: Final = 0.05
_FULL: Final = "Too many requests wait for the model server; try again in a moment"


@dataclass(frozen=True, slots=True)
class Request:
    """The beats of one caller, its deadline, the client's name if it gave one, and the trace if there is one."""

    beats: JsonBeats
    deadline: Deadline
    client: str | None = None
    trace: Trace | None = None


Outcome = Prediction | GatewayError
Predict = Callable[[JsonBeats], Awaitable[Prediction]]
PredictEach = Callable[[Sequence[Request]], Awaitable[Sequence[Outcome]]]  # gives an outcome for each request


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    outcome: "asyncio.Future[Outcome]"
    since: float  # by the loop's clock


class MicroBatcher:
    """Predicts by `predict_each`, with few calls for many requests; for one event loop."""

    def __init__(
        self, predict_each: PredictEach, settings: Settings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._predict_each = predict_each
        self._clock = clock  # uvloop's own counts milliseconds
        self._settings = settings
        # one that waited for long must leave those it is joined with time for a retry
        self._longest = min(settings.max_waiting_seconds, settings.deadline_seconds / 2)
        self._waiting: deque[_Waiting] = deque()
        self._calls = 0
        self._work: set[asyncio.Task[None]] = set()
        self._looks = False
        self._returns = Returns()
        self._in_sight = 0  # callers: those of the last call, and those who waited when it ended
        self._gathering: asyncio.TimerHandle | None = None

    async def predict(self, request: Request) -> Prediction:
        """Return the prediction or raise its GatewayError; ModelOverloaded if too many wait, or this for too long."""
        self.check_room()
        if request.trace is not None:
            request.trace.begin_wait()
        loop = asyncio.get_running_loop()
        self._returns.came(self._clock())
        if not self._calls and not self._waiting and not self._may_gather(1):
            (outcome,) = await self._call([request])  # in this task: nobody else is to be told
        else:
            mine = _Waiting(request, loop.create_future(), loop.time())
            self._waiting.append(mine)
            if not self._calls:
                self._gather(loop)
            self._look_later(loop)
            outcome = await mine.outcome
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def check_room(self) -> None:
        """Raise ModelOverloaded if too many wait; to be asked before work is put into a request."""
        if len(self._waiting) >= self._settings.max_waiting:
            raise ModelOverloaded(_FULL, cause=f"{len(self._waiting)} wait")

    def _may_gather(self, waiting: int) -> bool:
        return waiting < self._in_sight and self._returns.patience > 0

    def _gather(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a call when everybody in sight has come, or has been waited for."""
        if not self._may_gather(len(self._waiting)):
            self._start(loop)
        elif self._waiting and self._gathering is None:
            self._gathering = loop.call_later(self._returns.patience, self._start, loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        batch: list[_Waiting] = []
        beats = 0
        while self._waiting and beats < BATCH_BEATS:
            batch.append(self._waiting.popleft())
            beats += batch[-1].request.beats.count
        if batch:
            work = loop.create_task(self._call_for(batch))
            self._work.add(work)
            work.add_done_callback(self._work.discard)

    async def _call(self, requests: Sequence[Request]) -> Sequence[Outcome]:
        """Predict a batch, and see to the next one when it has ended."""
        loop = asyncio.get_running_loop()
        self._calls, began = self._calls + 1, self._clock()
        for each in requests:
            if each.trace is not None:
                each.trace.end_wait()
        try:
            return await self._predict_each(requests)
        finally:
            self._calls, now = self._calls - 1, self._clock()
            self._returns.answered(now, now - began, len(requests))
            self._in_sight = len(requests) + len(self._waiting)
            if self._calls:
                self._start(loop)
            else:
                self._gather(loop)

    async def _call_for(self, batch: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._call([each.request for each in batch])
        except Exception as error:
            for each in batch:
                if not each.outcome.done():
                    each.outcome.set_exception(error)
            return
        except asyncio.CancelledError:  # at the worker's end, or the channel's
            for each in batch:
                each.outcome.cancel()
            raise
        for each, outcome in zip(batch, outcomes, strict=True):
            if not each.outcome.done():  # else its caller went away
                each.outcome.set_result(outcome)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at those who wait when the first of them has waited for long, or again after a while."""
        if self._waiting and not self._looks:
            self._looks = True
            due, now = self._waiting[0].since + PATIENCE, loop.time()
            loop.call_at(due if due > now else now + PATIENCE, self._look_after, loop)

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start another call for those who wait for long; refuse who waits for too long."""
        self._looks = False
        now = loop.time()
        while self._waiting and now - self._waiting[0].since > self._longest:
            late = self._waiting.popleft()
            if not late.outcome.done():
                late.outcome.set_result(ModelOverloaded(_FULL, cause=f"{self._calls} calls do not answer"))
        if self._waiting and now >= self._waiting[0].since + PATIENCE and self._calls < CALLS:
            self._start(loop)
        self._look_later(loop)


async def predict_batch(predict: Predict, requests: Sequence[Request]) -> list[Outcome]:
    """Give each request its part of one prediction, or its error.

    What is wrong with one request does not fail the others: where the error may be one request's own, each half of the
    batch is predicted by itself, so that few calls find the few at fault.
    """
    if requests[0].trace is not None:  # else no request is traced
        callers.set(tuple(each.trace for each in requests if each.trace is not None))
    try:
        if len(requests) == 1:
            return [await predict(requests[0].beats)]
        answer = (await predict(join([each.beats for each in requests]))).answer
    except (InvalidBeat, ModelFailed, ContractBroken) as error:
        if len(requests) == 1:
            return [error]
        half = len(requests) // 2
        return await predict_batch(predict, requests[:half]) + await predict_batch(predict, requests[half:])
    except GatewayError as error:
        return [error] * len(requests)
    ends = accumulate((each.beats.count for each in requests), initial=0)
    return [Prediction(answer.rows(start, end)) for start, end in pairwise(ends)]
