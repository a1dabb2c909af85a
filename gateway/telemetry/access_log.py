"""The access log and the counts of requests: one line and one count for each answer."""

import logging
from collections.abc import Callable
from typing import Final

from werkzeug.exceptions import HTTPException

from gateway.errors import UNFORESEEN, GatewayError
from gateway.exchange import Request, Response
from gateway.telemetry.metrics import OTHER, Metrics

NAME: Final = "gateway.requests"
Fields = dict[str, object]
Write = Callable[[int, Fields], None]  # takes the level and the fields of a line


class AccessLog:
    """Counts answers, and gives the line of each to `write`; for one event loop."""

    def __init__(self, metrics: Metrics, write: Write) -> None:
        self._metrics = metrics
        self._write = write

    def answered(self, request: Request, response: Response, seconds: float, error: Exception | None) -> None:
        """Count and log an answer, and the error that it is."""
        route = request.route
        path = route.path if route else OTHER  # also in the log: what somebody makes up may name a patient
        if error is not None:
            self._metrics.failed(code_of(error), getattr(error, "version", None))
        self._metrics.answered(path, response.status, response.version or "", seconds)
        # A probe that finds all well comes every few seconds and says nothing new.
        quiet = route is not None and route.probe and response.status == 200
        fields: Fields = {
            "method": request.method,
            "path": path,
            "status": response.status,
            "milliseconds": round(seconds * 1000, 2),
            "model_version": response.version,
            "request_id": request.id,
        }
        if request.key:
            fields["key"] = request.key
        if request.trace is not None:
            fields["trace_id"] = request.trace.id
        if error is not None:
            fields["error"] = code_of(error)
            if cause := getattr(error, "cause", ""):
                fields["cause"] = cause
        self._write(logging.DEBUG if quiet else logging.INFO, fields)


def by_logging(level: int, fields: Fields) -> None:
    """Write a line with the standard library's logging."""
    logging.getLogger(NAME).log(level, "request", extra={"fields": fields})


def code_of(error: Exception) -> str:
    """Give the word for an error in logs, metrics and traces."""
    if isinstance(error, HTTPException):
        return error.name.lower().replace(" ", "_")
    return error.code if isinstance(error, GatewayError) else UNFORESEEN
