"""Requests joined into batches, in simulated time: which requests wait, and for which event."""

import asyncio
import selectors
from array import array
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deadline import Deadline
from gateway.errors import GatewayError, ModelFailed, ModelOverloaded
from gateway.inference.micro_batcher import BATCH_BEATS, CALLS, PATIENCE, MicroBatcher, Outcome, Request, predict_batch
from gateway.inference.predictor import Prediction
from gateway.model import Answer
from gateway.payload.beats import Beat, Beats, JsonBeats
from gateway.settings import Settings


class Selector(selectors.SelectSelector):
    """Lets the time pass that a loop would have waited."""

    now = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "everybody waits, for ever"
        self.now += max(0.0, timeout)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that never really waits."""

    def __init__(self) -> None:
        self._scripted = Selector()
        super().__init__(self._scripted)

    def time(self) -> float:
        return self._scripted.now


Ask = Callable[[Sequence[Request]], Awaitable[Sequence[Outcome]]]


class Call:
    """One call of `predict_each`, which a test answers."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = requests
        self._may_end = asyncio.Event()

    async def outcome(self, ask: Ask) -> Sequence[Outcome]:
        await self._may_end.wait()
        return await ask(self.requests)

    def answer(self) -> None:
        self._may_end.set()

    @property
    def is_open(self) -> bool:
        return not self._may_end.is_set()


class Calls:
    """Every call so far; with `seconds`, each is answered after that time."""

    def __init__(self, ask: Ask, seconds: float | None = None) -> None:
        self.all: list[Call] = []
        self.most = 0  # at a time
        self._ask = ask
        self._seconds = seconds

    async def predict_each(self, requests: Sequence[Request]) -> Sequence[Outcome]:
        call = Call(requests)
        self.all.append(call)
        self.most = max(self.most, len(self.open))
        if self._seconds is not None:
            asyncio.get_running_loop().call_later(self._seconds, call.answer)
        return await call.outcome(self._ask)

    @property
    def open(self) -> list[Call]:
        return [call for call in self.all if call.is_open]

    @property
    def sizes(self) -> list[int]:
        """Requests in each call."""
        return [len(call.requests) for call in self.all]


def beats(*firsts: float) -> Beats:
    return Beats(tuple(Beat(array("f", [first, 0, 0]), None) for first in firsts), batch=True)


async def predict(asked: JsonBeats) -> Prediction:
    """The model: answers each beat with its own first value."""
    firsts = [int(beat.values[0]) for beat in asked.beats]
    return Prediction(Answer(1, firsts, [float(first) for first in firsts], [[float(first)] for first in firsts]))


async def ask(requests: Sequence[Request]) -> list[Outcome]:
    return await predict_batch(predict, requests)


class World:
    """A micro-batcher, its calls, and clients."""

    def __init__(self, calls: Calls, **changed: Any):
        self.calls = calls
        self.loop = asyncio.get_running_loop()
        self._batcher = MicroBatcher(calls.predict_each, replace(Settings(), **changed), self.loop.time)
        self.answered_at: dict[float, float] = {}  # by the first beat's first value

    def come(self, *firsts: float) -> "asyncio.Task[list[int]]":
        return self.loop.create_task(self._ask(firsts))

    async def _ask(self, firsts: Sequence[float]) -> list[int]:
        try:
            return (await self._batcher.predict(Request(beats(*firsts), Deadline(3600)))).answer.predicted_class
        finally:
            self.answered_at[firsts[0]] = self.loop.time()


async def settle() -> None:
    """Run all tasks as far as they get without time passing."""
    for _ in range(8):
        await asyncio.sleep(0)


Test = Callable[[World], Coroutine[Any, Any, None]]


def in_a_world(test: Test, seconds: float | None = None, ask: Ask = ask, **changed: Any) -> None:
    async def inside() -> None:
        await test(World(Calls(ask, seconds), **changed))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(inside())


def test_no_request_waits_when_idle():
    async def test(world: World) -> None:
        for number in range(3):
            one = world.come(number)
            await settle()
            assert world.calls.sizes == [1] * (number + 1)
            world.calls.all[-1].answer()
            assert await one == [number]
        assert world.loop.time() == 0

    in_a_world(test)


def test_requests_that_arrive_during_a_call_are_joined_in_the_next():
    async def test(world: World) -> None:
        first = world.come(0)
        await settle()
        others = [world.come(number) for number in range(1, 6)]
        await settle()
        assert world.calls.sizes == [1]
        world.calls.all[0].answer()
        assert await first == [0]
        assert world.calls.sizes == [1, 5]
        late = world.come(6)
        await settle()
        world.calls.all[1].answer()
        assert await asyncio.gather(*others) == [[1], [2], [3], [4], [5]]
        world.calls.all[2].answer()
        assert await late == [6]

    in_a_world(test)


