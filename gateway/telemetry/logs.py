"""Writes logs, uvicorn's included, as one JSON object per line. No caller passes a value of a beat to them."""

import asyncio
import json
import logging
import os
import select
import time
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import orjson

_ATOMIC: Final = select.PIPE_BUF  # bytes that the kernel writes to a pipe without mixing in another worker's bytes


class JsonFormatter(logging.Formatter):
    """Formats a record as one line: time, level, logger, message, and the fields of `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; a traceback becomes a field."""
        line: dict[str, Any] = {
            "time": _written(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a text is not UTF-8
            return json.dumps(line, default=str)


class Lines:
    """Writes the access log, with one write for all lines of a turn of the event loop.

    The standard library's logging would take a third of the time of a whole request.
    """

    def __init__(self, level: str, logger: str, file: int = 2) -> None:
        self._level = logging.getLevelName(level.upper())
        self._logger = logger
        self._file = file
        self._lines: list[bytes] = []

    def write(self, level: int, fields: dict[str, object]) -> None:
        """Write a line if its level is enabled, before the event loop waits again."""
        if level < self._level:
            return
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        name = "info" if level == logging.INFO else logging.getLevelName(level).lower()
        line = {"time": _written(time.time()), "level": name, "logger": self._logger, "message": "request"}
        self._lines.append(orjson.dumps(line | fields, option=orjson.OPT_APPEND_NEWLINE))

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        block = bytearray()
        for line in lines:
            if len(block) + len(line) > _ATOMIC:
                self._put(block)
                block.clear()
            block += line
        self._put(block)

    def _put(self, content: bytearray) -> None:
        unwritten = memoryview(content).tobytes()
        while unwritten:
            unwritten = unwritten[os.write(self._file, unwritten) :]


def _written(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def configure(level: str) -> None:
    """Send all logs from this level on to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def frames(error: BaseException) -> list[str]:
    """Return the frames of an unexpected error's traceback, without its message, which could quote a beat."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
