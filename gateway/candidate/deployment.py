"""Reads the candidate from the serving Deployment in the Kubernetes API, every second."""

import asyncio
import logging
import ssl
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
BETWEEN_LOOKS: Final = 1.0  # seconds
_log = logging.getLogger("gateway.rollout")


def read(url: str, account: Path = ACCOUNT) -> Candidate | None:
    """Ask for the candidate; raise OSError, HTTPException or ValueError if the answer cannot be read."""
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
    """The candidate as `ask`, which blocks, last gave it."""

    def __init__(self, ask: Callable[[], Candidate | None] = lambda: None, metrics: Metrics | None = None) -> None:
        self._ask = ask
        self._metrics = metrics
        self._problem = ""
        self.candidate: Candidate | None = None

    async def run(self) -> None:
        """Ask every second, until cancelled."""
        while True:
            await asyncio.sleep(BETWEEN_LOOKS)
            try:
                await self.refresh()
            except Exception as error:
                _log.exception("looking for a candidate failed", exc_info=error)

    async def refresh(self) -> None:
        """Ask in a thread; when that fails the candidate stays what it was, and the log has it once."""
        try:
            candidate, problem = await asyncio.to_thread(self._ask), ""
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
