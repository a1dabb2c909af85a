"""Logs as one JSON object a line, uvicorn's own too. Nothing here is ever given a value of a beat."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson


class JsonFormatter(logging.Formatter):
    """One line: time, level, logger, message, and the fields that were logged as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as JSON; a traceback becomes one of its fields."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # text that is no UTF-8
            return json.dumps(line, default=str)


def configure(level: str) -> None:
    """Send what the gateway logs to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def frames(error: BaseException) -> list[str]:
    """Where an unforeseen error came from, without its message, which might quote a value of a beat."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
