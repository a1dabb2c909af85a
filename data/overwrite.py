"""Keeps what a command writes apart from what it reads, which is lost otherwise."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from data.errors import DataError


def keep_apart(outputs: Mapping[str, Path | None], read: Iterable[Path]) -> None:
    """Raise DataError if an output, by the name of its option, is a file that is read or another output."""
    taken = {file.resolve(): "is what is read" for file in read}
    for option, out in outputs.items():
        if out is None:
            continue
        if out.resolve() in taken:
            raise DataError(f"{out}: {taken[out.resolve()]}; give another {option}")
        taken[out.resolve()] = f"is written as {option} already"
