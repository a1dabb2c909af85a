"""`python -m bench.growth`: measure the gateway with growing connections, gateways and load, over loopback.

The cost of a request is only the gateways' CPU time, which a busy machine affects less than wall-clock time.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from statistics import fmean
from typing import Any

from bench import machine, prepare
from bench.contracts import recorded
from bench.figures import Figures
from bench.growth_pods import Pods, start
from bench.load.record import WRONG
from bench.measure import WARM_UP_SECONDS, NotStarted, Running
from bench.report import aligned
from bench.scenarios import Scenario

CONNECTIONS = (1, 8, 64, 256)
GATEWAYS = (1, 2, 4)
SERVERS = 2
EACH = 64  # connections to each gateway
CROWD = 2000  # connections in the overload: more than a worker accepts
TIMES = 2  # factor of the capacity in the overload
BATCH = 16  # beats per request in the overload, so that the load generator is not the limit
ROUNDS = 2
SOAK = 8  # number of memory measurements
SLOW = 3  # factor of the latency before the overload, below which the gateway has recovered
RECOVERY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """Combined measurements of one kind, in seconds and bytes; `shares` are the calls' shares by model server."""

    what: str
    requests_per_second: float
    p50: float
    p99: float
    cpu_per_1000: float
    worker_memory: int
    faults: dict[str, int]
    shares: list[float]


def row(what: str, figures: Sequence[Figures], calls: Sequence[float] = (), side_by_side: int = 1) -> Row:
    """Combine measurements of equal duration, of which `side_by_side` ran at the same time."""
    answered = sum(each.requests_per_second for each in figures)
    measured = [each for each in figures if each.answered]
    faults = sum((Counter(each.faults) for each in figures), Counter[str]())
    return Row(
        what,
        answered * side_by_side / len(figures),
        fmean(each.p50 for each in measured) if measured else nan,
        max((each.p99 for each in measured), default=nan),
        sum(each.cpu_per_1000 * each.requests_per_second for each in measured) / answered if answered else nan,
        max(each.worker_memory for each in figures),
        dict(faults),
        [count / sum(calls) for count in calls] if sum(calls) else [],
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables and write them as JSON; return 1 if something did not run or an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=240,
        help="seconds of load, of which two thirds are the soak test (%(default)s)",
    )
    parser.add_argument("--models", type=Path, help="model base path (default: train on synthetic beats)")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for results (%(default)s)")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    cores = machine.cores()
    facts = machine.facts(*cores)
    try:
        with ExitStack() as stack:
            place = prepare.place(options.models, options.out, zeros=False)
            beats = recorded(place.version, BATCH)
            pods = start(max(GATEWAYS), SERVERS, place, beats, cores, stack)
            found = _measure(pods, options.seconds)
    except (NotStarted, prepare.NotPrepared) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except ConnectionError as error:
        print(f"bench: a gateway ended ({error}); see {options.out}/growth-gateway-*.log", file=sys.stderr)
        return 1
    path = options.out / "growth.json"
    path.write_text(json.dumps({"machine": facts, "seconds": options.seconds, **found}, indent=1, default=asdict))
    print(path)
    return 1 if broken(each for rows in found.values() if isinstance(rows, list) for each in rows) else 0


def broken(rows: Any) -> bool:
    """Return whether there was no answer or a wrong one."""
    return any(not each.requests_per_second or WRONG in each.faults for each in rows)


def _measure(pods: Pods, seconds: float) -> dict[str, Any]:
    one = pods.gateways[0]
    connections = _connections(pods, seconds / 100)
    _print_table("connections", connections)
    gateways = _gateways(pods, seconds / 100)
    _print_table(f"gateways, {EACH} connections each, {SERVERS} model servers", gateways)
    capacity = connections[-1].requests_per_second
    overload, refused, recovered = _overload(one, seconds / 24)
    _print_table(f"overload, {BATCH} beats in a request", overload)
    after = "not" if recovered is None else f"{recovered:.1f} s after the overload"
    print(f"refused with 503: {refused:.0%}; recovered: {after}\n", flush=True)
    soak = _soak(one, capacity / 2, seconds * 2 / 3 / SOAK)
    _print_table("soak at half the capacity", soak)
    return {
        "connections": connections,
        "gateways": gateways,
        "overload": overload,
        "refused_share": refused,
        "recovered_after": recovered,
        "soak": soak,
    }


