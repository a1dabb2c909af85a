"""The shadow: sends answered beats to the candidate too, in the background, and counts how often the answers agree."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.model import Answer
from gateway.payload.beats import AnyBeats
from gateway.telemetry.metrics import Metrics

# Limits so that comparisons cannot slow down requests; chosen by hand.
AT_ONCE: Final = 2  # comparisons in parallel
WAITING: Final = 16  # comparisons in parallel and in the queue together
LARGEST: Final = 64 * 2**10  # bytes of features in one comparison

Predict = Callable[[int, AnyBeats], Awaitable[Answer]]  # predicts with a version
ReportFailure = Callable[[int, Exception], None]  # gets the version that failed, and its error


class Shadow:
    """Compares answered beats while its queue has room; for one event loop."""

    def __init__(self, predict: Predict, metrics: Metrics, report_failure: ReportFailure) -> None:
        self._predict = predict
        self._metrics = metrics
        self._report_failure = report_failure
        self._room = asyncio.Semaphore(AT_ONCE)
        self._comparisons: set[asyncio.Task[None]] = set()

    def offer(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        """Compare `answer` with the answer of `version` later; do nothing if beats or comparisons are too many."""
        if beats.size > LARGEST or len(self._comparisons) >= WAITING:
            return
        comparison = asyncio.get_running_loop().create_task(self._compare(version, beats, answer))
        self._comparisons.add(comparison)
        comparison.add_done_callback(self._comparisons.discard)

    async def _compare(self, version: int, beats: AnyBeats, answer: Answer) -> None:
        async with self._room:
            try:
                own = await self._predict(version, beats)
            except Exception as error:  # no caller would see it
                self._report_failure(version, error)
                return
        pairs = zip(own.predicted_class, answer.predicted_class, strict=True)
        self._metrics.shadowed(version, answer.version, (a == b for a, b in pairs))

    async def wait(self) -> None:
        """Wait until all comparisons have ended."""
        while self._comparisons:
            await asyncio.wait(self._comparisons)

    async def close(self) -> None:
        """Cancel the comparisons that have not ended."""
        for comparison in self._comparisons:
            comparison.cancel()
        await asyncio.gather(*self._comparisons, return_exceptions=True)
