"""Files of beats read once and laid down in a spool, with the class of each row and the hash of its group."""

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

LEAST_TRACE: Final = 20  # values, below which a table's columns are hardly a curve


def spool_files(
    beats: BeatFiles,
    path: Path,
    salt: int,
    naming: Naming,
    grouped: bool = True,
    class_labels: NDArray[np.int64] | None = None,
) -> Spool:
    """Read all rows of `beats` into a spool at `path`; DataError for a label that is not of `class_labels`, if given.

    The group of a row is what its group column says, the same text in two files being the same group; in a file without
    one, of several, it is the file, by its name without folder and ending. No text of a group is kept. Unless `grouped`
    no row has a group.
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
    """Return how many of a row's values, named `names`, are a beat's trace, which stands first; 0 without a trace."""
    try:
        length = cut_of(names, len(names)).length
    except DataError:
        return 0
    return length if length >= LEAST_TRACE else 0


def _stem(path: Path) -> str:
    endings = [ending for ending in ENDINGS if path.name.lower().endswith(ending)]
    return path.name[: -len(max(endings, key=len))] if endings else path.name
