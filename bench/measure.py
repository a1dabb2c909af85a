"""One measurement: the load generator asks, and what the contender's processes use meanwhile is read."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Self

import psutil

from bench.contenders import Contender
from bench.contracts import Beat
from bench.load.generator import Load, Target, generate, is_right, process
from bench.load.record import Outcome, Window
from bench.processes import Processes, cpu_seconds
from bench.scenarios import Scenario

WARM_UP_SECONDS = 0.5
PATIENT = 3  # times as long for contenders that answer slowly
START_SECONDS = 180
BETWEEN_LOOKS = 0.05


class NotStarted(Exception):
    """A contender does not run or answers wrongly; the message says so."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one measurement gave. Seconds, bytes; CPU seconds of the generator and of the contender apart."""

    contender: str
    scenario: str
    round: int
    requests_per_second: float
    samples_per_second: float
    p50: float
    p99: float
    cpu_per_1000: float
    cores: float
    generator_cores: float
    memory: int
    worker_memory: int
    faults: dict[str, int]
    rate: float | None
    delay: float

    def row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Generator:
    """The load generator: a process of its own, on `cores`, as long as the block."""

    def __init__(self, cores: frozenset[int]) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=os.sched_setaffinity, initargs=(0, cores)
        )
        self._process = psutil.Process(self._pool.submit(process).result())

    def is_right(self, target: Target) -> bool:
        """Whether a first request is answered rightly."""
        return self._pool.submit(is_right, target).result()

    def run(self, target: Target, load: Load, processes: Processes) -> tuple[Outcome, float, float]:
        """Give the outcome, and the CPU seconds within the window of the contender and of the generator."""
        asking = self._pool.submit(generate, target, load)
        _sleep_until(load.window.start)
        before, own = processes.cpu_seconds(), cpu_seconds([self._process])
        _sleep_until(load.window.end)
        after, own_after = processes.cpu_seconds(), cpu_seconds([self._process])
        return asking.result(), _spent(before, after), _spent(own, own_after)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _spent(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(seconds - before.get(number, 0.0) for number, seconds in after.items())


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that answers."""

    contender: Contender
    processes: Processes
    port: int
    start_seconds: float

    def measure(
        self, generator: Generator, scenario: Scenario, beats: Sequence[Beat], seconds: float, rate: float | None
    ) -> Figures:
        """Ask as `scenario` says for `seconds`, after a warm-up; `rate` in requests a second for an open loop."""
        longer = PATIENT if self.contender.patient else 1
        start = time.monotonic() + WARM_UP_SECONDS * longer
        load = Load(scenario.connections, rate, Window(start, start + seconds * longer))
        target = self.contender.contract.target(self.port, beats[: scenario.beats])
        outcome, cpu, own = generator.run(target, load, self.processes)
        memory = self.processes.memory()
        samples = len(outcome.latencies) * scenario.beats
        return Figures(
            contender=self.contender.name,
            scenario=scenario.name,
            round=0,
            requests_per_second=outcome.per_second,
            samples_per_second=samples / outcome.seconds,
            p50=outcome.latency(50),
            p99=outcome.latency(99),
            cpu_per_1000=cpu / samples * 1000 if samples else float("nan"),
            cores=cpu / outcome.seconds,
            generator_cores=own / outcome.seconds,
            memory=memory.total,
            worker_memory=memory.worker,
            faults=dict(outcome.faults),
            rate=rate,
            delay=outcome.delay,
        )


def started(
    contender: Contender, processes: Processes, port: int, generator: Generator, beats: Sequence[Beat]
) -> Running:
    """Wait for the first right answer; raise NotStarted if none comes."""
    start = time.monotonic()
    target = contender.contract.target(port, beats[:1])
    while not generator.is_right(target):
        if processes.ended():
            raise NotStarted(f"{contender.name}: a process ended; {processes.log} says why")
        if time.monotonic() - start > START_SECONDS:
            raise NotStarted(f"{contender.name}: no right answer in {START_SECONDS} s; {processes.log} may say why")
        time.sleep(BETWEEN_LOOKS)
    return Running(contender, processes, port, time.monotonic() - start)
