"""What is counted and logged of each answer, whoever gave it."""

import logging
import re
import uuid
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from typing import Final

from gateway.errors import GatewayError
from gateway.telemetry.metrics import OTHER, Metrics

PROBES: Final = ("/health", "/ready", "/metrics")
REQUEST_ID_HEADER: Final = "X-Request-ID"
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
caller: Final = ContextVar("caller", default="")  # the name of the key that a request showed, also in Flask's threads
_log = logging.getLogger("gateway.requests")


def request_id(given: str | None) -> str:
    """The caller's own name for its request if it is harmless, else a new one."""
    return given if given and _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def told_of(error: GatewayError) -> dict[str, str]:
    """What the log says of an error."""
    return {"error": error.code} | ({"cause": error.cause} if error.cause else {})


class Journal:
    """Knows the paths that have metrics of their own; safe to share between threads."""

    def __init__(self, metrics: Metrics, paths: Collection[str]) -> None:
        self._metrics = metrics
        self._paths = frozenset(paths)

    def answered(
        self,
        method: str,
        path: str,
        status: int,
        seconds: float,
        request_id: str,
        version: str | None,
        told: Mapping[str, str],
    ) -> None:
        """Count and log an answer; `told` is what else the log says of it."""
        path = path if path in self._paths else OTHER  # also in the log: what somebody makes up may name a patient
        self._metrics.answered(path, status, version or "", seconds)
        # A probe that finds all well comes every few seconds and says nothing new.
        level = logging.DEBUG if path in PROBES and status == 200 else logging.INFO
        if not _log.isEnabledFor(level):
            return
        fields = {
            "method": method,
            "path": path,
            "status": status,
            "milliseconds": round(seconds * 1000, 2),
            "model_version": version,
            "request_id": request_id,
            **({"key": name} if (name := caller.get()) else {}),
            **told,
        }
        _log.log(level, "request", extra={"fields": fields})

    def failed(self, code: str, version: int | None = None) -> None:
        """Count an error of the model version that was asked, or of none."""
        self._metrics.failed(code, version)
