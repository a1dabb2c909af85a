"""From files of beats to three splits on disk: for training, to know when to stop, and held back."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.sources.default_source import provide
from data.tables.reader import BeatFiles, open_beats
from training.dataset.classes import Naming, choose, places_of, texts_of
from training.dataset.folds import fold_rows
from training.dataset.groups import split_beats
from training.dataset.shards import Rows, Spool, write_shards
from training.dataset.split_warnings import SplitWarning, equal_beats, warnings_of
from training.dataset.spooling import spool_files
from training.errors import TrainingError
from training.options import NO_GROUP, Options

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
    warnings: tuple[SplitWarning, ...] = ()  # what people must know of the splits before they believe the figures
    grouping: str | None = None  # how labels were joined to classes, in a sentence that the page reads, too

    @property
    def note(self) -> str | None:
        """What people must know of the beats, in lines with a capital: the files' notes, the grouping, the warnings."""
        lines = [*(self.beats.note or "").splitlines(), self.grouping or "", *(each.text for each in self.warnings)]
        return "\n".join(f"{line[0].upper()}{line[1:]}" for line in lines if line) or None

    def groups(self) -> dict[str, int | None] | None:
        """How many groups, such as people, each split has; None if the beats name no groups."""
        if self.train.groups is None:
            return None
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: None if rows.groups is None else len(np.unique(rows.groups)) for name, rows in parts.items()}


class Fold(NamedTuple):
    """The splits of one turn of a cross-validation."""

    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Spooled:
    """All beats that the options name, read and on disk, before they are split."""

    beats: BeatFiles
    given: BeatFiles | None  # the beats of --test
    naming: Naming
    class_labels: NDArray[np.int64]
    rows: Spool
    held_back: Spool | None  # the rows of --test
    folder: Path

    def split(self, options: Options) -> Splits:
        """Deal the beats out to three splits; the spool is gone then. Raises TrainingError if there is no room."""
        hashes = self.rows.hashes
        shares = options.validation_share, 0.0 if self.given else options.test_share
        numbers = split_beats(
            self.rows.labels, hashes, self.rows.groups, *shares, options.recipe.seed, self.class_labels
        )
        with _room(self.folder):
            train, validation, test = write_shards(self.rows, numbers, self.class_labels, self.folder)
            judged = hashes[numbers[2]]
            if self.held_back and self.given:
                places = places_of(self.given.source, self.held_back.labels, self.naming, self.class_labels)
                (test,) = write_shards(self.held_back, [places], self.class_labels, self.folder)
                judged = self.held_back.hashes[places]
        names = self.naming.among(self.class_labels)
        warned = warnings_of(
            train,
            validation,
            test,
            [(label, names.get(label)) for label in self.class_labels.tolist()],
            [layout.note for files in (self.beats, self.given) if files for layout in files.layouts if layout.note],
            self.given.source if self.given else None,
            equal_beats(np.concatenate([hashes[each] for each in numbers[:2]]), judged),
            options.recipe.patience,
        )
        splits = Splits(
            self.beats,
            self.class_labels,
            names,
            train,
            validation,
            test,
            warned,
            self.naming.grouping(self.class_labels),
        )
        if splits.note:
            log.warning("NOTE: %s", splits.note)
        return splits

    def folds(self, options: Options, count: int) -> Iterator[Fold]:
        """Yield the splits of each of `count` folds, on disk until the next; the spool stays.

        Raises DataError for more folds than groups or rows, TrainingError if there is no room.
        """
        rows, shape = self.rows, (options.validation_share, options.recipe.seed, self.class_labels)
        for numbers in fold_rows(rows.labels, rows.hashes, rows.groups, count, *shape):
            with _room(self.folder):
                parts = write_shards(rows, numbers, self.class_labels, self.folder, keep=True)
            yield Fold(*parts)
            for path in (path for part in parts for path in part.shards):
                path.unlink()


def read_splits(options: Options, folder: Path, salt: int = 0) -> Splits:
    """Read the beats that the options name and deal them out to shards in `folder`; DataError for bad ones.

    Each group is on one side of the split, as `split_groups` has it; rows without groups are split one by one. Another
    `salt` holds others back. Raises TrainingError if the folder has no room.
    """
    return read_spooled(options, folder, salt).split(options)


def read_spooled(options: Options, folder: Path, salt: int = 0) -> Spooled:
    """Read the beats that the options name into `folder`; raises as `read_splits` does."""
    open_files = partial(
        open_beats,
        label=options.label,
        group=None if options.group == NO_GROUP else options.group,
        drop=options.drop,
        classes=texts_of(options.classes),
    )
    beats = open_files(options.data or provide(Path("data")))
    given = open_files(options.test, like=beats) if options.test else None
    naming = Naming.of(beats, [files.note for files in (beats, given) if files], options.classes)
    with _room(folder):
        grouped = options.group != NO_GROUP
        rows = spool_files(beats, folder / "beats", salt, naming, grouped)
        class_labels = choose(beats.source, rows.labels, naming, 2 if given else 3, options.at_least)
        log.info("%d beats of %d values from %s", len(rows.labels), beats.width, beats.source)
        known = np.unique(rows.labels)
        held_back = spool_files(given, folder / "held-back", salt, naming, grouped, known) if given else None
    return Spooled(beats, given, naming, class_labels, rows, held_back, folder)


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{folder.parent}: the beats, 4 bytes for each value, cannot be kept here while they are trained on "
            f"({error.strerror}); make room, or name another folder in TMPDIR"
        ) from error
