"""The access log: one log line and one count for each answer."""

import logging
from collections.abc import Callable
from typing import Final

from werkzeug.exceptions import HTTPException

from gateway.errors import UNFORESEEN, GatewayError
from gateway.exchange import Request, Response
from gateway.telemetry.metrics import OTHER, Metrics

NAME: Final = "gateway.requests"
Fields = dict[str, object]
Write = Callable[[int, Fields], None]  # writes a line with a level and fields


class AccessLog:
    """Counts answers and logs each by `write`; for one event loop."""

    def __init__(self, metrics: Metrics, write: Write) -> None:
        self._metrics = metrics
        self._write = write

    def answered(self, request: Request, response: Response, seconds: float, error: Exception | None) -> None:
        """Count and log an answer and its error, if any; `seconds` is the duration of the request."""
        route = request.route
        path = route.path if route else OTHER  # never the caller's own path, which could name a patient
        if error is not None:
            self._metrics.failed(code_of(error), getattr(error, "version", None))
        self._metrics.answered(path, response.status, response.version or "", seconds)
        # successful probes come every few seconds
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
    """Return the code of an error for logs, metrics and traces."""
    if isinstance(error, HTTPException):
        return error.name.lower().replace(" ", "_")
    return error.code if isinstance(error, GatewayError) else UNFORESEEN
