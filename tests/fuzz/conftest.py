"""Random requests to real processes for ECG_FUZZ_SECONDS, by default a few; the seed of a failure is in its message."""

import os
import random
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as options
from hypothesis.strategies import SearchStrategy

SECONDS = float(os.environ.get("ECG_FUZZ_SECONDS", "5"))
# a short run tries the same as the last one, a long one something else each time
SEED = int(os.environ.get("ECG_FUZZ_SEED", random.randrange(2**32) if "ECG_FUZZ_SECONDS" in os.environ else 0))
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n")
PATIENCE = 20.0  # seconds for an answer that must come
BRIEF = 0.1  # seconds for one that need not

Fuzz = Callable[[SearchStrategy[Any], Callable[[Any], None]], int]


@pytest.fixture
def fuzz() -> Fuzz:
    """Try examples of a strategy until the time is over; give their number."""

    def run(strategy: SearchStrategy[Any], attempt: Callable[[Any], None]) -> int:
        tried, end = 0, time.monotonic() + SECONDS

        def one(example: Any) -> None:
            nonlocal tried
            tried += 1
            attempt(example)

        for number in range(SEED, SEED + 10**9):
            if time.monotonic() >= end:
                return tried
            print(f"ECG_FUZZ_SEED={number}")  # shown where it fails
            rules = options(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            seed(number)(rules(given(strategy)(one)))()
        return tried

    return run


def send(address: tuple[str, int], content: bytes, wait: float) -> bytes:
    """Send bytes on a new connection; return the answer until it is closed or nothing arrives for `wait` seconds."""
    received = bytearray()
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        try:
            connection.sendall(content)
            connection.settimeout(wait)
            while part := connection.recv(2**16):
                received += part
                connection.settimeout(wait)
        except (TimeoutError, ConnectionError):  # it may hang up before all is sent
            pass
    return bytes(received)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(answer)]


def memory(processes: list[psutil.Process]) -> int:
    """Bytes that they hold together."""
    return sum(process.memory_info().rss for process in processes)
