"""Files with version numbers: the versions to keep, and the published version."""

import os
import uuid
from pathlib import Path

from training.errors import TrainingError


def read_spared(path: Path | None) -> frozenset[int]:
    """Return the versions that must stay, from a file with a number per line; empty if there is no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path else []
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: cannot read the versions to keep: {error}") from error
    numbers = {place: line.strip() for place, line in enumerate(lines, start=1) if line.strip()}
    for place, number in numbers.items():
        if not (number.isascii() and number.isdecimal()):
            raise TrainingError(f"{path}, line {place}: {number!r} is not a version number; give one per line")
    return frozenset(map(int, numbers.values()))


def write_version(path: Path, version: int) -> None:
    """Write the number of a published version to `path` atomically."""
    written = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        written.write_text(f"{version}\n", encoding="utf-8")
        os.replace(written, path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise TrainingError(
            f"{path}: version {version} is published, but its number cannot be written here: {error.strerror}"
        ) from error
