"""Invented figures of measurements."""

from typing import Any

from bench.figures import Figures
from bench.scenarios import Scenario


def figures(contender: str, scenario: Scenario, per_second: float = 100.0, number: int = 0, **more: Any) -> Figures:
    """Return a measurement of `per_second` requests without faults; `more` replaces the other figures."""
    values = {
        "p50": 0.001,
        "p99": 0.002,
        "cpu_per_1000": 0.5,
        "cores": 1.0,
        "generator_cores": 0.1,
        "memory": 10**8,
        "worker_memory": 5 * 10**7,
        "faults": {},
        "rate": None,
        "delay": None,
        "achieved_rate": None,
    }
    beats = per_second * scenario.beats
    return Figures(contender, scenario.name, number, per_second, beats, **{**values, **more})
