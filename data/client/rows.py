"""Reads the rows of a file in batches for prediction, with labels if the file has them."""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.client.columns import check_cut
from data.client.gateway import Served
from data.errors import DataError
from data.tables.class_names import with_class_names
from data.tables.columns import Columns
from data.tables.layout import Layout
from data.tables.roles import outside_series
from data.tables.stream import stream

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a file."""

    first: int  # row number in the file, from 1
    features: NDArray[np.float32]  # (rows, n)
    labels: NDArray[np.int64] | None  # (rows,)

    def at_fault(self, beat: int | None) -> tuple[int, int]:
        """Return the first and the last row number that may be invalid; `beat` is the index in the batch, if known."""
        if beat is not None:
            return self.first + beat, self.first + beat
        return self.first, self.first + len(self.features) - 1


def layout_for(columns: Columns, label: str | None, served: Served, class_names: Sequence[str] | None = None) -> Layout:
    """Find the model's features among the columns, by their names or their number, and the label column if any.

    `class_names` are the model's names of the class labels 0, 1, ...; without them text labels cannot be compared and
    are left out. Raises DataError if the file's beats do not fit the model.
    """
    path = columns.table.path
    layout = _by_names(columns, label, served) or _by_number(columns, label, served)
    for column in layout.left_out:
        log.info("%s: %s is neither a value of the beat nor the label and is left out", path, layout.column(column))
    if not layout.has_text_labels:
        return layout
    if class_names is None:
        log.info("%s: the labels are text, and the model has no class names; no accuracy is computed", path)
        left_out = tuple(sorted((*layout.left_out, layout.label)))
        return replace(layout, label=-1, left_out=left_out, has_text_labels=False)
    (found,) = with_class_names([layout], None)
    # Unknown classes come after the model's own: their rows count as wrong predictions, not as errors.
    unknown = [name for name in found.class_names or () if name not in class_names]
    return replace(layout, class_names=(*class_names, *unknown))


def _by_names(columns: Columns, label: str | None, served: Served) -> Layout | None:
    names = columns.table.names
    if not names or not served.names or not set(served.names) <= set(names):
        return None
    features = [names.index(name) for name in served.names]
    found = columns.named_label(label)
    if found is None:
        taken = set(features)
        left_out = _left_out_columns(columns, taken)
        candidates = [column for column in range(len(names)) if column not in taken | left_out]
        found = candidates[0] if len(candidates) == 1 else None
    return columns.layout(features, -1 if found is None or found in features else found)


def _by_number(columns: Columns, label: str | None, served: Served) -> Layout:
    label_column = None if label is None else columns.named_label(label)
    left_out = _left_out_columns(columns, set() if label_column is None else {label_column})
    candidates = [column for column in range(columns.table.width) if column not in left_out]
    candidates = _without_unrelated(columns, candidates, label_column, served.width)
    if len(candidates) == served.width and label_column is None:
        return _check_positions(columns.layout(candidates), served)
    if len(candidates) != served.width + 1:
        beside = f", not counting {len(left_out)} that are not values of a beat," if left_out else ""
        raise DataError(
            f"{columns.table.path}: {len(candidates)} columns{beside}, but version {served.version} expects "
            f"{served.width}; give {served.width} columns, or {served.width + 1} with a label"
        )
    if label_column is None:
        named = columns.named_label(None)
        label_column = named if named in candidates else columns.found_label(candidates)
    return _check_positions(
        columns.layout([column for column in candidates if column != label_column], label_column), served
    )


def _left_out_columns(columns: Columns, taken: set[int]) -> set[int]:
    """Return the columns that are neither values nor labels, by their names or contents."""
    indices = columns.indices(taken)
    return {*indices, *columns.identifiers(taken | set(indices)), *columns.attributes(taken)}


def _without_unrelated(columns: Columns, candidates: list[int], label_column: int | None, width: int) -> list[int]:
    """Return the columns without those with an unrelated name, if exactly `width` (and a label) are left."""
    if columns.table.names is None or len(candidates) == width:
        return candidates
    label = columns.named_label(None) if label_column is None else label_column
    named = [column for column in candidates if column != label]
    unrelated = {named[place] for place in outside_series([columns.table.names[column] for column in named])}
    if label is None and len(unrelated) == 1 and columns.may_be_label(*unrelated):
        return candidates
    return (
        [column for column in candidates if column not in unrelated]
        if len(named) - len(unrelated) == width
        else candidates
    )


def _check_positions(layout: Layout, served: Served) -> Layout:
    """Return the layout; DataError if its beats have another cut, or a model's feature is in another position.

    Names that only count, as F0, F1, ..., are positions and may start at another number than the model's.
    """
    if layout.table.names:
        check_cut(str(layout.path), layout.feature_names, served)
    known = () if _are_numbered(layout.feature_names) else served.names or ()
    for place, (name, expected) in enumerate(zip(layout.feature_names, known, strict=False)):
        if layout.table.names and name != expected and name in known:
            raise DataError(
                f"{layout.path}: {layout.column(layout.features[place])} is at the position of the model's {expected}, "
                "and some of the model's names are missing; use the model's names or its order of columns"
            )
    return layout


def _are_numbered(names: Sequence[str]) -> bool:
    start = re.search(r"\d+$", names[0])
    prefix = names[0][: start.start()] if start else ""
    return start is not None and all(name == f"{prefix}{n}" for n, name in enumerate(names, int(start[0])))


def batches(layout: Layout, served: Served, size: int, done: int) -> Iterator[Batch]:
    """Yield the rows after the first `done` ones, `size` at a time. Raises DataError for a malformed row."""
    features, labels = np.empty((0, served.width), "<f4"), np.empty(0, np.int64)
    first, skipped = done + 1, 0
    for rows in stream(layout):
        left = rows[max(done - skipped, 0) :]
        skipped += len(rows)
        features = np.concatenate([features, left.features])
        labels = labels if left.labels is None else np.concatenate([labels, left.labels])
        while len(features) >= size:
            yield _batch(features[:size], labels[:size], first, layout)
            features, labels, first = features[size:], labels[size:], first + size
    if len(features):
        yield _batch(features, labels, first, layout)


def _batch(features: NDArray[np.float32], labels: NDArray[np.int64], first: int, layout: Layout) -> Batch:
    return Batch(first, features.astype("<f4"), labels if layout.label >= 0 else None)
