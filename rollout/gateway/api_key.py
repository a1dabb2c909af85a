"""The API key for a gateway that requires one."""

from collections.abc import Mapping
from pathlib import Path

from rollout.errors import RolloutError


def api_key(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the key of `file`, otherwise ECG_API_KEY, otherwise of the file ECG_API_KEY_FILE; None if none is set."""
    if file is None and (key := environment.get("ECG_API_KEY")):
        return _checked("ECG_API_KEY", key)
    path = file or (Path(name) if (name := environment.get("ECG_API_KEY_FILE")) else None)
    if path is None:
        return None
    try:
        key = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RolloutError(f"{path}: the API key cannot be read ({error})") from error
    return _checked(str(path), key)


def _checked(where: str, key: str) -> str:
    """Check that a header can hold the key; otherwise the HTTP library's error would quote the key."""
    key = key.strip()
    if not key or not key.isprintable() or not key.isascii():
        raise RolloutError(f"{where}: an API key must be one line of printable ASCII characters")
    return key