def test_a_call_takes_no_more_beats_than_fit():
    async def test(world: World) -> None:
        half = range(BATCH_BEATS // 2)
        coming = [world.come(0), *(world.come(*half) for _ in range(3))]
        await settle()
        while world.calls.open:
            world.calls.open[0].answer()
            await settle()
        assert world.calls.sizes == [1, 2, 1]
        assert [len(rows) for rows in await asyncio.gather(*coming)] == [1, *[len(half)] * 3]

    in_a_world(test)


def test_calls_that_answer_soon_are_made_one_at_a_time():
    """However long the requests keep coming."""

    async def test(world: World) -> None:
        coming = []
        for number in range(500):
            coming.append(world.come(number))
            await asyncio.sleep(PATIENCE / 50)
        assert await asyncio.gather(*coming) == [[number] for number in range(500)]
        assert world.calls.most == 1
        assert len(world.calls.all) == pytest.approx(50, abs=3)  # with about ten requests each

    in_a_world(test, seconds=PATIENCE / 5)


async def closed_loop(world: World, callers: int, rounds: int, pause: float) -> None:
    """Each caller asks again `pause` seconds after its answer."""

    async def caller(number: int) -> None:
        for _ in range(rounds):
            assert await world.come(number) == [number]
            await asyncio.sleep(pause)

    await asyncio.gather(*map(caller, range(callers)))


def test_callers_that_return_soon_are_waited_for():
    async def test(world: World) -> None:
        await closed_loop(world, callers=8, rounds=50, pause=0.002)
        assert world.calls.sizes[5:45] == [8] * 40

    in_a_world(test, seconds=0.01)


def test_callers_that_return_late_are_not_waited_for():
    async def test(world: World) -> None:
        await closed_loop(world, callers=8, rounds=50, pause=0.02)
        assert 8 not in world.calls.sizes

    in_a_world(test, seconds=0.01)


def test_the_last_of_many_callers_waits_once():
    async def test(world: World) -> None:
        await closed_loop(world, callers=8, rounds=50, pause=0.002)
        await asyncio.sleep(1)
        began = world.loop.time()
        assert await world.come(0) == [0]
        assert 0.01 < world.loop.time() - began <= 0.02
        began = world.loop.time()
        assert await world.come(1) == [1]
        assert world.loop.time() - began == pytest.approx(0.01)

    in_a_world(test, seconds=0.01)


def test_a_call_that_hangs_does_not_stop_the_others():
    async def test(world: World) -> None:
        stuck = world.come(0)
        await settle()
        others = [world.come(number) for number in (1, 2)]
        await asyncio.sleep(PATIENCE * 0.9)
        assert world.calls.sizes == [1]
        await asyncio.sleep(PATIENCE * 0.2)
        assert world.calls.sizes == [1, 2]
        world.calls.all[1].answer()
        assert await asyncio.gather(*others) == [[1], [2]]
        world.calls.all[0].answer()
        assert await stuck == [0]

    in_a_world(test)


def test_calls_are_limited_and_a_request_that_waits_too_long_gets_an_error():
    async def test(world: World) -> None:
        coming = []
        for number in range(CALLS + 5):
            coming.append(world.come(number))
            await asyncio.sleep(PATIENCE * 1.5)
        assert len(world.calls.open) == CALLS
        await asyncio.sleep(1.0 + PATIENCE)
        waited = [each for each in coming if each.done()]
        assert waited == coming[CALLS:]
        for number, each in enumerate(waited, CALLS):
            with pytest.raises(ModelOverloaded, match="try again"):
                each.result()
            assert 1.0 <= world.answered_at[number] - number * PATIENCE * 1.5 <= 1.0 + 2 * PATIENCE
        for call in world.calls.open:
            call.answer()
        assert await asyncio.gather(*coming[:CALLS]) == [[number] for number in range(CALLS)]
        assert world.calls.most == CALLS
        again = world.come(99)
        await settle()
        world.calls.all[-1].answer()
        assert await again == [99]

    in_a_world(test, max_waiting_seconds=1.0)


def test_a_request_beyond_the_queue_is_rejected_at_once_and_the_queue_empties():
    async def test(world: World) -> None:
        coming = [world.come(number) for number in range(4)]
        await settle()
        for number in (4, 5):
            with pytest.raises(ModelOverloaded, match="try again") as refused:
                await world.come(number)
            assert refused.value.cause == "3 wait"
        assert world.loop.time() == 0
        world.calls.all[0].answer()
        await settle()
        coming += [world.come(number) for number in (6, 7, 8)]
        await settle()
        while world.calls.open:
            world.calls.open[0].answer()
            await settle()
        assert await asyncio.gather(*coming) == [[0], [1], [2], [3], [6], [7], [8]]
        assert world.calls.sizes == [1, 3, 3]

    in_a_world(test, max_waiting=3)


@pytest.mark.parametrize("when", ["waiting", "asked"])
def test_a_cancelled_caller_does_not_affect_its_batch(when):
    async def test(world: World) -> None:
        first = world.come(0)
        await settle()
        gone, mate = world.come(1), world.come(2)
        await settle()
        if when == "asked":
            world.calls.all[0].answer()
            await settle()
        gone.cancel()
        await settle()
        assert gone.cancelled()
        while world.calls.open:
            world.calls.open[0].answer()
            await settle()
        assert [await first, await mate] == [[0], [2]]

    in_a_world(test)


def test_an_unexpected_error_reaches_all_requests_of_the_batch_and_no_other():
    async def broken(requests: Sequence[Request]) -> Sequence[Outcome]:
        if len(requests) > 1:
            raise ZeroDivisionError
        return await ask(requests)

    async def test(world: World) -> None:
        first = world.come(0)
        await settle()
        mates = [world.come(number) for number in (1, 2)]
        await settle()
        world.calls.all[0].answer()
        await settle()
        last = world.come(3)
        await settle()
        world.calls.all[1].answer()
        for mate in mates:
            with pytest.raises(ZeroDivisionError):
                await mate
        await settle()
        world.calls.all[2].answer()
        assert [await first, await last] == [[0], [3]]

    in_a_world(test, ask=broken)


def test_a_cancelled_call_leaves_no_request_waiting():
    async def cancelled(requests: Sequence[Request]) -> Sequence[Outcome]:
        raise asyncio.CancelledError

    async def test(world: World) -> None:
        coming = [world.come(number) for number in range(3)]
        results = await asyncio.gather(*coming, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 3

    in_a_world(test, seconds=0.001, ask=cancelled)


def test_a_waiting_request_has_time_left_for_the_call_and_a_retry():
    """If the deadline is shorter than the longest wait, half of it is for the call."""

    async def test(world: World) -> None:
        coming = []
        for number in range(CALLS + 1):
            coming.append(world.come(number))
            await asyncio.sleep(PATIENCE * 1.5)
        await asyncio.sleep(0.5)
        with pytest.raises(ModelOverloaded):
            coming[-1].result()
        for call in world.calls.open:
            call.answer()
        await asyncio.gather(*coming[:CALLS])

    in_a_world(test, deadline_seconds=1.0, max_waiting_seconds=60.0)


def test_an_error_goes_to_its_request():
    async def picky(requests: Sequence[Request]) -> list[Outcome]:
        return [
            ModelFailed("scripted") if request.beats.beats[0].values[0] == 2 else await predict(request.beats)
            for request in requests
        ]

    async def test(world: World) -> None:
        coming = [world.come(number) for number in range(4)]
        results = await asyncio.gather(*coming, return_exceptions=True)
        assert [type(result) for result in results] == [list, list, ModelFailed, list]

    in_a_world(test, seconds=0.001, ask=picky)


@given(
    coming=st.lists(st.tuples(st.floats(0, 0.1), st.integers(1, 5)), max_size=30),
    seconds=st.sampled_from([0.0, 0.001, 0.02, 0.2]),
    room=st.sampled_from([3, 512]),
)
def test_each_request_gets_its_own_rows(coming, seconds, room):
    """Requests of any sizes at any times: each gets one answer, its own beats in order or that there was no room."""

    async def test(world: World) -> None:
        tasks, wanted, at = [], [], 0
        for pause, size in coming:
            await asyncio.sleep(pause)
            wanted.append([*range(at, at + size)])
            tasks.append(world.come(*wanted[-1]))
            at += size
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result, rows in zip(results, wanted, strict=True):
            assert result == rows or isinstance(result, ModelOverloaded)
        if room > len(coming):
            assert results == wanted
        assert world.calls.most <= CALLS
        asked = [request for call in world.calls.all for request in call.requests]
        assert len(asked) == sum(not isinstance(result, GatewayError) for result in results)

    in_a_world(test, seconds=seconds, max_waiting=room)
