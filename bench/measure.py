"""One measurement: the load generator asks, and what the contender's processes use meanwhile is read."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import nan
from typing import Protocol, Self

import psutil

from bench import direct
from bench.contenders import Contender
from bench.contracts import Beat
from bench.load.generator import Arrivals, Load, Target, first_fault, generate, process
from bench.load.record import WRONG, Outcome, Window
from bench.processes import Memory, Processes, cpu_seconds
from bench.scenarios import Scenario

WARM_UP_SECONDS = 0.5
PATIENT = 3  # times as long for contenders that answer slowly
START_SECONDS = 180
BETWEEN_LOOKS = 0.05


class NotStarted(Exception):
    """A contender does not run or answers wrongly; the message says so."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one measurement gave. Seconds, bytes; the CPU time of the contender and of the generator apart."""

    contender: str
    scenario: str
    round: int
    requests_per_second: float
    samples_per_second: float
    p50: float
    p99: float
    cpu_per_1000: float  # seconds for so many beats
    cores: float
    generator_cores: float
    memory: int
    worker_memory: int
    faults: dict[str, int]
    rate: float | None  # requests a second that were to be sent, in an open loop
    delay: float | None  # 99 of 100 of them left at most so late

    @property
    def answered(self) -> bool:
        """Whether any right answer came."""
        return self.requests_per_second > 0

    @property
    def wrong(self) -> bool:
        """Whether any answer was looked at and found wrong."""
        return WRONG in self.faults


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds within a window."""

    contender: float
    generator: float


def figures(
    contender: str, scenario: Scenario, outcome: Outcome, used: Used, memory: Memory, rate: float | None
) -> Figures:
    """Put a measurement together, of round 0."""
    samples = len(outcome.latencies) * scenario.beats
    return Figures(
        contender=contender,
        scenario=scenario.name,
        round=0,
        requests_per_second=outcome.per_second,
        samples_per_second=samples / outcome.seconds,
        p50=outcome.latency(50),
        p99=outcome.latency(99),
        cpu_per_1000=used.contender / samples * 1000 if samples else nan,
        cores=used.contender / outcome.seconds,
        generator_cores=used.generator / outcome.seconds,
        memory=memory.total,
        worker_memory=memory.worker,
        faults=dict(outcome.faults),
        rate=rate,
        delay=None if rate is None else outcome.delay,
    )


class Generator:
    """The load generator: a process of its own, on `cores`, as long as the block."""

    def __init__(self, cores: frozenset[int]) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=os.sched_setaffinity, initargs=(0, cores)
        )
        self.process = psutil.Process(self._pool.submit(process).result())

    def first_fault(self, target: Target) -> str:
        """What was wrong with the answer to a first request, or empty."""
        return self._pool.submit(first_fault, target).result()

    def run(self, target: Target, load: Load, processes: Processes) -> tuple[Outcome, Used]:
        """Have the load generated, and read the CPU time within the window."""
        asking = self._pool.submit(generate, target, load)
        used = self._used(load.window, processes)
        return asking.result(), used

    def load(self, version: str) -> None:
        """Have the SavedModel loaded in the process itself."""
        self._pool.submit(direct.load, version).result()

    def calls(self, version: str, beats: Sequence[Beat], window: Window) -> tuple[Outcome, Used]:
        """Have the SavedModel called in the process itself, whose CPU time is the contender's then."""
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


class Measured(Protocol):
    """Whoever can be measured."""

    @property
    def name(self) -> str:
        """Of the contender."""

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """Ask as `scenario` says for `seconds`, after a warm-up; `rate` in requests a second for an open loop."""


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that answers."""

    contender: Contender
    processes: Processes
    port: int
    start_seconds: float  # until the first right answer
    generator: Generator
    beats: Sequence[Beat]
    arrivals: Arrivals = "steady"

    @property
    def name(self) -> str:
        """Of the contender."""
        return self.contender.name

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """See Measured."""
        longer = (PATIENT if self.contender.patient else 1) * scenario.longer
        window = _window(WARM_UP_SECONDS * longer, seconds * longer)
        target = self.contender.contract.target(self.port, self.beats[: scenario.beats])
        load = Load(scenario.connections, rate, window, arrivals=self.arrivals)
        outcome, used = self.generator.run(target, load, self.processes)
        return figures(self.name, scenario, outcome, used, self.processes.memory(), rate)


@dataclass(frozen=True, slots=True)
class Direct:
    """The SavedModel in the process of a generator that does nothing else."""

    generator: Generator
    version: str
    beats: Sequence[Beat]
    name: str = "direct"

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """One call after another, whatever the connections."""
        window = _window(WARM_UP_SECONDS, seconds * scenario.longer)
        outcome, used = self.generator.calls(self.version, self.beats[: scenario.beats], window)
        resident = self.generator.process.memory_info().rss
        return figures(self.name, scenario, outcome, used, Memory(resident, resident), rate)


def _window(warm_up: float, seconds: float) -> Window:
    start = time.monotonic() + warm_up
    return Window(start, start + seconds)


def started(
    contender: Contender, processes: Processes, port: int, generator: Generator, beats: Sequence[Beat]
) -> Running:
    """Wait for the first right answer; raise NotStarted if none comes."""
    start = time.monotonic()
    target = contender.contract.target(port, beats[:1])
    while fault := generator.first_fault(target):
        if fault == WRONG:
            raise NotStarted(f"{contender.name} answers wrongly")
        if processes.ended():
            raise NotStarted(f"{contender.name}: a process ended; {processes.log} says why")
        if time.monotonic() - start > START_SECONDS:
            raise NotStarted(f"{contender.name}: no answer in {START_SECONDS} s ({fault}); {processes.log} may say why")
        time.sleep(BETWEEN_LOOKS)
    return Running(contender, processes, port, time.monotonic() - start, generator, beats)
