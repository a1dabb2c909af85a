"""A load with actions, in simulated time."""

from collections.abc import Iterator
from math import inf

from bench.load.arrivals import steady
from bench.load.record import UNANSWERED
from bench.load.watched import PATIENCE, Step, Watched


class World:
    """Sends are recorded; the test answers them."""

    def __init__(self, *steps: Step, connections: int = 2, due: Iterator[float] | None = None) -> None:
        self.sent: list[int] = []
        self.loop = Watched(connections, self.sent.append, steps, due)

    def answer(self, now: float, fault: str = "") -> None:
        self.loop.answered(self.sent.pop(0), fault, now)


def test_steps_are_done_in_their_order_and_end_the_load():
    done: list[str] = []
    first = Step(lambda now, _: now >= 1, lambda: done.append("stop"))
    last = Step(lambda _, answered: answered >= 2, lambda: done.append("end"))
    world = World(first, last, connections=1)
    for now in (0.0, 0.5, 1.0):
        assert world.loop.wake(now) is not None
    assert done == ["stop"]
    for now in (1.5, 2.0):
        world.answer(now)
    assert world.sent, "a closed loop asks again at once"
    assert world.loop.wake(2.0) is not None
    assert done == ["stop", "end"]
    world.answer(2.5)
    assert not world.sent
    assert world.loop.wake(2.5) is None
    assert [note.seconds for note in world.loop.notes] == [1.5, 0.5, 0.5]


def test_latency_counts_from_when_a_request_was_due():
    world = World(Step(lambda now, _: now >= 10, lambda: None), connections=1, due=steady(0.0, 1.0))
    world.loop.wake(0.0)
    world.loop.wake(2.0)
    world.answer(2.5)
    world.answer(2.6, fault="503")
    assert [(note.since, note.seconds, note.fault) for note in world.loop.notes] == [(0, 2.5, ""), (1, 1.6, "503")]


def test_a_request_without_an_answer_in_time_is_a_fault():
    world = World(Step(lambda now, _: now >= 1, lambda: None))
    world.loop.wake(0.0)
    assert world.loop.wake(1.0) is not None
    assert world.loop.wake(1.0 + PATIENCE) is None
    assert [(note.seconds, note.fault) for note in world.loop.notes] == [(inf, UNANSWERED)] * 2
