"""The serving Deployment in the Kubernetes API, as far as the gateway reads it: which candidate it has."""

import logging
import ssl
import threading
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.candidate.annotation import Candidate, candidate_of
from gateway.telemetry.metrics import Metrics

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECONDS: Final = 2.0
UNREADABLE: Final = "candidate_unreadable"
BETWEEN_ROUNDS: Final = 1.0
_log = logging.getLogger("gateway.rollout")


def read(url: str, account: Path = ACCOUNT) -> Candidate | None:
    """Ask for the candidate; raise OSError, HTTPException or ValueError if that cannot be told."""
    parts = urlsplit(url)
    headers = {"Accept": "application/json"}
    connection = HTTPConnection(parts.netloc, timeout=SECONDS)
    if parts.scheme == "https":
        # read each time, as tokens are replaced
        headers["Authorization"] = f"Bearer {(account / 'token').read_text().strip()}"
        trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
        connection = HTTPSConnection(parts.netloc, timeout=SECONDS, context=trusted)
    with closing(connection):
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        content = response.read()
    if response.status != 200:
        raise ValueError(f"the answer is {response.status} {response.reason}")
    return candidate_of(content)


class Rollout:
    """The candidate as it was last told; `ask` tells it."""

    def __init__(self, ask: Callable[[], Candidate | None] = lambda: None, metrics: Metrics | None = None) -> None:
        self._ask = ask
        self._metrics = metrics
        self._problem = ""
        self.candidate: Candidate | None = None

    def refresh(self) -> None:
        """Ask; when that fails the candidate stays what it was, and the log has it once."""
        try:
            candidate, problem = self._ask(), ""
        except (OSError, HTTPException, ValueError) as error:
            candidate, problem = self.candidate, f"{type(error).__name__}: {error}"
        if problem and problem != self._problem:
            _log.warning("the candidate cannot be read", extra={"fields": {"cause": problem}})
        if candidate != self.candidate:
            _log.info("another candidate", extra={"fields": {"candidate": str(candidate)}})
        self._problem, self.candidate = problem, candidate
        if self._metrics and problem:
            self._metrics.failed(UNREADABLE, None)
        elif self._metrics and candidate and not candidate.leaving:
            self._metrics.seen(candidate.version)


class Rounds(threading.Thread):
    """Does the same tasks every second, whatever fails, for as long as the process lives."""

    def __init__(self, *tasks: Callable[[], None]) -> None:
        super().__init__(name="rounds", daemon=True)
        self._tasks = tasks
        self._ended = threading.Event()

    def once(self) -> None:
        """Do each task."""
        for task in self._tasks:
            try:
                task()
            except Exception as error:
                _log.exception("a look at the model servers failed", exc_info=error)

    def run(self) -> None:
        """Go on until the end."""
        while not self._ended.wait(BETWEEN_ROUNDS):
            self.once()

    def end(self) -> None:
        """Stop after the round that is under way."""
        self._ended.set()
