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
    if not is_key(key):
        raise DataError(f"{path}: there is no API key to read; give --key-file a file that holds the key alone")
    return key


def is_key(text: str) -> bool:
    """Say whether a header can carry a text as the API key."""
    return bool(text) and text.isascii() and text.isprintable()