def _connections(pods: Pods, seconds: float) -> list[Row]:
    """Measure each number of connections in several rounds, as the machine's speed varies."""
    found: dict[int, list[Figures]] = {count: [] for count in CONNECTIONS}
    for _ in range(ROUNDS):
        for count in CONNECTIONS:
            found[count] += pods.measure(1, count, seconds)
    return [row(str(count), figures) for count, figures in found.items()]


def _gateways(pods: Pods, seconds: float) -> list[Row]:
    found: dict[int, list[Figures]] = {count: [] for count in GATEWAYS}
    calls = {count: [0.0] * SERVERS for count in GATEWAYS}
    for _ in range(ROUNDS):
        for count in GATEWAYS:
            before = pods.calls()
            found[count] += pods.measure(count, EACH, seconds)
            news = [now - then for now, then in zip(pods.calls(), before, strict=True)]
            calls[count] = [sum(both) for both in zip(calls[count], news, strict=True)]
    return [row(str(count), figures, calls[count], side_by_side=count) for count, figures in found.items()]


def _overload(gateway: Running, seconds: float) -> tuple[list[Row], float, float | None]:
    """Measure at half the capacity, overloaded, and at half again until the latency has recovered.

    Returns the rows, the share of rejected requests, and the seconds until recovery or None.
    """
    half = Scenario("half", BATCH, EACH, half=True)
    most = gateway.measure(Scenario("capacity", BATCH, max(CONNECTIONS)), seconds / 4, None)
    capacity = most.requests_per_second
    before = gateway.measure(half, seconds / 4, capacity / 2)
    end = time.monotonic() + WARM_UP_SECONDS + seconds
    during = gateway.measure(Scenario("overload", BATCH, CROWD), seconds, capacity * TIMES)
    refused = during.faults.get("503", 0) / (capacity * TIMES * seconds)
    rows = [row("capacity", [most]), row("half of it", [before]), row(f"{TIMES} times", [during])]
    while (passed := time.monotonic() - end) < RECOVERY_SECONDS:
        after = gateway.measure(half, 1.0, capacity / 2)
        rows.append(row("half again", [after]))
        if not after.faults and after.p50 < SLOW * before.p50:
            return rows, refused, passed
    return rows, refused, None


def _soak(gateway: Running, rate: float, seconds: float) -> list[Row]:
    scenario, rows = Scenario("soak", 1, EACH), []
    for number in range(SOAK):
        rows.append(row(f"{number * seconds:.0f} s", [gateway.measure(scenario, seconds, rate)]))
        print(f"soak {number + 1}/{SOAK}: {rows[-1].worker_memory / 1e6:.1f} MB", flush=True)
    return rows


def _print_table(title: str, rows: Sequence[Row]) -> None:
    head = [title, "requests/s", "p50 ms", "p99 ms", "CPU s/1000 beats", "worker MB", "calls by model server", ""]
    lines = [
        [
            each.what,
            f"{each.requests_per_second:.0f}",
            f"{each.p50 * 1e3:.1f}",
            f"{each.p99 * 1e3:.1f}",
            f"{each.cpu_per_1000:.3f}",
            f"{each.worker_memory / 1e6:.1f}",
            " ".join(f"{share:.0%}" for share in each.shares),
            " ".join(f"{count} {fault}" for fault, count in each.faults.items()),
        ]
        for each in rows
    ]
    print(f"{aligned([head, *lines])}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
