"""Reading a gateway's API key from a file. No message contains the key or the file's content."""

from pathlib import Path

from data.errors import DataError


def read_key(path: Path | None) -> str | None:
    """Return the API key in the file `path`, or None without a path; DataError if the file holds no valid key."""
    if path is None:
        return None
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if not is_key(key):
        raise DataError(f"{path}: no API key found; give --key-file a file that holds only the key")
    return key


def is_key(text: str) -> bool:
    """Return whether an HTTP header can carry `text` as the API key."""
    return bool(text) and text.isascii() and text.isprintable()
