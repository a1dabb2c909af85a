"""Asks the candidate about beats that another version has answered already, and compares; no request waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.model import Answer
from gateway.payload.beats import AnyBeats
from gateway.telemetry.metrics import Metrics

AT_ONCE: Final = 2  # comparisons
WAITING: Final = 16  # comparisons, those under way included
LARGEST: Final = 64 * 2**10  # bytes of features

Ask = Callable[[int, AnyBeats], Awaitable[Answer]]  # asks a version
Blame = Callable[[int, Exception], None]  # is called with the version that failed, and how


class Shadow:
    """Takes answered beats as long as there is room; for one event loop."""

    def __init__(self, ask: Ask, metrics: Metrics, blame: Blame) -> None:
        self._ask = ask
        self._metrics = metrics
        self._blame = blame
        self._room = asyncio.Semaphore(AT_ONCE)
        self._comparisons: set[asyncio.Task[None]] = set()

    def offer(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        """Have `version` asked about beats that got an answer; drop them if they are many or many wait."""
        if beats.size > LARGEST or len(self._comparisons) >= WAITING:
            return
        comparison = asyncio.get_running_loop().create_task(self._compare(version, beats, answer))
        self._comparisons.add(comparison)
        comparison.add_done_callback(self._comparisons.discard)

    async def _compare(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        async with self._room:
            try:
                own = await self._ask(version, beats)
            except Exception as error:  # nobody else would see it
                self._blame(version, error)
                return
        pairs = zip(own.predicted_class, answer.predicted_class, strict=True)
        self._metrics.shadowed(version, answer.version, (a == b for a, b in pairs))

    async def wait(self) -> None:
        """Wait until nothing is to be compared any more."""
        while self._comparisons:
            await asyncio.wait(self._comparisons)

    async def close(self) -> None:
        """Drop what was not compared yet."""
        for comparison in self._comparisons:
            comparison.cancel()
        await asyncio.gather(*self._comparisons, return_exceptions=True)
