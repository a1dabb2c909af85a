"""A whole run: starts all contenders and measures them in turn, scenario by scenario, round by round.

They are measured in turn because the speed of a shared machine changes: figures that are compared were measured within
seconds. All rounds of single beats come before the first batch, so batches do not affect the memory after single beats.
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
RESTLESS = 0.05  # cores in use while idle


@dataclass(frozen=True, slots=True)
class Plan:
    """Duration, rounds, arrivals and cores of a run."""

    seconds: float
    rounds: int
    arrivals: Arrivals
    servers: frozenset[int]
    generator: frozenset[int]


@dataclass(frozen=True, slots=True)
class Start:
    """A contender's start: seconds until the first right answer, and cores and bytes while idle."""

    seconds: float
    idle_cores: float
    memory: int


def installed(contenders: Sequence[Contender], out: Path, results: Results) -> list[Contender]:
    """Install the contenders before any is started; return those that could be installed."""
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
    """Start the contenders one after another; those that do not answer are added to `results.missing`."""
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
    """Measure what the contenders use while idle, which slows down the others."""
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


def pause_restless(running: Sequence[Running], starts: dict[str, Start]) -> list[Running]:
    """Pause contenders that use the CPU while idle; they are resumed when they are measured."""
    marked = [replace(each, restless=starts[each.name].idle_cores > RESTLESS) for each in running]
    for each in marked:
        if each.restless:
            each.processes.pause()
            print(f"{each.name} is paused while others are measured: it is never idle", flush=True)
    return marked


Assignments = Sequence[tuple[Measured, Sequence[Scenario]]]


def measure(assignments: Assignments, scenarios: Sequence[Scenario], plan: Plan, results: Results) -> None:
    """Measure each contender in its scenarios, batches last; each round begins with another contender."""
    for part in by_size(scenarios):
        for number, scenario in product(range(plan.rounds), part):
            now = [each for each, own in assignments if scenario in own and _can_run(each.name, scenario, results)]
            first = number % max(1, len(now))
            for each in now[first:] + now[:first]:
                _measure(each, scenario, plan.seconds, number, results)
            print(f"round {number + 1} of {plan.rounds}, {_progress(results, now, scenario)}", flush=True)


def _can_run(contender: str, scenario: Scenario, results: Results) -> bool:
    """Return whether the contender still runs and can answer enough requests for the scenario's rate.

    Otherwise its queue of requests would affect the measurements of the others.
    """
    return contender not in results.missing and results.within_reach(contender, scenario)


def _measure(measured: Measured, scenario: Scenario, seconds: float, number: int, results: Results) -> None:
    rate = half(results, measured.name) if scenario.half else scenario.rate
    try:
        figures = measured.measure(scenario, seconds, rate)
    except OSError as error:
        results.missing[measured.name] = f"it accepts no connections ({error}) since {scenario.name!r}"
    else:
        results.figures.append(replace(figures, round=number))


def _progress(results: Results, now: Sequence[Measured], scenario: Scenario) -> str:
    latest = [(each.name, results.of(each.name, scenario)[-1]) for each in now if each.name not in results.missing]
    return f"{scenario.name}, beats/s: " + ", ".join(
        f"{name} {figures.samples_per_second:.0f}" for name, figures in latest
    )


def half(results: Results, contender: str) -> float:
    """Return half of the contender's requests per second on 64 connections, at least 1."""
    return max(1.0, (results.median(contender, BUSY, lambda figures: figures.requests_per_second) or 0.0) / 2)
