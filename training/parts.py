"""From files of beats to three parts on disk: for training, to know when to stop, and held back."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.progress import progress
from data.sources.default_source import provide
from data.tables.reader import BeatFiles, open_beats
from training.classes import require_classes
from training.errors import TrainingError
from training.options import Options
from training.shards import Pile, Rows, deal_out, pile_up
from training.split import split_rows

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of the labelled beats."""

    beats: BeatFiles
    class_labels: NDArray[np.int64]  # (k,), sorted
    train: Rows
    validation: Rows
    test: Rows


def read(options: Options, folder: Path, salt: int = 0) -> Parts:
    """Read the beats that the options name and deal them out to shards in `folder`; DataError for bad ones.

    Another `salt` holds other rows back. Raises TrainingError if the folder has no room.
    """
    beats = open_beats(options.data or provide(Path("data")), options.label)
    given = open_beats(options.test, options.label, like=beats) if options.test else None
    try:
        return _deal(options, beats, given, folder, salt)
    except OSError as error:
        raise TrainingError(
            f"{folder.parent}: the beats, 4 bytes for each value, cannot be kept here while they are trained on "
            f"({error.strerror}); make room, or name another folder in TMPDIR"
        ) from error


def _deal(options: Options, beats: BeatFiles, given: BeatFiles | None, folder: Path, salt: int) -> Parts:
    pile = _pile_up(beats, folder / "beats", salt)
    require_classes(beats.source, pile.labels, minimum_rows=2 if given else 3)
    log.info("%d beats of %d values from %s", len(pile.labels), beats.width, beats.source)
    if beats.note:
        log.warning("NOTE: %s", beats.note)
    class_labels = np.unique(pile.labels)
    share = 0.0 if given else options.test_share
    groups = split_rows(pile.labels, pile.hashes, options.validation_share, share, options.recipe.seed)
    train, validation, test = deal_out(pile, groups, class_labels, folder)
    if given:
        held_back = _pile_up(given, folder / "held-back", salt, class_labels)
        (test,) = deal_out(held_back, [np.arange(len(held_back.labels))], class_labels, folder)
    return Parts(beats, class_labels, train, validation, test)


def _pile_up(beats: BeatFiles, path: Path, salt: int, classes: NDArray[np.int64] | None = None) -> Pile:
    with progress(f"Reading {beats.source}", None, "beats") as advance:

        def told() -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
            for features, labels in beats.blocks(classes):
                yield features, labels
                advance(len(labels))

        return pile_up(told(), path, beats.width, salt)
