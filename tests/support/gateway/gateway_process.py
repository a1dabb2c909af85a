"""Starts `python -m gateway` as its users do, on a free port, and finds the port in its log."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import psutil

from tests.support.gateway.gateway_metrics import total

ROOT = Path(__file__).parents[3]


class Gateway:
    """A running gateway: its process, its port and the lines that it logged."""

    def __init__(self, target: str, program: str = "gateway", **settings: object) -> None:
        env = {"ECG_LISTEN": "127.0.0.1:0", "ECG_SERVING_TARGET": target, "ECG_WORKERS": "1"}
        env |= {f"ECG_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", program], cwd=ROOT, env=os.environ | env, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @cached_property
    def port(self) -> int:
        return self._port_after("Listening at")

    @cached_property
    def management_port(self) -> int:
        return self._port_after("Management at")

    def _port_after(self, words: str) -> int:
        return int(json.loads(self.wait_for_line(words))["message"].rpartition(":")[2])

    @property
    def workers(self) -> list[psutil.Process]:
        """Its workers, without Python's resource tracker."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if any("spawn_main" in argument for argument in child.cmdline())]

    def wait_for_line(self, words: str) -> str:
        def found() -> str | None:
            return next((line for line in self.lines if words in line), None)

        with self._came:
            assert self._came.wait_for(found, timeout=30), self.lines
        return found() or ""

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._came:
                    self.lines.append(line)
                    self._came.notify_all()

    def ask(self, method: str, path: str, content: object = None, chunks: Any = None, **given: str) -> Any:
        """One request on a new connection; the answer is as assert_error reads it. Bytes are sent as is."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            headers = {"Content-Type": "application/json"} | ({"Transfer-Encoding": "chunked"} if chunks else {})
            headers |= {name.replace("_", "-"): value for name, value in given.items()}
            encode = not isinstance(chunks, bytes)
            connection.request(method, path, chunks or json.dumps(content), headers, encode_chunked=encode)
            response = connection.getresponse()
            text = response.read().decode()
            content = json.loads(text) if response.headers["Content-Type"] == "application/json" else text
            return SimpleNamespace(status_code=response.status, headers=response.headers, json=content)

    def total(self, name: str, **labels: str) -> float:
        """The content of /metrics."""
        return total(self.ask("GET", "/metrics").json, name, **labels)

    def end(self) -> int:
        """Stop as an orchestrator does; give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self._reader.join()
        return self.process.wait(timeout=30)


@contextmanager
def running(target: str, program: str = "gateway", **settings: object) -> Iterator[Gateway]:
    gateway = Gateway(target, program, **settings)
    try:
        yield gateway
    finally:
        gateway.end()


class Asked(Protocol):
    """A gateway, or an address that leads to one."""

    def ask(self, method: str, path: str, content: object = None) -> Any:
        """One request; the answer has its `status_code`."""


class Load:
    """The answers to clients that send requests without a pause."""

    def __init__(self, pause: float = 0) -> None:
        self.answers: list[Any] = []
        self._pause = pause  # seconds between two requests of a client
        self.enough = threading.Event()
        self._came = threading.Condition()

    def ask(self, gateway: Asked, contents: Sequence[object]) -> None:
        """Send the contents in turn until it is enough."""
        for content in itertools.cycle(contents):
            if self.enough.wait(self._pause):
                return
            started = time.monotonic()
            answer = gateway.ask("POST", "/predict", content)
            answer.started, answer.ended = started, time.monotonic()
            with self._came:
                self.answers.append(answer)
                self._came.notify_all()

    def wait_for(self, status: int, version: int | None = None, times: int = 20) -> None:
        """Wait until this status, from this model version if given, has arrived that many times from now on."""
        seen = len(self.answers)

        def enough() -> bool:
            came = self.answers[seen:]
            if version is not None:
                came = [answer for answer in came if answer.headers["X-Model-Version"] == str(version)]
            return [answer.status_code for answer in came].count(status) >= times

        with self._came:
            assert self._came.wait_for(enough, timeout=60), self.statuses

    def wait_for_nothing_but(self, status: int, times: int = 100) -> None:
        """Wait until the last so many answers all have this status."""
        with self._came:
            assert self._came.wait_for(
                lambda: [answer.status_code for answer in self.answers[-times:]] == [status] * times, timeout=60
            ), self.statuses

    @property
    def statuses(self) -> Counter[int]:
        """How often each status came."""
        return Counter(answer.status_code for answer in self.answers)

    @property
    def summary(self) -> str:
        """Requests, failures, and the longest time without a right answer."""
        ends = sorted(answer.ended for answer in self.answers if answer.status_code == 200)
        gap = max((later - earlier for earlier, later in itertools.pairwise(ends)), default=0)
        failed = len(self.answers) - len(ends)
        return f"{len(self.answers)} requests, {failed} failed, longest gap {gap:.1f} s"


@contextmanager
def asked_all_the_time(
    gateway: Asked, contents: Sequence[object], clients: int = 4, pause: float = 0
) -> Iterator[Load]:
    """Clients that post the contents, without a pause or with one, each on its own, until the end of the block."""
    load = Load(pause)
    threads = [threading.Thread(target=load.ask, args=(gateway, contents)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.enough.set()
        for thread in threads:
            thread.join()
