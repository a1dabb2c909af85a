"""Files with version numbers, which a training and this tool exchange."""

import os
from pathlib import Path

from rollout.errors import RolloutError
from rollout.kubernetes.deployment import as_version


def read(path: Path) -> int | None:
    """Return the number that a training wrote; None if there is no file. Raises RolloutError for a malformed file."""
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
    """Replace the file atomically, so that no reader sees a part of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise RolloutError(f"{path}: {error.strerror}") from error
