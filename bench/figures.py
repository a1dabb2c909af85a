"""The figures of one measurement."""

from dataclasses import dataclass
from math import nan

from bench.load.record import WRONG, Outcome
from bench.processes import Memory
from bench.scenarios import Scenario

# Minimum share of an open loop's rate for a contender to count as holding it. At 1000 requests/s over 2.5 s the rest is
# 125 requests, more than 64 connections have in flight, so the end of the window alone cannot make a contender fail.
HELD = 0.95


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one measurement, in seconds and bytes; CPU time of contender and generator separately."""

    contender: str
    scenario: str
    round: int
    requests_per_second: float
    samples_per_second: float
    p50: float
    p99: float
    cpu_per_1000: float  # CPU seconds per 1000 beats
    cores: float
    generator_cores: float
    memory: int
    worker_memory: int
    faults: dict[str, int]
    rate: float | None  # requests per second to send, in an open loop
    delay: float | None  # 99th percentile of the delay of sending
    achieved_rate: float | None  # right answers per second by arrival time, in an open loop

    @property
    def held(self) -> bool:
        """Whether the contender kept up with the rate of an open loop; always True for a closed loop."""
        return self.rate is None or (self.achieved_rate or 0.0) >= HELD * self.rate

    @property
    def answered(self) -> bool:
        """Whether there was any right answer."""
        return self.requests_per_second > 0

    @property
    def wrong(self) -> bool:
        """Whether any checked answer was wrong."""
        return WRONG in self.faults


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds of contender and generator within a window."""

    contender: float
    generator: float


def figures(
    contender: str, scenario: Scenario, outcome: Outcome, used: Used, memory: Memory, rate: float | None
) -> Figures:
    """Return the figures of a measurement, as round 0."""
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
        achieved_rate=None if rate is None else outcome.achieved_rate,
    )
