"""From files of beats to three splits on disk: for training, to know when to stop, and held back."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.progress import progress
from data.sources.default_source import provide
from data.tables.reader import BeatFiles, open_beats
from training.dataset.assignment import split_rows
from training.dataset.classes import Naming, choose, places_of, texts_of
from training.dataset.shards import Rows, Spool, spool, write_shards
from training.errors import TrainingError
from training.options import Options

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Splits:
    """The three splits of the labelled beats."""

    beats: BeatFiles
    class_labels: NDArray[np.int64]  # (k,), sorted
    class_names: Mapping[int, str]  # of the class labels, empty where the data has none
    train: Rows
    validation: Rows
    test: Rows

    @property
    def note(self) -> str | None:
        """What people must know of the beats: the files' own notes, and what the split does not heed."""
        group = self.beats.group and (
            f"group column {self.beats.group}: beats of the same person may be on both sides of the split, "
            "which makes the figures better than they are for other people"
        )
        return "\n".join(filter(None, (self.beats.note, group))) or None


def read_splits(options: Options, folder: Path, salt: int = 0) -> Splits:
    """Read the beats that the options name and deal them out to shards in `folder`; DataError for bad ones.

    Another `salt` holds other rows back. Raises TrainingError if the folder has no room.
    """
    open_files = partial(
        open_beats,
        label=options.label,
        group=options.group,
        drop=options.drop,
        classes=texts_of(options.classes),
    )
    beats = open_files(options.data or provide(Path("data")))
    given = open_files(options.test, like=beats) if options.test else None
    try:
        return _split(options, beats, given, folder, salt)
    except OSError as error:
        raise TrainingError(
            f"{folder.parent}: the beats, 4 bytes for each value, cannot be kept here while they are trained on "
            f"({error.strerror}); make room, or name another folder in TMPDIR"
        ) from error


def _split(options: Options, beats: BeatFiles, given: BeatFiles | None, folder: Path, salt: int) -> Splits:
    naming = Naming.of(beats, [files.note for files in (beats, given) if files], options.classes)
    spooled = _spool(beats, folder / "beats", salt, naming)
    class_labels = choose(beats.source, spooled.labels, naming, 2 if given else 3, options.at_least)
    log.info("%d beats of %d values from %s", len(spooled.labels), beats.width, beats.source)
    shares = options.validation_share, 0.0 if given else options.test_share
    row_numbers = split_rows(spooled.labels, spooled.hashes, *shares, options.recipe.seed, class_labels)
    train, validation, test = write_shards(spooled, row_numbers, class_labels, folder)
    if given:
        held_back = _spool(given, folder / "held-back", salt, naming, np.unique(spooled.labels))
        places = places_of(given.source, held_back.labels, naming, class_labels)
        (test,) = write_shards(held_back, [places], class_labels, folder)
    splits = Splits(beats, class_labels, naming.among(class_labels), train, validation, test)
    if splits.note:
        log.warning("NOTE: %s", splits.note)
    return splits


def _spool(
    beats: BeatFiles, path: Path, salt: int, naming: Naming, class_labels: NDArray[np.int64] | None = None
) -> Spool:
    allowed = None if class_labels is None else naming.read_as(class_labels)
    with progress(f"Reading {beats.source}", None, "beats") as advance:

        def blocks() -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
            for features, labels in beats.blocks(allowed):
                yield features, naming.classes_of(labels)
                advance(len(labels))

        return spool(blocks(), path, beats.width, salt)
