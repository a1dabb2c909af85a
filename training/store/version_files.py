"""Files with version numbers: those to keep, and the one that was published."""

import os
import uuid
from pathlib import Path

from training.errors import TrainingError


def read_spared(path: Path | None) -> frozenset[int]:
    """The versions that must stay, a number on each line of `path`; none if it is missing or empty."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path else []
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: cannot read which versions to spare: {error}") from error
    numbers = {place: line.strip() for place, line in enumerate(lines, start=1) if line.strip()}
    for place, number in numbers.items():
        if not (number.isascii() and number.isdecimal()):
            raise TrainingError(f"{path}, line {place}: {number!r} is not a version number; give one on each line")
    return frozenset(map(int, numbers.values()))


def write_version(path: Path, version: int) -> None:
    """Leave the number of a published version in `path`, which a reader finds whole or not at all."""
    written = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        written.write_text(f"{version}\n", encoding="utf-8")
        os.replace(written, path)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise TrainingError(
            f"{path}: version {version} is published, but its number cannot be written here: {error.strerror}"
        ) from error
