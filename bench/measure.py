"""Contenders that run, and measuring them: the load generator asks, and what their processes use is read."""

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
PATIENT = 3  # times as long for contenders that answer slowly
START_SECONDS = 180
BETWEEN_LOOKS = 0.05
AWAKE_SECONDS = 2.0  # from when a contender goes on until it is asked


class NotStarted(Exception):
    """A contender does not run or answers wrongly; the message says so."""


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
    restless: bool = False  # uses the machine while nobody asks, so it is stopped while others are measured

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
