"""Closed loops send when the last answer has come, open loops when a request is due.

A loop uses neither clock nor network: its caller passes the time and the answers, so it can be tested.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from math import inf

from bench.load.record import UNANSWERED, Record, Window

LOOK_AGAIN = 0.01  # seconds between two checks for the last answers


class Loop(ABC):
    """Sends on numbered connections, one request at a time on each, and records the answers."""

    def __init__(self, connections: int, window: Window, send: Callable[[int], None], patience: float) -> None:
        self.record = Record()
        self._window = window
        self._send = send
        self._patience = patience  # seconds after the window for the last answers
        self._free = deque(range(connections))
        self._since: dict[int, float] = {}  # start of the latency of each request in flight

    @abstractmethod
    def wake(self, now: float) -> float | None:
        """Send what is due at `now`; return the time of the next call, or None at the end."""

    def answered(self, connection: int, fault: str, now: float) -> None:
        """Record the answer on `connection`; `fault` is "" for a right one."""
        since = self._since.pop(connection)
        if not fault and now in self._window:
            self.record.finished += 1
        if self._counts(since, now):
            self.record.add(now - since, fault)
        self._free.append(connection)
        self._go_on(now)

    @abstractmethod
    def _counts(self, since: float, now: float) -> bool: ...

    @abstractmethod
    def _go_on(self, now: float) -> None: ...

    def _dispatch(self, since: float) -> None:
        connection = self._free.popleft()
        self._since[connection] = since
        self._send(connection)

    def _end(self, now: float, waiting: list[float]) -> float | None:
        """Wait for the last answers, which must not affect the next measurement; a missing one is a fault."""
        late = [*self._since.values(), *waiting]
        if late and now < self._window.end + self._patience:
            return now + LOOK_AGAIN
        for since in late:
            if self._counts(since, self._window.start):
                self.record.add(inf, UNANSWERED)
        return None


class Closed(Loop):
    """Each connection sends its next request after an answer; answers within the window count."""

    def wake(self, now: float) -> float | None:
        """Send on all free connections."""
        if now >= self._window.end:
            return self._end(now, [])
        self._go_on(now)
        return self._window.end

    def _counts(self, since: float, now: float) -> bool:
        return now in self._window

    def _go_on(self, now: float) -> None:
        while self._free and now < self._window.end:
            self._dispatch(now)


class Open(Loop):
    """Requests are due at given times, independent of earlier ones; requests due within the window count.

    Latency starts when a request is due. So a server that stalls is charged for every waiting request, even if no
    connection was free to send it (no "coordinated omission").
    """

    def __init__(
        self,
        connections: int,
        window: Window,
        send: Callable[[int], None],
        patience: float,
        arrivals: Iterator[float],
    ) -> None:
        super().__init__(connections, window, send, patience)
        self._arrivals = arrivals
        self._next = next(arrivals)
        self._waiting: deque[float] = deque()

    def wake(self, now: float) -> float | None:
        """Send the due requests on free connections."""
        while self._next <= now and self._next < self._window.end:
            self._waiting.append(self._next)
            self._next = next(self._arrivals)
        self._go_on(now)
        if self._next < self._window.end:
            return self._next
        return self._end(now, list(self._waiting))

    def _counts(self, since: float, now: float) -> bool:
        return since in self._window

    def _go_on(self, now: float) -> None:
        while self._free and self._waiting:
            due = self._waiting.popleft()
            if due in self._window:
                self.record.delays.append(now - due)
            self._dispatch(due)
