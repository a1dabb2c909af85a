"""Runs one measurement in the load generator's own process."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Literal

from bench.load import arrivals, grpc_client
from bench.load.http_client import HttpClient
from bench.load.loops import Closed, Loop, Open
from bench.load.record import UNANSWERED, Outcome, Window

CHECK_EVERY = 50  # answers; the first is always checked
Arrivals = Literal["steady", "poisson"]
_FIRST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """A request and its receiver. `check` is pickled, so it must be a module's function or a partial."""

    protocol: Literal["http", "grpc"]
    port: int
    request: bytes  # for HTTP including the head
    check: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Load:
    """A load: connections, and the rate per second of an open loop (None: closed loop); times in seconds."""

    connections: int
    rate: float | None
    window: Window
    patience: float = 20.0
    arrivals: Arrivals = "steady"


def generate(target: Target, load: Load) -> Outcome:
    """Send requests from now on, first as warm-up, until the end of the window."""
    make = partial(_loop, load)
    check = _sampled(target.check)
    if target.protocol == "grpc":
        loop = grpc_client.drive(f"127.0.0.1:{target.port}", target.request, load.connections, check, make)
    else:
        client = HttpClient(("127.0.0.1", target.port), target.request, load.connections, check)
        try:
            loop = make(client.send)
            client.drive(loop)
        finally:
            client.close()
    return Outcome.of(loop.record, load.window.seconds)


def _loop(load: Load, send: Callable[[int], None]) -> Loop:
    if load.rate is None:
        return Closed(load.connections, load.window, send, load.patience)
    due = getattr(arrivals, load.arrivals)(time.monotonic(), load.rate)
    return Open(load.connections, load.window, send, load.patience, due)


def _sampled(check: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    numbers = count()
    return lambda body: next(numbers) % CHECK_EVERY != 0 or check(body)


def process() -> int:
    """Return the id of the generator's process, whose CPU time is measured separately."""
    return os.getpid()


def first_fault(target: Target) -> str:
    """Send one request on a new connection; return its fault, or "" for a right answer within 5 s."""
    start = time.monotonic()
    # a rate at which the second request would be due after the window
    once = Load(1, 1 / _FIRST_SECONDS, Window(start, start + _FIRST_SECONDS), patience=_FIRST_SECONDS)
    try:
        outcome = generate(target, once)
    except OSError as error:
        return type(error).__name__
    return next(iter(outcome.faults), "" if len(outcome.latencies) else UNANSWERED)
