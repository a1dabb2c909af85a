"""Measures running contenders: latencies by the load generator, CPU time and memory of their processes."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from bench.contenders import Contender
from bench.contracts import Beat
from bench.figures import Figures, figures
from bench.generator import Generator
from bench.load.generator import Arrivals, Load
from bench.load.record import WRONG, Window
from bench.processes import Memory, Processes
from bench.scenarios import Scenario

WARM_UP_SECONDS = 0.5
PATIENT = 3  # factor of the duration for slow contenders
START_SECONDS = 180
BETWEEN_LOOKS = 0.05
AWAKE_SECONDS = 2.0  # from resuming a contender until its measurement


class NotStarted(Exception):
    """A contender did not start or answers wrongly."""


class Measured(Protocol):
    """The interface of everything that can be measured."""

    @property
    def name(self) -> str:
        """The contender's name."""

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """Measure a scenario for `seconds` after a warm-up; `rate` is requests per second, None for a closed loop."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running contender."""

    contender: Contender
    processes: Processes
    port: int
    start_seconds: float  # until the first right answer
    generator: Generator
    beats: Sequence[Beat]
    arrivals: Arrivals = "steady"
    restless: bool = False  # uses CPU while idle, so it is paused while others are measured

    @property
    def name(self) -> str:
        """Of the contender."""
        return self.contender.name

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """See Measured."""
        with self._awake():
            return self._measure(scenario, seconds, rate)

    @contextmanager
    def _awake(self) -> Iterator[None]:
        if self.restless:
            self.processes.go_on()
            time.sleep(AWAKE_SECONDS)
        yield
        if self.restless:
            self.processes.pause()

    def _measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        longer = max(PATIENT if self.contender.patient else 1, scenario.longer)
        window = _window(WARM_UP_SECONDS * longer, seconds * longer)
        target = self.contender.contract.target(self.port, self.beats[: scenario.beats])
        load = Load(scenario.connections, rate, window, arrivals=self.arrivals)
        outcome, used = self.generator.run(target, load, self.processes)
        return figures(self.name, scenario, outcome, used, self.processes.memory(), rate)


@dataclass(frozen=True, slots=True)
class Direct:
    """The SavedModel, called in the process of an idle generator."""

    generator: Generator
    version: str
    beats: Sequence[Beat]
    name: str = "direct"

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        """Measure one call after another; connections are ignored."""
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
    """Wait for the first right answer. Raises NotStarted without one."""
    start = time.monotonic()
    target = contender.contract.target(port, beats[:1])
    while fault := generator.first_fault(target):
        if fault == WRONG:
            raise NotStarted(f"{contender.name} answers wrongly")
        if processes.ended():
            raise NotStarted(f"{contender.name}: a process ended; see {processes.log}")
        if time.monotonic() - start > START_SECONDS:
            raise NotStarted(f"{contender.name}: no answer in {START_SECONDS} s ({fault}); see {processes.log}")
        time.sleep(BETWEEN_LOOKS)
    return Running(contender, processes, port, time.monotonic() - start, generator, beats)
