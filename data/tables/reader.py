"""The reader of labelled beats: a file or a folder of files in, blocks of rows out, or Beats that hold them all."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.beats import Beats
from data.tables.fields import LARGEST_LABEL, fits_float32, is_label, split, to_number
from data.tables.layout import Layout, find_layout
from data.tables.lines import Block, decode, read_blocks

ENDINGS: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")  # of the files in a folder


@dataclass(frozen=True, slots=True)
class BeatFiles:
    """Labelled beats in files of the same columns, of which only the layout has been read."""

    source: str  # the file's name, or the folder's
    layouts: tuple[Layout, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The first header's names, else F1..Fn."""
        return self.layouts[0].feature_names

    @property
    def width(self) -> int:
        """Values of a beat."""
        return self.layouts[0].width - 1

    @property
    def note(self) -> str | None:
        """The leading "# ..." lines of all files, each text once."""
        return "\n".join(dict.fromkeys(layout.note for layout in self.layouts if layout.note)) or None

    def blocks(
        self, classes: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Yield features (rows, n) and labels (rows,) of some rows after another, in the order of the files.

        Raises DataError, which names file, line and column, for anything but finite float32 values and integer labels,
        and for a label that is not among `classes`, if they are given.
        """
        for layout in self.layouts:
            for block in read_blocks(layout.path):
                values = parse(block, layout, classes)
                features = np.delete(values, layout.label, axis=1).astype(np.float32)
                yield features, values[:, layout.label].astype(np.int64)


def open_beats(path: Path, label: str | None = None, like: BeatFiles | None = None) -> BeatFiles:
    """Find out the layout of a file of labelled beats, CSV or TSV, plain or gzip, or of all such files in a folder.

    `label` is "first", "last" or a column's name; without it the label's column is found. `like` are other beats whose
    columns these must share, as all files of a folder must. Raises DataError, which names the file.
    """
    path = Path(path)
    first, *others = _files_in(path) if path.is_dir() else [path]
    layout = find_layout(first, label, like.layouts[0] if like else None)
    layouts = (layout, *(find_layout(other, label, layout) for other in others))
    return BeatFiles(path.name or path.resolve().name, layouts)


def _files_in(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(ENDINGS))
    if not files:
        raise DataError(f"{folder}: no file in this folder ends in {', '.join(ENDINGS)}; give one of labelled beats")
    return files


def read_beats(path: Path, label: str | None = None) -> Beats:
    """Read all labelled beats of a file or folder, as `open_beats` and `BeatFiles.blocks` do, into memory."""
    files = open_beats(path, label)
    features, labels = _read_rows(files)
    return Beats(features, labels, files.feature_names, files.source, files.note, files.layouts[0].label)


def _read_rows(files: BeatFiles) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    features = np.empty((0, files.width), np.float32)
    labels = np.empty(0, np.int64)
    rows = 0
    for block_features, block_labels in files.blocks():
        end = rows + len(block_labels)
        if end > len(labels):
            # in place, and by little: what is not used yet is memory all the same
            features.resize((end + end // 8, files.width), refcheck=False)
            labels.resize(end + end // 8, refcheck=False)
        features[rows:end], labels[rows:end] = block_features, block_labels
        rows = end
    features.resize((rows, files.width), refcheck=False)
    labels.resize(rows, refcheck=False)
    return features, labels


def parse(block: Block, layout: Layout, classes: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Return the block's rows as (rows, width): quickly where all is well, else with the reason why not."""
    first = max(layout.header_line + 1, block.first)
    block = Block(first, block.lines[first - block.first :])
    values = parse_quickly(block, layout, classes)
    return parse_carefully(block, layout, classes) if values is None else values


def parse_quickly(block: Block, layout: Layout, classes: NDArray[np.int64] | None = None) -> NDArray[np.float64] | None:
    """Return the block's rows as (rows, width), or None if anything about them is in doubt."""
    lines = [line for line in block.lines if line.strip()]
    if not lines:
        return np.empty((0, layout.width))
    try:
        texts = (line.decode("ascii") for line in lines)
        values = np.loadtxt(texts, delimiter=layout.delimiter, comments=None, ndmin=2)
    except ValueError:
        return None
    if values.shape != (len(lines), layout.width):
        return None
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype(np.float32)).all()
    if layout.label < 0:
        return values if finite else None
    labels = values[:, layout.label]
    whole = (labels == np.rint(labels)).all() and (np.abs(labels) <= LARGEST_LABEL).all()
    known = classes is None or np.isin(labels, classes).all()
    return values if finite and whole and known else None


def parse_carefully(block: Block, layout: Layout, classes: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Return the block's rows as (rows, width), or raise DataError for the first value that is wrong."""
    rows = [
        _parse_line(decode(line, layout.path, number), number, layout, classes)
        for number, line in enumerate(block.lines, block.first)
        if line.strip()
    ]
    return np.array(rows, np.float64).reshape(-1, layout.width)


def _parse_line(line: str, number: int, layout: Layout, classes: NDArray[np.int64] | None) -> list[float]:
    where = f"{layout.path}, line {number}"
    try:
        fields = split(line, layout.delimiter)
    except csv.Error as error:
        raise DataError(f"{where}: not a line of CSV ({error}); check its quotes") from None
    if len(fields) != layout.width:
        raise DataError(f"{where}: {len(fields)} columns where {layout.width} are expected; repair or remove the row")
    values = []
    for index, field in enumerate(fields):
        try:
            values.append(_parse_label(field, classes) if index == layout.label else _parse_feature(field))
        except ValueError as error:
            raise DataError(f"{where}, {layout.column(index)}: {error}; repair or remove the row") from None
    return values


def _parse_feature(field: str) -> float:
    number = to_number(field)
    if number is None:
        raise ValueError(f"{_shown(field)} where a number is expected")
    if not fits_float32(number):
        raise ValueError(f"{_shown(field)} is not a finite float32")
    return number


def _parse_label(field: str, classes: NDArray[np.int64] | None) -> float:
    number = to_number(field)
    if number is None or not is_label(number):
        raise ValueError(f"{_shown(field)} where the label, an integer, is expected")
    if classes is not None and number not in classes:
        raise ValueError(f"class {number:.0f} is not among those of the training rows ({_listed(classes)})")
    return number


def _shown(field: str) -> str:
    text = field.strip()
    return repr(text if len(text) <= 40 else text[:40] + "...") if text else "an empty value"


def _listed(classes: NDArray[np.int64]) -> str:
    return ", ".join(map(str, classes[:10])) + (", ..." if len(classes) > 10 else "")
