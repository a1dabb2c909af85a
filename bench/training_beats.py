"""Writes large files of beats quickly: simulated beats, each repeated with different noise."""

import os
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.progress import progress
from data.sources.generate import Recipe, make_beats

VALUES = 140
SIMULATED = 2000
BLOCK = 4000  # rows
DECIMALS = 4
FORM = np.frombuffer(b"+0.0000,", np.uint8)  # all values have the same width, so a block is one array


def write_beats(path: Path, rows: int, seed: int = 0) -> Path:
    """Write `rows` beats to `path` as CSV with the label, 0 or 1, in the last column, unless the file exists."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    beats, labels = make_beats(Recipe(SIMULATED, VALUES))
    rng = np.random.default_rng(seed)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as file, progress(f"Writing {path.name}", rows, "beats") as advance:
        for start in range(0, rows, BLOCK):
            chosen = rng.integers(SIMULATED, size=min(BLOCK, rows - start))
            noise = rng.normal(0, 0.3, (len(chosen), beats.shape[1]))
            file.write(_lines(beats[chosen] + noise, labels[chosen]))
            advance(len(chosen))
    return part.replace(path)


def linked(path: Path, folder: Path, times: int) -> Path:
    """Create a folder with `times` symbolic links to a file: a data set of any size without disk space."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(times):
        (folder / f"{number}-{path.name}").symlink_to(path.resolve())
    return folder


def _lines(values: NDArray[np.float64], labels: NDArray[np.int64]) -> bytes:
    """Return CSV lines of values (rows, n), clipped to -9.9999 to 9.9999, and labels 0 to 9 (rows,)."""
    left = np.abs(np.rint(np.clip(values, -9.9999, 9.9999) * 10**DECIMALS)).astype(np.int32)
    text = np.tile(FORM, (*values.shape, 1))
    text[..., 0] = np.where(values < 0, ord("-"), ord("+"))
    for place in (6, 5, 4, 3, 1):
        left, digits = np.divmod(left, 10)
        text[..., place] += digits.astype(np.uint8)
    ends = np.stack([labels.astype(np.uint8) + ord("0"), np.full(len(labels), ord("\n"), np.uint8)], axis=1)
    return np.concatenate([text.reshape(len(values), -1), ends], axis=1).tobytes()
