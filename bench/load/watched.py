"""A load that records each answer with its time, and runs actions in between."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf

from bench.load import arrivals
from bench.load.generator import Target
from bench.load.http_client import HttpClient
from bench.load.loops import LOOK_AGAIN, Loop
from bench.load.record import UNANSWERED, Window

PATIENCE = 20.0  # seconds for the last answers


@dataclass(frozen=True, slots=True)
class Note:
    """An answer: when its request was sent or due, its latency in seconds, and its fault or ""."""

    since: float
    seconds: float
    fault: str


@dataclass(frozen=True, slots=True)
class Step:
    """An action: `do` is called when `when` is True for the time and the number of answers."""

    when: Callable[[float, int], bool]
    do: Callable[[], object]


class Watched(Loop):
    """Sends until all steps are done, in order; a closed loop without `due`."""

    def __init__(
        self, connections: int, send: Callable[[int], None], steps: Iterable[Step], due: Iterator[float] | None
    ) -> None:
        super().__init__(connections, Window(0, inf), send, PATIENCE)
        self.notes: list[Note] = []
        self._steps = deque(steps)
        self._due = due
        self._next = next(due) if due else -inf
        self._waiting: deque[float] = deque()
        self._ended = 0.0

    def wake(self, now: float) -> float | None:
        """Send what is due while steps remain; return None after the last answers, or after waiting for them."""
        if self._steps and self._steps[0].when(now, len(self.notes)):
            self._steps.popleft().do()
        if self._steps:
            self._go_on(now)
            return min(max(self._next, now), now + LOOK_AGAIN) if self._due else now + LOOK_AGAIN
        self._ended = self._ended or now
        if self._since and now < self._ended + PATIENCE:
            return now + LOOK_AGAIN
        self.notes += [Note(since, inf, UNANSWERED) for since in self._since.values()]
        return None

    def answered(self, connection: int, fault: str, now: float) -> None:
        """Record an answer."""
        since = self._since[connection]
        self.notes.append(Note(since, now - since, fault))
        super().answered(connection, fault, now)

    def _counts(self, since: float, now: float) -> bool:
        return False  # the notes count

    def _go_on(self, now: float) -> None:
        if not self._steps:
            return
        if self._due is None:
            while self._free:
                self._dispatch(now)
            return
        while self._next <= now:
            self._waiting.append(self._next)
            self._next = next(self._due)
        while self._free and self._waiting:
            self._dispatch(self._waiting.popleft())


def ask(target: Target, connections: int, steps: Iterable[Step], rate: float | None = None) -> list[Note]:
    """Send until all steps are done, at `rate` requests per second or in a closed loop, and check every answer."""
    client = HttpClient(("127.0.0.1", target.port), target.request, connections, target.check)
    due = arrivals.steady(time.monotonic(), rate) if rate else None
    loop = Watched(connections, client.send, steps, due)
    try:
        client.drive(loop)
    finally:
        client.close()
    return loop.notes
