"""The micro-batcher: joins the requests that arrive during a Predict into the next Predict.

It delays a call only for callers that just got an answer, if they return sooner than a call takes (return_times.py).
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
from gateway.inference.return_times import ReturnTimes
from gateway.payload.beats import JsonBeats, join
from gateway.settings import Settings
from gateway.telemetry.tracing import callers

BATCH_BEATS: Final = 1024  # no further request joins a batch of so many beats (chosen by hand)
CALLS: Final = 8  # parallel calls of a process (chosen by hand)
# Seconds that a request waits for the calls in flight before another call starts in parallel, because their model
# server may hang. Some ten times the duration of a usual call; chosen by hand.
PATIENCE: Final = 0.05
_FULL: Final = "Too many requests wait for the model server; try again in a moment"


@dataclass(frozen=True, slots=True)
class Request:
    """The beats of one caller, its deadline, and its client name and trace if it has them."""

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
    since: float  # time of the event loop's clock, in seconds


class MicroBatcher:
    """Predicts many requests with few calls of `predict_each`; for one event loop."""

    def __init__(
        self, predict_each: PredictEach, settings: Settings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._predict_each = predict_each
        self._clock = clock  # uvloop's clock has a resolution of only 1 ms
        self._settings = settings
        # the earliest deadline holds for a batch, so a request that waited long must leave the others time for a retry
        self._longest_wait = min(settings.max_waiting_seconds, settings.deadline_seconds / 2)
        self._waiting: deque[_Waiting] = deque()
        self._calls = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_check_scheduled = False
        self._return_times = ReturnTimes()
        self._expected = 0  # callers of the last call, and callers that waited when it ended
        self._gathering: asyncio.TimerHandle | None = None

    async def predict(self, request: Request) -> Prediction:
        """Return the prediction for a request.

        Raises:
            ModelOverloaded: Too many requests wait, or this one has waited too long.
            GatewayError: The prediction failed.
        """
        self.check_room()
        if request.trace is not None:
            request.trace.begin_wait()
        loop = asyncio.get_running_loop()
        self._return_times.request_arrived(self._clock())
        if not self._calls and not self._waiting and not self._may_gather(1):
            (outcome,) = await self._call([request])  # in this task, because nobody else waits for the outcome
        else:
            mine = _Waiting(request, loop.create_future(), loop.time())
            self._waiting.append(mine)
            if not self._calls:
                self._gather(loop)
            self._schedule_check(loop)
            outcome = await mine.outcome
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def check_room(self) -> None:
        """Raise ModelOverloaded if too many requests wait; call it before costly work on a request."""
        if len(self._waiting) >= self._settings.max_waiting:
            raise ModelOverloaded(_FULL, cause=f"{len(self._waiting)} wait")

    def _may_gather(self, waiting: int) -> bool:
        return waiting < self._expected and self._return_times.patience > 0

    def _gather(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a call now if all expected callers have arrived, otherwise after a short wait for them."""
        if not self._may_gather(len(self._waiting)):
            self._start(loop)
        elif self._waiting and self._gathering is None:
            self._gathering = loop.call_later(self._return_times.patience, self._start, loop)

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
            task = loop.create_task(self._call_for(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, requests: Sequence[Request]) -> Sequence[Outcome]:
        """Predict a batch, and start the next batch when it has ended."""
        loop = asyncio.get_running_loop()
        self._calls, began = self._calls + 1, self._clock()
        for each in requests:
            if each.trace is not None:
                each.trace.end_wait()
        try:
            return await self._predict_each(requests)
        finally:
            self._calls, now = self._calls - 1, self._clock()
            self._return_times.callers_answered(now, now - began, len(requests))
            self._expected = len(requests) + len(self._waiting)
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
        except asyncio.CancelledError:  # the worker ends, or the channel is closed
            for each in batch:
                each.outcome.cancel()
            raise
        for each, outcome in zip(batch, outcomes, strict=True):
            if not each.outcome.done():  # done: its caller went away
                each.outcome.set_result(outcome)

    def _schedule_check(self, loop: asyncio.AbstractEventLoop) -> None:
        """Schedule a check for when the first waiting request has waited for PATIENCE, or for PATIENCE from now."""
        if self._waiting and not self._is_check_scheduled:
            self._is_check_scheduled = True
            due, now = self._waiting[0].since + PATIENCE, loop.time()
            loop.call_at(due if due > now else now + PATIENCE, self._check_waiting, loop)

    def _check_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse requests that have waited too long, and start a parallel call for those that have waited long."""
        self._is_check_scheduled = False
        now = loop.time()
        while self._waiting and now - self._waiting[0].since > self._longest_wait:
            late = self._waiting.popleft()
            if not late.outcome.done():
                late.outcome.set_result(ModelOverloaded(_FULL, cause=f"{self._calls} calls do not answer"))
        if self._waiting and now >= self._waiting[0].since + PATIENCE and self._calls < CALLS:
            self._start(loop)
        self._schedule_check(loop)


async def predict_batch(predict: Predict, requests: Sequence[Request]) -> list[Outcome]:
    """Predict several requests with one call, and return each request's part of the answer, or its error.

    An invalid request does not fail the others: if one request may have caused the error, each half of the batch is
    predicted separately, and so on, so that few calls find the invalid requests.
    """
    if requests[0].trace is not None:  # tracing is on for all requests or for none
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
