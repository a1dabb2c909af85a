"""The reader of labelled beats: a file in, Beats out, in little more memory than the beats themselves take."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.beats import Beats
from data.errors import DataError
from data.fields import LARGEST_LABEL, fits_float32, is_label, split, to_number
from data.layout import Layout, find_layout
from data.lines import Block, decode, read_blocks


def read_beats(path: Path, label: str | None = None, like: Beats | None = None) -> Beats:
    """Read labelled beats from CSV or TSV, plain or gzip.

    `label` is "first", "last" or a column's name; without it the label's column is found.
    `like` are the training beats whose columns and classes a test file must share.
    Raises DataError, which names file, line and column, for anything but finite float32 values and integer labels.
    """
    path = Path(path)
    layout = find_layout(path, label, like)
    features, labels = _read_rows(layout, None if like is None else np.unique(like.labels))
    names = layout.feature_names if like is None else like.feature_names
    return Beats(features, labels, names, path.name, layout.note, layout.label)


def _read_rows(layout: Layout, classes: NDArray[np.int64] | None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    features = np.empty((0, layout.width - 1), np.float32)
    labels = np.empty(0, np.int64)
    rows = 0
    for block in read_blocks(layout.path):
        values = parse(block, layout, classes)
        end = rows + len(values)
        if end > len(labels):
            # in place, and by little: what is not used yet is memory all the same
            features.resize((end + end // 8, layout.width - 1), refcheck=False)
            labels.resize(end + end // 8, refcheck=False)
        features[rows:end, : layout.label] = values[:, : layout.label]
        features[rows:end, layout.label :] = values[:, layout.label + 1 :]
        labels[rows:end] = values[:, layout.label]
        rows = end
    features.resize((rows, layout.width - 1), refcheck=False)
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
