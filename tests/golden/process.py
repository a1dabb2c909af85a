"""Starts `python -m serving` as its users do, on free ports, and finds the ports in its log."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]


class ServerProcess:
    """A running server: its process, its log, and its ports once it listens."""

    def __init__(self, log: Path, *flags: str) -> None:
        self.log = log
        with log.open("wb") as output:
            command: Sequence[str] = (sys.executable, "-m", "serving", *flags)
            self.process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=output, stderr=output)

    def lines(self) -> list[dict[str, Any]]:
        """Return the log's structured lines."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def says(self, pattern: str) -> re.Match[str]:
        """Wait for a log message; fail at once if the server ends without it."""

        def find() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            found = next(filter(None, (re.search(pattern, line["message"]) for line in self.lines())), None)
            assert found or not ended, self.log.read_text()
            return found

        found = until(find)
        assert found is not None
        return found

    @property
    def target(self) -> str:
        """Return the gRPC address; waits until the server listens."""
        return self._address("gRPC")

    @property
    def rest(self) -> str:
        """Return the REST address; waits until the server listens."""
        return self._address("REST")

    def _address(self, protocol: str) -> str:
        port = self.says(rf"{protocol} listening on port (\d+)")[1]
        return f"127.0.0.1:{port}"

    def terminate(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def running(log: Path, *flags: str) -> Iterator[ServerProcess]:
    """A server that is always ended after the test."""
    server = ServerProcess(log, *flags)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
