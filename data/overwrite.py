"""Overwrite protection: a command must not write to a file that it reads."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from data.errors import DataError


def keep_apart(outputs: Mapping[str, Path | None], read: Iterable[Path]) -> None:
    """Raise DataError if an output file is also an input or another output; `outputs` are files by option."""
    taken = {file.resolve(): "is an input file" for file in read}
    for option, out in outputs.items():
        if out is None:
            continue
        if out.resolve() in taken:
            raise DataError(f"{out}: {taken[out.resolve()]}; give another {option}")
        taken[out.resolve()] = f"is already the file of {option}"
