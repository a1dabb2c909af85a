"""Predictions on their way into a file: whole batches in `FILE.part`, beside it a note of how far that goes."""

import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from data.errors import DataError

ENDINGS: Final = ("", ".part", ".part.json", ".part.json.new")  # of all files that are written
log = logging.getLogger(__name__)


@dataclass(slots=True)
class SoFar:
    """What of the file is done. A killed run may have written more, which the next one cuts off."""

    made_of: dict[str, Any]  # what must be the same for another run to go on
    size: int = 0  # bytes
    rows: int = 0
    right: int = 0  # of them, those whose label was predicted
    versions: dict[str, int] = field(default_factory=dict)  # rows that each model version answered


class Output:
    """The file that appears when all is done."""

    def __init__(self, path: Path, made_of: dict[str, Any], header: str) -> None:
        self._path, self._note = path, path.with_name(f"{path.name}.part.json")
        self._part = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataError(f"{self._part}: another run writes it at the moment; give another --out") from None
        self.so_far = self._found(made_of) or SoFar(made_of)
        self._file.truncate(self.so_far.size)
        if not self.so_far.size:
            self._write(header)

    def add(self, version: int, rows: list[str], right: int) -> None:
        """Add one batch that a model version answered, of which so many are `right`."""
        so_far = self.so_far
        so_far.rows += len(rows)
        so_far.right += right
        so_far.versions[str(version)] = so_far.versions.get(str(version), 0) + len(rows)
        self._write("".join(rows))

    def finish(self) -> Path:
        """Give the file its name."""
        os.fsync(self._file.fileno())
        self.close()
        self._part.replace(self._path)
        self._note.unlink()
        return self._path

    def close(self) -> None:
        """Leave what there is to the next run."""
        self._file.close()

    def _write(self, text: str) -> None:
        """Append, and then say so in the note, which is replaced at once: a kill in between costs the batch only."""
        self.so_far.size += self._file.write(text.encode())
        self._file.flush()
        new = self._note.with_name(f"{self._note.name}.new")
        new.write_text(json.dumps(asdict(self.so_far)), encoding="utf-8")
        new.replace(self._note)

    def _found(self, made_of: dict[str, Any]) -> SoFar | None:
        """What a former run has done of the same; None if there is nothing that can be gone on from."""
        try:
            found = SoFar(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        changed = [name for name in made_of if found.made_of.get(name) != made_of[name]]
        if changed:
            log.warning("%s: starting anew, as this has changed: %s", self._part, ", ".join(changed))
        elif self._part.stat().st_size < found.size:
            log.warning("%s: starting anew, as it was cut short", self._part)
        else:
            log.info("%s: going on after row %d", self._part, found.rows)
            return found
        return None
