"""The loads: beats per request, connections and rate."""

from collections.abc import Iterable
from dataclasses import dataclass

STEADY_RATE = 1000.0  # requests per second, which most servers hold on two cores; makes latencies comparable


@dataclass(frozen=True, slots=True)
class Scenario:
    """One load; a closed loop unless `half` or `rate` is given.

    `half`: an open loop at half of the contender's requests per second in a closed loop on 64 connections. `rate`: an
    open loop at this many requests per second, the same for every contender. `longer`: a factor of the duration, for
    loads with few requests per second. `key`: the name on the command line.
    """

    name: str
    beats: int
    connections: int
    half: bool = False
    longer: int = 1
    rate: float | None = None
    key: str = ""


SINGLE = {
    count: Scenario(f"1 beat, {count} connection{'s' * (count > 1)}", 1, count, key=f"connections-{count}")
    for count in (1, 8, 64, 256)
}
BATCH = {
    16: Scenario("16 beats, 8 connections", 16, 8, key="beats-16"),
    256: Scenario("256 beats, 8 connections", 256, 8, key="beats-256"),
    4096: Scenario("4096 beats, 4 connections", 4096, 4, longer=2, key="beats-4096"),
}
HALF = Scenario("1 beat, half load", 1, 64, half=True, key="half")
# twice as long: in one second, the p99 would depend on ten requests
RATE = Scenario(f"1 beat, {STEADY_RATE:g} requests/s", 1, 64, longer=2, rate=STEADY_RATE, key="rate")
ALL = (*SINGLE.values(), HALF, RATE, *BATCH.values())
QUICK = (SINGLE[1], SINGLE[64], HALF, RATE, BATCH[4096])
BUSY = SINGLE[64]
WITHOUT_NETWORK = (SINGLE[1], *BATCH.values())  # calls in the same process have no connections
AS_A_LIMIT = (SINGLE[1], BUSY, BATCH[4096])  # for the model server with a model of zeros
# On the command line: one scenario, or all whose names begin with "connections-" or "beats-".
NAMES = {
    "connections": tuple(SINGLE.values()),
    "beats": tuple(BATCH.values()),
    **{scenario.key: (scenario,) for scenario in ALL},
}


def named(names: Iterable[str]) -> tuple[Scenario, ...]:
    """Return the scenarios for command-line names, in the order of measurement.

    The scenario for 64 connections is added to half load, which needs its rate. Raises KeyError for an unknown name.
    """
    chosen = {scenario for name in names for scenario in NAMES[name]}
    if HALF in chosen:
        chosen.add(BUSY)
    return tuple(scenario for scenario in ALL if scenario in chosen)


def by_size(scenarios: Iterable[Scenario]) -> list[list[Scenario]]:
    """Split scenarios into single beats and batches, without empty parts.

    The memory of a batch is not always released, so batches are measured after all rounds of single beats.
    """
    scenarios = list(scenarios)
    single = [scenario for scenario in scenarios if scenario.beats == 1]
    return [part for part in (single, [each for each in scenarios if each not in single]) if part]
