"""Reads files of beats once into a spool, with the class label of each row and the hash of its group."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.progress import progress
from data.recordings.cut import cut_of
from data.tables.reader import ENDINGS, BeatFiles
from training.dataset.classes import Naming
from training.dataset.groups import hash_groups
from training.dataset.shards import Block, Spool, spool

log = logging.getLogger(__name__)

LEAST_TRACE: Final = 20  # values; with fewer, a table's columns are hardly a trace; chosen by hand


def spool_files(
    beats: BeatFiles,
    path: Path,
    salt: int,
    naming: Naming,
    grouped: bool = True,
    class_labels: NDArray[np.int64] | None = None,
) -> Spool:
    """Read all rows of `beats` into a spool at `path`. Raises DataError for a label that is not in `class_labels`.

    A row's group is the value of its group column; the same text in two files is the same group. In a folder of files,
    the group of a file without such a column is its name without folder and extension. Only hashes of groups are kept.
    With `grouped` False no row has a group.
    """
    by_file = grouped and len(beats.layouts) > 1
    allowed = None if class_labels is None else naming.read_as(class_labels)
    if by_file and all(layout.group < 0 for layout in beats.layouts):
        log.info("%s: each of the %d files is a group, such as a person", beats.source, len(beats.layouts))
    with progress(f"Reading {beats.source}", None, "beats") as advance:

        def blocks() -> Iterator[Block]:
            for layout in beats.layouts:
                own = hash_groups(np.array([_stem(layout.path)]), salt) if by_file else None
                for rows in replace(beats, layouts=(layout,)).rows(allowed):
                    assert rows.labels is not None  # open_beats found the label's column
                    groups = None if own is None else np.repeat(own, len(rows))
                    if grouped and rows.groups is not None:
                        groups = hash_groups(rows.groups, salt)
                    yield rows.features, naming.classes_of(rows.labels), groups
                    advance(len(rows))

        return spool(blocks(), path, beats.width, salt, _trace_length(beats.feature_names))


def _trace_length(names: Sequence[str]) -> int:
    """Return how many of the leading values, by their `names`, are a beat's trace; 0 without a trace."""
    try:
        length = cut_of(names, len(names)).length
    except DataError:
        return 0
    return length if length >= LEAST_TRACE else 0


def _stem(path: Path) -> str:
    endings = [ending for ending in ENDINGS if path.name.lower().endswith(ending)]
    return path.name[: -len(max(endings, key=len))] if endings else path.name
