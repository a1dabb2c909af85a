"""Beats as pandas frames: one beat per row, of a table or of a recording."""

from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from data.errors import DataError
from data.tables.reader import read_beats


def read(path: str | PathLike[str], label: str | None = None) -> pd.DataFrame:
    """Read labelled beats: a float32 column for each of their n values, under the file's names, and `label`, an int64.

    `path` is a file or a folder of files, in any of the formats that README.md lists. `label` is "first", "last" or a
    column's name; without it the label's column is found. `attrs` hold the file's name as `source` and the notes at
    its top as `note`.

    Raises DataError, which names file, line and column.
    """
    beats = read_beats(Path(path), label)
    if "label" in beats.feature_names:
        raise DataError(f"{path}: its column label is not the label; give it another name")
    frame = pd.DataFrame(beats.features, columns=list(beats.feature_names), copy=False)
    frame["label"] = beats.labels
    frame.attrs.update(source=beats.source, note=beats.note)
    return frame


def beats(
    path: str | PathLike[str],
    length: int = 140,
    *,
    channel: str | None = None,
    rate: float | None = None,
    invert: bool = False,
    annotations: str | None = None,
    labels: str = "aami",
    at_least: int = 1,
) -> pd.DataFrame:
    """Cut a recording into beats: float32 columns F1 to F`length`, each beat with mean 0 and deviation 1.

    The index tells of each beat where its R peak is: `sample`, counted from 0, and `seconds`. If the recording is
    annotated there is a column `label` of int64; peaks without an annotated beat are left out. The other arguments are
    the options of `python -m data beats`, and the beats are those that it writes, except that rare labels stay in
    unless `at_least` says otherwise. `attrs` hold a `note` of the lead.

    Raises DataError, which names the recording.
    """
    # imported here because neurokit2 takes seconds to load
    from data.recordings.segmentation import Wish, write_beats

    wish = Wish(length, channel, rate, invert, annotations, labels, at_least)
    with TemporaryDirectory(prefix="ecg-beats-") as folder:
        table, positions = Path(folder, "beats.csv"), Path(folder, "positions.csv")
        write_beats(Path(path), table, positions, wish)
        with table.open(encoding="utf-8") as file:
            note = file.readline().removeprefix("#").strip()
            frame = pd.read_csv(file, dtype={f"F{number}": np.float32 for number in range(1, length + 1)})
        frame.index = pd.MultiIndex.from_frame(pd.read_csv(positions, usecols=["sample", "seconds"]))
    frame.attrs.update(note=note)
    return frame
