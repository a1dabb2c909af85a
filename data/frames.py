"""Beats as pandas frames: one beat per row, of a table or of a recording."""

from collections.abc import Hashable, Sequence
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from data.recordings.cut import Cut
from data.recordings.cut_options import CutOptions
from data.recordings.segmentation import write_beats
from data.tables.reader import read_beats


def read(
    path: str | PathLike[str],
    label: str | None = None,
    *,
    group: str | None = None,
    drop: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read labelled beats: a float32 column for each of their n values, under the file's names, and `label`.

    The label is an int64, or a categorical where the file has texts, whose codes are the class labels. A column that
    says which rows belong together becomes `group`.

    `path` is a file or a folder of files, in any of the formats that README.md lists. `label` is "first", "last" or a
    column's name; without it the label's column is found. `group` names the column of the group, `drop` columns to
    leave out, `classes` the text labels in their order. `attrs` hold the file's name as `source` and the notes at its
    top as `note`.

    Raises DataError, which names file, line and column.
    """
    beats = read_beats(Path(path), label, group=group, drop=drop, classes=classes)
    frame = pd.DataFrame(beats.features, columns=list(beats.feature_names), copy=False)
    names = beats.class_names
    frame["label"] = (
        beats.labels if names is None else pd.Categorical.from_codes(beats.labels.tolist(), pd.Index(names))
    )
    if beats.groups is not None:
        frame["group"] = beats.groups
    frame.attrs.update(source=beats.source, note=beats.note)
    return frame


def beats(
    path: str | PathLike[str],
    length: int | None = None,
    *,
    window: str = "beat",
    scale: str = "deviation",
    rhythm: bool = False,
    likeness: bool = False,
    channel: str | None = None,
    rate: float | None = None,
    invert: bool = False,
    annotations: str | None = None,
    labels: str = "aami",
    at_least: int = 1,
) -> pd.DataFrame:
    """Cut a recording into beats: float32 columns F1 to F140, each beat with mean 0 and deviation 1.

    With another `window` ("peak") or `scale` ("mV") the columns have other names; `rhythm` adds the RR
    intervals about it, `likeness` how like the recording's usual beat it is.

    The index tells of each beat where its R peak is: `sample`, counted from 0, and `seconds`. If the recording is
    annotated there is a column `label`; beats without an annotation are left out. Where several recordings are cut at
    once, `record` is in the index, too, and the column `group`. The other arguments are the options of
    `python -m data beats`, and the beats are those that it writes, except that rare labels stay in unless `at_least`
    says otherwise. `attrs` hold a `note` of the lead.

    Raises DataError, which names the recording.
    """
    options = CutOptions(
        cut=Cut.chosen(length, window, scale, rhythm, likeness),
        channel=channel,
        rate=rate,
        invert=invert,
        annotations=annotations,
        labels=labels,
        at_least=at_least,
    )
    with TemporaryDirectory(prefix="ecg-beats-") as folder:
        table, positions = Path(folder, "beats.csv"), Path(folder, "positions.csv")
        write_beats(Path(path), table, positions, options)
        return _cut(table, positions)


def _cut(table: Path, positions: Path) -> pd.DataFrame:
    """Read the two files that cutting makes; names of records may be numbers, or look like missing values."""
    with table.open(encoding="utf-8") as file:
        note, names = file.readline().removeprefix("#").strip(), file.readline().rstrip().split(",")
        types: dict[Hashable, type[str] | type[np.float32]] = {name: np.float32 for name in names if name != "label"}
        frame = pd.read_csv(file, names=names, dtype=types | {"record": str}, keep_default_na=False)
    places = pd.read_csv(positions, dtype={"record": str}, keep_default_na=False)
    frame.index = pd.MultiIndex.from_frame(places.drop(columns="row"))
    if "record" in names:
        frame["group"] = frame.pop("record")
    frame.attrs.update(note=note)
    return frame
