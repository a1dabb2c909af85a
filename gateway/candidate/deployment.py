"""Reads the candidate from the serving Deployment in the Kubernetes API every second."""

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
TIMEOUT_SECONDS: Final = 2.0
UNREADABLE: Final = "candidate_unreadable"
BETWEEN_READS: Final = 1.0  # seconds
_log = logging.getLogger("gateway.rollout")


def read(url: str, account: Path = ACCOUNT) -> Candidate | None:
    """Read the candidate from the Deployment at `url`, with the service account in the folder `account`.

    Raises:
        OSError, HTTPException, ValueError: The answer cannot be read.
    """
    parts = urlsplit(url)
    headers = {"Accept": "application/json"}
    connection = HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    if parts.scheme == "https":
        # read each time, because Kubernetes replaces the token
        headers["Authorization"] = f"Bearer {(account / 'token').read_text().strip()}"
        trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
        connection = HTTPSConnection(parts.netloc, timeout=TIMEOUT_SECONDS, context=trusted)
    with closing(connection):
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        content = response.read()
    if response.status != 200:
        raise ValueError(f"the answer is {response.status} {response.reason}")
    return candidate_of(content)


class Rollout:
    """Holds the last candidate that the blocking function `ask` returned."""

    def __init__(self, ask: Callable[[], Candidate | None] = lambda: None, metrics: Metrics | None = None) -> None:
        self._ask = ask
        self._metrics = metrics
        self._problem = ""
        self.candidate: Candidate | None = None

    async def run(self) -> None:
        """Refresh every second, until cancelled."""
        while True:
            await asyncio.sleep(BETWEEN_READS)
            try:
                await self.refresh()
            except Exception as error:
                _log.exception("reading the candidate failed", exc_info=error)

    async def refresh(self) -> None:
        """Read the candidate in a thread; if that fails, keep the last candidate and log the problem once."""
        try:
            candidate, problem = await asyncio.to_thread(self._ask), ""
        except (OSError, HTTPException, ValueError) as error:
            candidate, problem = self.candidate, f"{type(error).__name__}: {error}"
        if problem and problem != self._problem:
            _log.warning("the candidate cannot be read", extra={"fields": {"cause": problem}})
        if candidate != self.candidate:
            _log.info("the candidate changed", extra={"fields": {"candidate": str(candidate)}})
        self._problem, self.candidate = problem, candidate
        if self._metrics and problem:
            self._metrics.failed(UNREADABLE, None)
        elif self._metrics and candidate and not candidate.leaving:
            self._metrics.candidate_existed(candidate.version)
