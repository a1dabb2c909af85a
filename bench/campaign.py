"""A whole run: all contenders are started, and then measured in turn, scenario by scenario, round by round.

In turn, since a shared machine is faster at one minute than at the next: figures that are compared were measured within
seconds. All rounds of single beats come before the first batch, so memory after single beats has no batch in it.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from bench.contenders import Contender, Place, free_ports
from bench.contracts import Beat
from bench.generator import Generator
from bench.load.generator import Arrivals
from bench.measure import Measured, NotStarted, Running, started
from bench.prepare import NotPrepared, environment
from bench.processes import Processes
from bench.results import Results
from bench.scenarios import BUSY, Scenario, by_size

IDLE_SECONDS = 2.0
SETTLE_SECONDS = 2.0  # after the last start
RESTLESS = 0.05  # of a core


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and on which cores."""

    seconds: float
    rounds: int
    arrivals: Arrivals
    servers: frozenset[int]
    generator: frozenset[int]


@dataclass(frozen=True, slots=True)
class Start:
    """How a contender started: seconds until the first right answer, then cores and bytes while nobody asks."""

    seconds: float
    idle_cores: float
    memory: int


def installed(contenders: Sequence[Contender], out: Path, results: Results) -> list[Contender]:
    """Install what they need, before anybody runs; who cannot be installed is missing in the results."""
    ready = []
    for contender in contenders:
        try:
            if contender.rival:
                environment(contender.rival, out)
            ready.append(contender)
        except NotPrepared as error:
            _miss(contender.name, error, results)
    return ready


def _miss(name: str, error: Exception, results: Results) -> None:
    results.missing[name] = str(error)
    print(f"{name} is not measured: {error}", flush=True)


def start(
    contenders: Sequence[Contender],
    place: Place,
    plan: Plan,
    beats: Sequence[Beat],
    generator: Generator,
    results: Results,
    stack: ExitStack,
) -> list[Running]:
    """Start one after another; who does not answer is missing in the results, and the others go on."""
    running = []
    for contender in contenders:
        try:
            running.append(_start(contender, place, plan, beats, generator, stack))
        except NotStarted as error:
            _miss(contender.name, error, results)
    return running


def _start(
    contender: Contender,
    place: Place,
    plan: Plan,
    beats: Sequence[Beat],
    generator: Generator,
    stack: ExitStack,
) -> Running:
    (port,) = free_ports(1)
    log = place.out / f"{contender.name}.log"
    with ExitStack() as failing:
        processes = Processes(contender.commands(place, port), log, plan.servers)
        failing.enter_context(processes)
        running = replace(started(contender, processes, port, generator, beats), arrivals=plan.arrivals)
        stack.enter_context(failing.pop_all())
    print(f"{contender.name}: the first right answer came after {running.start_seconds:.1f} s", flush=True)
    return running


def idle(running: Sequence[Running]) -> dict[str, Start]:
    """What they use while nobody asks, which burdens whoever is measured."""
    time.sleep(SETTLE_SECONDS)
    before = {each.name: sum(each.processes.cpu_seconds().values()) for each in running}
    time.sleep(IDLE_SECONDS)
    after = {each.name: sum(each.processes.cpu_seconds().values()) for each in running}
    return {
        each.name: Start(
            each.start_seconds,
            (after[each.name] - before[each.name]) / IDLE_SECONDS,
            each.processes.memory().total,
        )
        for each in running
    }


def quietened(running: Sequence[Running], starts: dict[str, Start]) -> list[Running]:
    """Stop those that use the machine while nobody asks; they go on when they are measured."""
    those = [replace(each, restless=starts[each.name].idle_cores > RESTLESS) for each in running]
    for each in those:
        if each.restless:
            each.processes.pause()
            print(f"{each.name} is stopped while others are measured: it is never idle", flush=True)
    return those


Asked = Sequence[tuple[Measured, Sequence[Scenario]]]


def measure(asked: Asked, scenarios: Sequence[Scenario], plan: Plan, results: Results) -> None:
    """Measure each contender in its scenarios, batches last; another contender begins in each round."""
    for part in by_size(scenarios):
        for number, scenario in product(range(plan.rounds), part):
            now = [each for each, own in asked if scenario in own and _can_run(each.name, scenario, results)]
            first = number % max(1, len(now))
            for each in now[first:] + now[:first]:
                _measure(each, scenario, plan.seconds, number, results)
            print(f"round {number + 1} of {plan.rounds}, {_progress(results, now, scenario)}", flush=True)


def _can_run(contender: str, scenario: Scenario, results: Results) -> bool:
    """Whether the contender still runs, and answers enough requests for the scenario's rate.

    One that does not would queue requests for seconds, into the measurements of the others.
    """
    return contender not in results.missing and results.within_reach(contender, scenario)


def _measure(measured: Measured, scenario: Scenario, seconds: float, number: int, results: Results) -> None:
    rate = half(results, measured.name) if scenario.half else scenario.rate
    try:
        figures = measured.measure(scenario, seconds, rate)
    except OSError as error:
        results.missing[measured.name] = f"no connections any more ({error}), from {scenario.name!r} on"
    else:
        results.figures.append(replace(figures, round=number))


def _progress(results: Results, now: Sequence[Measured], scenario: Scenario) -> str:
    latest = [(each.name, results.of(each.name, scenario)[-1]) for each in now if each.name not in results.missing]
    return f"{scenario.name}, beats/s: " + ", ".join(
        f"{name} {figures.samples_per_second:.0f}" for name, figures in latest
    )


def half(results: Results, contender: str) -> float:
    """Half of the requests a second that the contender did on 64 connections, at least one."""
    return max(1.0, (results.median(contender, BUSY, lambda figures: figures.requests_per_second) or 0.0) / 2)
