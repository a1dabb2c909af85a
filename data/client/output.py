"""Writing predictions to a file: whole batches to `FILE.part`, and the progress to `FILE.part.json`."""

import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from data.errors import DataError

ENDINGS: Final = ("", ".part", ".part.json", ".part.json.new")  # suffixes of all files that are written
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How much of the file is valid. A killed run may have written more; the next run truncates the rest."""

    inputs: dict[str, Any]  # must be the same for the next run to resume
    size: int = 0  # bytes
    rows: int = 0
    correct: int = 0  # rows whose predicted class is their label
    versions: dict[str, int] = field(default_factory=dict)  # number of rows by model version


class Output:
    """An output file that gets its name when it is complete."""

    def __init__(self, path: Path, inputs: dict[str, Any], header: str) -> None:
        self._path, self._progress_file = path, path.with_name(f"{path.name}.part.json")
        self._part = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataError(f"{self._part}: another run is writing this file; give another --out") from None
        self.progress = self._resumable(inputs) or Progress(inputs)
        self._file.truncate(self.progress.size)
        if not self.progress.size:
            self._write(header)

    def add(self, version: int, rows: list[str], correct: int) -> None:
        """Add one batch of rows from a model version; `correct` of them have their label predicted."""
        progress = self.progress
        progress.rows += len(rows)
        progress.correct += correct
        progress.versions[str(version)] = progress.versions.get(str(version), 0) + len(rows)
        self._write("".join(rows))

    def finish(self) -> Path:
        """Rename the complete file to its final name and return its path."""
        os.fsync(self._file.fileno())
        self.close()
        self._part.replace(self._path)
        self._progress_file.unlink()
        return self._path

    def close(self) -> None:
        """Close the file; the next run can resume from it."""
        self._file.close()

    def _write(self, text: str) -> None:
        """Append to the file, then replace the progress note atomically: a kill in between loses one batch."""
        self.progress.size += self._file.write(text.encode())
        self._file.flush()
        new = self._progress_file.with_name(f"{self._progress_file.name}.new")
        new.write_text(json.dumps(asdict(self.progress)), encoding="utf-8")
        new.replace(self._progress_file)

    def _resumable(self, inputs: dict[str, Any]) -> Progress | None:
        """Return the progress of an earlier run; None if there is none, or it cannot be resumed."""
        try:
            found = Progress(**json.loads(self._progress_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        changed = [name for name in inputs if found.inputs.get(name) != inputs[name]]
        if changed:
            log.warning("%s: starting over, because this has changed: %s", self._part, ", ".join(changed))
        elif self._part.stat().st_size < found.size:
            log.warning("%s: starting over, because the file was truncated", self._part)
        else:
            log.info("%s: resuming after row %d", self._part, found.rows)
            return found
        return None
