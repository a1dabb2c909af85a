"""Beats as pandas frames, one beat per row, from a table or a recording."""

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
    """Read labelled beats as a frame: one float32 column per value, named as in the file, and a column `label`.

    `label` is int64, or categorical if the file has text labels; its codes are then the class labels. The column that
    says which rows belong together becomes `group`.

    `path` is a file or a folder of files, in any of the formats that README.md lists. `label` is "first", "last" or a
    column's name; by default the label column is detected. `group` is the name of the group column, `drop` the columns
    to leave out, `classes` the text labels in their order. `attrs` hold the file's name as `source` and its leading
    comments as `note`.

    Raises DataError for a malformed file; the message names file, line and column.
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
    """Cut a recording into beats and return them as a frame with float32 columns F1 to F140.

    Each beat has mean 0 and standard deviation 1. With `window` "peak" or `scale` "mV" the columns have other names.
    `rhythm` adds the RR intervals around each beat, in seconds and as ratios; `likeness` adds the correlation with the
    recording's usual beat.

    The index is the position of each beat's R peak: `sample`, counted from 0, and `seconds`. If the recording is
    annotated there is a column `label`; beats without an annotation are left out. If `path` holds several recordings,
    the index also has `record`, and there is a column `group`. The other arguments are the options of `python -m data
    beats`, with the same results, except that `at_least` is 1 by default, so rare labels stay. `attrs` hold a `note`
    about the lead.

    Raises DataError if a recording cannot be cut; the message names the recording.
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
    """Read the two files that `write_beats` made; record names may be numbers or look like missing values."""
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
