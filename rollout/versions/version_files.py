"""Files by which a training and this tool tell each other version numbers."""

import os
from pathlib import Path

from rollout.errors import RolloutError
from rollout.kubernetes.deployment import as_version


def read(path: Path) -> int | None:
    """Return the number that a training wrote; None if there is no file. Raises RolloutError for another content."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RolloutError(f"{path}: {error.strerror}") from error
    if (number := as_version(text)) is None:
        raise RolloutError(f"{path}: {text[:40]!r} is not a version")
    return number


def write(path: Path, text: str) -> None:
    """Replace the file at once, so that no reader sees half of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise RolloutError(f"{path}: {error.strerror}") from error
