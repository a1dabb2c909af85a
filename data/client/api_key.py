"""The API key of a gateway, in a file of its own; no message shows it."""

from pathlib import Path

from data.errors import DataError


def read_key(path: Path | None) -> str | None:
    """Return the API key in a file, if one is named; DataError if it holds none, which does not show what it holds."""
    if path is None:
        return None
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if not key or not key.isascii() or not key.isprintable():
        raise DataError(f"{path}: there is no API key to read; give --key-file a file that holds the key alone")
    return key
