"""Checkpoints of a training with a name, so that a killed training can resume.

The checkpoint is a hidden file beside the versions with the state after the last whole epoch; it is removed once the
version is published. The published version's folder holds the name of its run. Model servers ignore both files.
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
ABANDONED_AFTER = 24 * 3600.0  # seconds since the last epoch; chosen by hand

Arrays = dict[str, list[NDArray[Any]]]


def fingerprint(settings: object, *parts: Rows) -> int:
    """Return a hash below 2 ** 48 of a training's `settings`, as JSON, and of its rows in their order."""
    digest = blake2b(json.dumps(settings).encode(), digest_size=6)
    for part in parts:
        for features, columns in part.blocks():
            digest.update(features.tobytes())
            digest.update(columns.tobytes())
    return int.from_bytes(digest.digest(), "little")


def mark(version: Path, run: str) -> None:
    """Write the name of the run into the folder of its version."""
    (version / "assets.extra" / "run").write_text(run + "\n", encoding="utf-8")


def published(base: Path, run: str) -> int | None:
    """Return the version under `base` that this run has already published, or None."""
    for version in reversed(versions(base) if base.is_dir() else []):
        path = base / str(version) / "assets.extra" / "run"
        if path.is_file() and path.read_text(encoding="utf-8").strip() == run:
            return version
    return None


@dataclass(frozen=True, slots=True)
class Store:
    """The checkpoint file of a run."""

    path: Path
    fingerprint: int
    writes: bool = True  # True for only one of several workers

    @classmethod
    def of(cls, base: Path, run: str, fingerprint: int, writes: bool = True) -> "Store":
        """Return the store of a run under a model base path; checkpoints of abandoned runs are removed first."""
        if writes:
            _remove_abandoned(base)
        return cls(base / f"{PREFIX}{run}.npz", fingerprint, writes)

    def save(self, state: dict[str, Any], arrays: Arrays) -> None:
        """Replace the checkpoint atomically. Raises TrainingError if it cannot be written."""
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
        """Return the last state of this training; None if there is none, or it has other beats or options."""
        try:
            with self.path.open("rb") as file, np.load(file) as stored:
                state: dict[str, Any] = json.loads(str(stored["state"]))
                arrays: Arrays = {}
                for name in sorted(set(stored.files) - {"state"}):
                    arrays.setdefault(name.partition(".")[0], []).append(stored[name])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning(
                "%s: this checkpoint cannot be read (%s); the training starts from the beginning", self.path, error
            )
            return None
        if state.pop("fingerprint") != self.fingerprint:
            log.warning(
                "%s: this checkpoint has other beats or options; the training starts from the beginning", self.path
            )
            return None
        return state, arrays

    def remove(self) -> None:
        """Remove the checkpoint once the version is published."""
        if self.writes:
            self.path.unlink(missing_ok=True)


def _remove_abandoned(base: Path) -> None:
    for path in base.glob(f"{PREFIX}*"):
        if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
            log.info("removing %s, the checkpoint of an abandoned training", path)
            path.unlink(missing_ok=True)
