"""`python -m bench.failures`: stop or kill one of two model servers under load and measure the effect on clients.

The start and duration of each request are recorded, so that the slowest can be reported for each phase.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from pathlib import Path

from bench import machine, prepare
from bench.contenders import PYTHON, Place, free_ports, model_server
from bench.contracts import Beat, Json, OpenInference, TensorFlowServing, recorded
from bench.load.generator import Target, first_fault
from bench.load.http_client import post
from bench.load.watched import Note, Step, ask
from bench.measure import START_SECONDS, NotStarted
from bench.processes import Command, Processes
from bench.report import aligned

REQUESTS = 46_000
CONNECTIONS = 64
RATE = 30.0  # requests per second of the open loop
BEFORE, STOPPED, AFTER = 3.0, 12.0, 8.0  # seconds in which a model server answers, is stopped, and answers again
AT_FIRST = 2.0  # seconds for the gateway to detect a hung model server
LOADS = ((RATE, 16), (None, 8), (None, CONNECTIONS))  # requests per second (None: closed loop), and connections
KINDS = ("beat", "batch", "explain", "details", "version", "v2")
BATCH = 256  # beats
HEAD = ["slowest, ms", "answers", "before", f"first {AT_FIRST:g} s", "then", "answering again", "faults"]


def target(kind: str, port: int, beats: Sequence[Beat]) -> Target:
    """Return the target for a kind of request; for responses with more than predictions only the status is checked."""
    if kind == "v2":
        return OpenInference().target(port, beats[:1])
    if kind in ("beat", "batch"):
        return Json().target(port, beats[: BATCH if kind == "batch" else 1])
    path = {"explain": "/explain", "details": "/predict?details=true", "version": "/predict"}[kind]
    request = post(f"127.0.0.1:{port}", path, Json().body(beats[:1]))
    if kind == "version":
        request = request.replace(b"\r\n", b"\r\nX-Model-Version: 1\r\n", 1)
    return Target("http", port, request, bool)


@dataclass(slots=True)
class Fleet:
    """The processes of two model servers and a gateway."""

    stack: ExitStack
    place: Place
    ports: Sequence[int]  # of the two model servers and the gateway
    servers: dict[int, Processes] = field(default_factory=dict)

    def start(self, workers: int) -> None:
        """Start all processes. Raises NotStarted."""
        for number in range(2):
            self.serve(number)
        settings = {
            "ECG_LISTEN": f"127.0.0.1:{self.ports[2]}",
            "ECG_SERVING_TARGET": f"ipv4:127.0.0.1:{self.ports[0]},127.0.0.1:{self.ports[1]}",
            "ECG_WORKERS": str(workers),
        }
        log = self.place.out / "failures-gateway.log"
        self.stack.enter_context(Processes([Command([PYTHON, "-m", "gateway"], settings)], log, machine.cores()[0]))
        for number in range(2):
            self.wait_for(number)

    def serve(self, number: int) -> None:
        """Start a model server on its port."""
        log = self.place.out / f"failures-serving-{number}.log"
        command = model_server(self.place.models, self.ports[number])
        self.servers[number] = self.stack.enter_context(Processes([command], log, machine.cores()[0]))

    def wait_for(self, number: int) -> None:
        """Wait until a model server predicts and the gateway has discovered it. Raises NotStarted."""
        beats, end = recorded(self.place.version, 1), time.monotonic() + START_SECONDS
        for each in (TensorFlowServing().target(self.ports[number], beats), Json().target(self.ports[2], beats)):
            while fault := _fault(each):
                if time.monotonic() > end:
                    raise NotStarted(f"no answer in {START_SECONDS} s ({fault}); {self.place.out} has the logs")
                time.sleep(0.1)
        time.sleep(AT_FIRST)  # time for a health check by each worker

    def target(self, kind: str) -> Target:
        """Return the target for a kind of request to the gateway."""
        return target(kind, self.ports[2], recorded(self.place.version, BATCH))

    def kill(self, number: int) -> None:
        """Kill a model server with SIGKILL."""
        for process in self.servers[number].all():
            process.kill()


def _fault(each: Target) -> str:
    try:
        return first_fault(each)
    except TimeoutError as error:
        return type(error).__name__


@dataclass(frozen=True, slots=True)
class Row:
    """The effect of one failure on clients: number of answers, faults, and the slowest request of each phase."""

    what: str
    notes: Sequence[Note]
    since: float  # when the model server was stopped or killed
    until: float  # when it was there again

    def cells(self) -> list[str]:
        """Return the cells of the table's row."""
        moments = (-inf, self.since, self.since + AT_FIRST, self.until, inf)
        faults = Counter(note.fault for note in self.notes if note.fault)
        listed = " ".join(f"{count} {fault}" for fault, count in faults.items()) or "none"
        return [self.what, str(len(self.notes)), *(self._slowest(*span) for span in pairwise(moments)), listed]

    def _slowest(self, start: float, end: float) -> str:
        times = [note.seconds for note in self.notes if start <= note.since < end]
        return f"{max(times) * 1e3:.0f}" if times else ""


def stopped(fleet: Fleet, kind: str, rate: float | None, connections: int) -> Row:
    """Stop a model server with SIGSTOP under load, and resume it later."""
    start = time.monotonic() + BEFORE
    steps = [
        Step(lambda now, _: now >= start, fleet.servers[0].pause),
        Step(lambda now, _: now >= start + STOPPED, fleet.servers[0].go_on),
        Step(lambda now, _: now >= start + STOPPED + AFTER, lambda: None),
    ]
    notes = ask(fleet.target(kind), connections, steps, rate)
    pace = f"{rate:g} requests/s" if rate else f"{connections} connections"
    return Row(f"stopped; {kind}, {pace}", notes, start, start + STOPPED)


def killed(fleet: Fleet, requests: int) -> Row:
    """Kill a model server after half of the requests."""
    moment = 0.0

    def kill() -> None:
        nonlocal moment
        moment = time.monotonic()
        fleet.kill(0)

    steps = [
        Step(lambda _, answered: answered >= requests // 2, kill),
        Step(lambda _, answered: answered >= requests, lambda: None),
    ]
    notes = ask(fleet.target("beat"), CONNECTIONS, steps)
    return Row(f"killed; beat, {CONNECTIONS} connections", notes, moment, inf)


def main(arguments: Sequence[str]) -> int:
    """Measure and print a table; return 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.failures", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="requests while one is killed (%(default)s)")
    parser.add_argument("--kinds", default="beat", help=f"kinds of requests while one is stopped, of {','.join(KINDS)}")
    parser.add_argument("--workers", type=int, default=2, help="workers of the gateway (%(default)s)")
    parser.add_argument("--models", type=Path, help="model base path (default: train on synthetic beats)")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for results (%(default)s)")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as stack:
            fleet = Fleet(stack, prepare.place(options.models, options.out, zeros=False), free_ports(3))
            fleet.start(options.workers)
            rows = [stopped(fleet, kind, *load) for kind in options.kinds.split(",") for load in LOADS]
            rows.append(killed(fleet, options.requests))
    except (NotStarted, prepare.NotPrepared) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(aligned([HEAD, *(row.cells() for row in rows)]))
    return 1 if any(note.fault for row in rows for note in row.notes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
