"""Asks the candidate what another version has answered already, beside the requests and never instead of one."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from gateway.model import Answer
from gateway.payload.json_beats import AnyBeats
from gateway.telemetry.metrics import Metrics

THREADS: Final = 2
WAITING: Final = 16
LARGEST: Final = 64 * 2**10  # bytes of features

Ask = Callable[[int, AnyBeats], Answer]  # asks a version
Blame = Callable[[int, Exception], None]  # is told that the version failed, and how


class Shadow:
    """Takes answered beats as long as there is room, and compares in threads of its own."""

    def __init__(self, ask: Ask, metrics: Metrics, blame: Blame) -> None:
        self._ask = ask
        self._metrics = metrics
        self._blame = blame
        self._waiting: queue.Queue[tuple[int, AnyBeats, Answer]] = queue.Queue(WAITING)
        self._starting = threading.Lock()
        self._threads: list[threading.Thread] = []

    def offer(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        """Have `version` asked for beats that got an answer; drop them if they are many or many wait."""
        if beats.size > LARGEST:
            return
        self._start()
        try:
            self._waiting.put_nowait((version, beats, answer))
        except queue.Full:
            return

    def _start(self) -> None:
        with self._starting:
            while len(self._threads) < THREADS:
                self._threads.append(threading.Thread(target=self._work, name="shadow", daemon=True))
                self._threads[-1].start()

    def _work(self) -> None:
        while True:
            try:
                self._compare(*self._waiting.get())
            finally:
                self._waiting.task_done()

    def _compare(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        try:
            own = self._ask(version, beats)
        except Exception as error:  # a thread that ends would be missed
            self._blame(version, error)
            return
        pairs = zip(own.predicted_class, answer.predicted_class, strict=True)
        self._metrics.shadowed(version, answer.version, (a == b for a, b in pairs))

    def wait(self) -> None:
        """Block until nothing waits any more."""
        self._waiting.join()
