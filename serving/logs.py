"""Writes logs as one JSON object per line on stderr, with the record's own fields and never with tensor values."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

log: Final = logging.getLogger("serving")


class JsonLines(logging.Formatter):
    """Formats a record as {"time", "level", "message", ...} with the `fields` given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logs() -> None:
    """Send the server's records, and warnings of everything else, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.INFO)
    # its warnings are for authors of models
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """Return the `extra` of a log call that adds `values` to its line."""
    return {"fields": values}


def unforeseen(error: BaseException) -> None:
    """Log the frames of an unexpected error, without its message, which could quote a tensor."""
    frames = [f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(error.__traceback__)]
    log.error("a request failed unexpectedly", extra=fields(type=type(error).__qualname__, frames=frames))
