"""The load generator's process, and the measurement of CPU time during a load."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Self

import psutil

from bench import direct
from bench.contracts import Beat
from bench.figures import Used
from bench.load.generator import Load, Target, first_fault, generate, process
from bench.load.record import Outcome, Window
from bench.processes import Processes, cpu_seconds


class Generator:
    """The load generator: a separate process on `cores`, which ends with the `with` block."""

    def __init__(self, cores: frozenset[int]) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=os.sched_setaffinity, initargs=(0, cores)
        )
        self.process = psutil.Process(self._pool.submit(process).result())

    def first_fault(self, target: Target) -> str:
        """Send one request and return its fault, or ""."""
        return self._pool.submit(first_fault, target).result()

    def run(self, target: Target, load: Load, processes: Processes) -> tuple[Outcome, Used]:
        """Generate a load; return the outcome and the CPU time within the window."""
        asking = self._pool.submit(generate, target, load)
        used = self._used(load.window, processes)
        return asking.result(), used

    def load(self, version: str) -> None:
        """Load the SavedModel in the generator's process."""
        self._pool.submit(direct.load, version).result()

    def calls(self, version: str, beats: Sequence[Beat], window: Window) -> tuple[Outcome, Used]:
        """Call the SavedModel in the generator's process, whose CPU time then counts as the contender's."""
        asking = self._pool.submit(direct.calls, version, beats, window)
        used = self._used(window, None)
        return asking.result(), Used(used.generator, 0.0)

    def _used(self, window: Window, processes: Processes | None) -> Used:
        _sleep_until(window.start)
        before, own_before = processes.cpu_seconds() if processes else {}, cpu_seconds([self.process])
        _sleep_until(window.end)
        after, own_after = processes.cpu_seconds() if processes else {}, cpu_seconds([self.process])
        return Used(_spent(before, after), _spent(own_before, own_after))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _spent(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(seconds - before.get(number, 0.0) for number, seconds in after.items())
