"""A training that may be killed and started again under the same name, and what it finds of its earlier self.

Beside the versions lies a hidden file with all state after the last whole epoch, until the version is published; in
the version lies the name of its run. A model server looks at neither.
"""

import io
import json
import logging
import os
import time
import zipfile
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.dataset.shards import Rows
from training.errors import TrainingError
from training.store.versions import versions

log = logging.getLogger(__name__)

PREFIX = ".checkpoint-"
GIVEN_UP_AFTER = 24 * 3600.0  # seconds without another epoch

Arrays = dict[str, list[NDArray[Any]]]


def fingerprint(settings: object, *parts: Rows) -> int:
    """A number below 2 ** 48 for what JSON can tell of a training, and its rows in their order."""
    digest = blake2b(json.dumps(settings).encode(), digest_size=6)
    for part in parts:
        for features, columns in part.blocks():
            digest.update(features.tobytes())
            digest.update(columns.tobytes())
    return int.from_bytes(digest.digest(), "little")


def mark(version: Path, run: str) -> None:
    """Leave the name of the run in the folder of its version."""
    (version / "assets.extra" / "run").write_text(run + "\n", encoding="utf-8")


def published(base: Path, run: str) -> int | None:
    """The version under `base` that this run has published already."""
    for version in reversed(versions(base) if base.is_dir() else []):
        path = base / str(version) / "assets.extra" / "run"
        if path.is_file() and path.read_text(encoding="utf-8").strip() == run:
            return version
    return None


@dataclass(frozen=True, slots=True)
class Store:
    """The file in which a run keeps its state from epoch to epoch."""

    path: Path
    fingerprint: int
    writes: bool = True  # only one of several workers does

    @classmethod
    def of(cls, base: Path, run: str, fingerprint: int, writes: bool = True) -> "Store":
        """Under a model base path, from which the files of runs that were given up are removed."""
        if writes:
            _clear_given_up(base)
        return cls(base / f"{PREFIX}{run}.npz", fingerprint, writes)

    def save(self, state: dict[str, Any], arrays: Arrays) -> None:
        """Put this state in place of the one before, whole or not at all; TrainingError if there is no room."""
        if not self.writes:
            return
        text = json.dumps({"fingerprint": self.fingerprint, **state})
        named = {f"{name}.{place:04}": each for name, some in arrays.items() for place, each in enumerate(some)}
        content = io.BytesIO()
        np.savez(content, state=np.array(text), **named)  # type: ignore[arg-type]
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise TrainingError(f"{self.path}: the checkpoint cannot be written: {error.strerror}") from error

    def load(self) -> tuple[dict[str, Any], Arrays] | None:
        """The last state of this very training; None if there is none, or of other beats or another recipe."""
        try:
            with self.path.open("rb") as file, np.load(file) as kept:
                state: dict[str, Any] = json.loads(str(kept["state"]))
                arrays: Arrays = {}
                for name in sorted(set(kept.files) - {"state"}):
                    arrays.setdefault(name.partition(".")[0], []).append(kept[name])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("%s: this checkpoint cannot be read (%s); training begins anew", self.path, error)
            return None
        if state.pop("fingerprint") != self.fingerprint:
            log.warning("%s: this checkpoint is of other beats or options; training begins anew", self.path)
            return None
        return state, arrays

    def remove(self) -> None:
        """Forget the state: the version is published."""
        if self.writes:
            self.path.unlink(missing_ok=True)


def _clear_given_up(base: Path) -> None:
    for path in base.glob(f"{PREFIX}*"):
        if time.time() - path.stat().st_mtime > GIVEN_UP_AFTER:
            log.info("clearing %s, of a training that was given up", path)
            path.unlink(missing_ok=True)
