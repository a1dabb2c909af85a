"""The loops with simulated time: when they send, and the record of a stalling server."""

import heapq
from collections.abc import Callable
from itertools import islice, pairwise
from math import inf, isnan

import pytest

from bench.load.arrivals import poisson, steady
from bench.load.loops import Closed, Loop, Open
from bench.load.record import UNANSWERED, Outcome, Record, Window, percentile

SERVICE = 0.001  # seconds that a request takes
NEVER = Window(inf, inf)


class World:
    """A server that handles one request at a time, and none while `stalled`."""

    def __init__(self, stalled: Window = NEVER, fault: Callable[[int], str] = lambda number: "") -> None:
        self.now = 0.0
        self.sent: list[tuple[float, int]] = []
        self._answers: list[tuple[float, int, str]] = []
        self._free_at = 0.0
        self._stalled = stalled
        self._fault = fault

    def send(self, connection: int) -> None:
        start = max(self.now, self._free_at)
        if start in self._stalled:
            start = self._stalled.end
        self._free_at = start + SERVICE
        self.sent.append((self.now, connection))
        heapq.heappush(self._answers, (self._free_at, connection, self._fault(len(self.sent))))

    def drive(self, loop: Loop) -> Outcome:
        while (wake := loop.wake(self.now)) is not None:
            if self._answers and self._answers[0][0] <= wake:
                self.now, connection, fault = heapq.heappop(self._answers)
                loop.answered(connection, fault, self.now)
            else:
                self.now = wake
        return Outcome.of(loop.record, 1.0)


WINDOW = Window(1.0, 11.0)
STALL = Window(5.0, 5.4)


def closed(world: World, connections: int = 1, window: Window = WINDOW) -> Outcome:
    return world.drive(Closed(connections, window, world.send, patience=1))


def opened(world: World, rate: float, connections: int = 1, window: Window = WINDOW, patience: float = 1) -> Outcome:
    return world.drive(Open(connections, window, world.send, patience, steady(0.0, rate)))


def test_an_open_loop_charges_a_stall_to_every_request_that_was_due_meanwhile():
    outcome = opened(World(STALL), rate=200)
    # 80 of the 2000 requests were due in those 0.4 s; the last of them waited for the others besides
    assert sum(latency > SERVICE * 2 for latency in outcome.latencies) >= 80
    assert outcome.latency(99) > 0.1
    assert max(outcome.latencies) == pytest.approx(0.4 + SERVICE, abs=0.005)


def test_a_closed_loop_hides_a_stall():
    outcome = closed(World(STALL))
    assert outcome.latency(99) == pytest.approx(SERVICE)
    assert sum(latency > 0.1 for latency in outcome.latencies) == 1


def test_latency_counts_from_the_due_time_also_without_a_free_connection():
    few, many = opened(World(STALL), rate=200, connections=1), opened(World(STALL), rate=200, connections=256)
    assert sorted(few.latencies) == pytest.approx(sorted(many.latencies))
    # how late they were sent is reported separately, and is no latency of the server's
    assert few.delay > 0.1
    assert many.delay == pytest.approx(0, abs=1e-9)


def test_a_rate_beyond_the_server_is_not_held_and_the_waiting_shows():
    outcome = opened(World(), rate=2000, window=Window(1.0, 2.0), patience=0.2)
    # from the first second on it is ever further behind: half of what is due within the window is never answered
    assert outcome.faults[UNANSWERED] > 0
    assert len(outcome.latencies) + outcome.faults[UNANSWERED] == pytest.approx(2000, abs=2)
    assert outcome.latency(50) > 0.5


def test_a_rate_is_held_if_its_answers_arrive_within_the_window():
    """With patience every request is answered in the end, so their number alone does not show the stall."""
    window = Window(1.0, 2.0)
    held, behind = (opened(World(), rate, window=window, patience=10) for rate in (500, 2000))
    assert held.achieved_rate == pytest.approx(500, abs=2)
    assert behind.achieved_rate == pytest.approx(1 / SERVICE, abs=2)
    assert behind.per_second == pytest.approx(2000, abs=2)


def test_an_open_loop_ends_when_the_last_answers_have_come():
    world = World(stalled=Window(10.9, 11.5))
    outcome = opened(world, rate=100)
    assert not outcome.faults
    assert len(outcome.latencies) == pytest.approx(1000, abs=1)
    assert world.now == pytest.approx(11.5, abs=0.1)


@pytest.mark.parametrize("run", [closed, lambda world: opened(world, rate=100)])
def test_no_loop_waits_longer_than_its_patience(run):
    world = World(Window(5.0, inf))
    outcome = run(world)
    assert world.now < WINDOW.end + 1.1
    assert outcome.faults[UNANSWERED] >= 1


def test_a_closed_loop_keeps_every_connection_busy_and_no_more():
    world = World()
    outcome = closed(world, connections=8)
    assert outcome.latency(50) == pytest.approx(8 * SERVICE)
    assert {connection for _, connection in world.sent} == set(range(8))
    assert len(outcome.latencies) == pytest.approx(WINDOW.seconds / SERVICE, abs=2)


def test_the_warm_up_does_not_count():
    outcome = closed(World(Window(0.2, 0.7)))
    assert max(outcome.latencies) < 0.01
    outcome = opened(World(Window(0.2, 0.7)), rate=100)
    assert max(outcome.latencies) < 0.01


@pytest.mark.parametrize("run", [closed, lambda world: opened(world, rate=100)])
def test_nothing_is_sent_after_the_window(run):
    world = World()
    run(world)
    assert max(moment for moment, _ in world.sent) < WINDOW.end


def test_faults_are_counted_by_kind_and_have_no_latency():
    outcome = closed(World(fault=lambda number: {1: "503", 2: "wrong answer"}.get(number % 4, "")))
    assert outcome.faults["503"] == pytest.approx(2500, abs=2)
    assert outcome.faults["wrong answer"] == pytest.approx(2500, abs=2)
    assert len(outcome.latencies) == pytest.approx(5000, abs=2)
    assert outcome.per_second == len(outcome.latencies)


@pytest.mark.parametrize(("percent", "wanted"), [(0, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)])
def test_a_percentile_is_a_value_that_was_measured(percent, wanted):
    assert percentile([*range(100, 0, -1)], percent) == wanted


def test_there_is_no_percentile_of_nothing():
    assert isnan(percentile([], 50))
    assert isnan(Outcome.of(Record(), 1.0).delay)


def test_poisson_arrivals_have_the_rate_and_are_irregular():
    due = list(islice(poisson(10.0, 100.0), 10_000))
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert due[0] > 10.0
    assert len(gaps) / sum(gaps) == pytest.approx(100, rel=0.05)
    # most are shorter than the mean, as of an exponential distribution
    assert sum(gap < 0.01 for gap in gaps) / len(gaps) == pytest.approx(1 - 1 / 2.71828, abs=0.02)


def test_steady_arrivals_do_not_drift():
    assert list(islice(steady(1.0, 3.0), 4)) == pytest.approx([1, 4 / 3, 5 / 3, 2])
