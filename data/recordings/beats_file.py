"""Writes the file of beats. Rows go to a temporary file first: rare labels are known only when all beats are cut."""

import csv
import io
import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

log = logging.getLogger(__name__)


class Row(NamedTuple):
    """One beat without its values."""

    record: str  # the recording's name
    label: str | None  # None without annotations
    sample: int  # of its R peak
    seconds: float


class BeatRows:
    """Collects beats in a temporary file and writes them when all are added."""

    def __init__(self, names: Sequence[str], several: bool, file: TextIO) -> None:
        self._names, self._several, self._file = names, several, file
        self.labels: Counter[str | None] = Counter()

    def add(self, row: Row, values: NDArray[np.float64]) -> None:
        """Add a beat with its values, (names,)."""
        self.labels[row.label] += 1
        record = f"{_quoted(row.record)}," if self._several else ""
        label = "" if row.label is None else f",{row.label}"
        beat = ",".join(f"{value:.5f}" for value in values)
        self._file.write(f"{row.label or ''}\n{record}{beat}{label}\n{record}{row.sample},{row.seconds:.3f}\n")

    def rare(self, at_least: int) -> set[str]:
        """Return the labels with fewer beats, with a warning for each; DataError if all labels have fewer."""
        rare = {label: count for label, count in self.labels.items() if label is not None and count < at_least}
        for label, count in sorted(rare.items()):
            log.warning(
                "label %s has %d beats, fewer than the %d that training needs, and is left out (--at-least 1 keeps it, "
                "--labels binary joins it with others)",
                *(label, count, at_least),
            )
        if len(rare) == len(self.labels):
            raise DataError(f"no label has {at_least} beats; --at-least 1 keeps them")
        return set(rare)

    def write(self, out: Path, positions: Path | None, note: str, left_out: Set[str]) -> int:
        """Write the beats and their positions, without the labels `left_out`; return the number of beats.

        Both files are CSV with a header and appear only when they are complete.
        """
        record = "record," if self._several else ""
        features = ",".join(self._names)
        rows = 0
        self._file.seek(0)
        with _appearing(out) as file, _appearing(positions) as places:
            file.write(f"# {note}\n{record}{features}{'' if None in self.labels else ',label'}\n")
            places.write(f"{record}sample,seconds,row\n")
            for label in self._file:
                beat, place = next(self._file), next(self._file)
                if label.rstrip("\n") not in left_out:
                    rows += 1
                    file.write(beat)
                    places.write(f"{place.rstrip()},{rows}\n")
        return rows


def _quoted(name: str) -> str:
    """Return a name as a CSV field; a name that begins with # is quoted, or it would be a comment."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL if name.startswith("#") else csv.QUOTE_MINIMAL).writerow([name])
    return text.getvalue().rstrip("\r\n")


@contextmanager
def _appearing(path: Path | None) -> Iterator[TextIO]:
    """Open a file for writing that gets its name only at the end; without a path the text is discarded."""
    if path is None:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            yield nowhere
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
