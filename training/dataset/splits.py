"""Reads files of beats and writes the three splits to disk: training, validation and test."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.sources.default_source import default_beats
from data.tables.reader import BeatFiles, open_beats
from training.dataset.classes import Naming, choose, positions_of, texts_of
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
    class_names: Mapping[int, str]  # by class label; empty if the data has no names
    train: Rows
    validation: Rows
    test: Rows
    warnings: tuple[SplitWarning, ...] = ()  # about what makes the figures unreliable
    grouping: str | None = None  # how labels were joined to classes, in a sentence that the page reads, too

    @property
    def note(self) -> str | None:
        """The notes of the files, the grouping and the warnings, one per line; None if there are none."""
        lines = [*(self.beats.note or "").splitlines(), self.grouping or "", *(each.text for each in self.warnings)]
        return "\n".join(f"{line[0].upper()}{line[1:]}" for line in lines if line) or None

    def groups(self) -> dict[str, int | None] | None:
        """Return the number of groups, such as people, in each split; None if the beats have no groups."""
        if self.train.groups is None:
            return None
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: None if rows.groups is None else len(np.unique(rows.groups)) for name, rows in parts.items()}


class Fold(NamedTuple):
    """The splits of one fold of a cross-validation."""

    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Spooled:
    """All beats of the options' files, on disk and not split yet."""

    beats: BeatFiles
    test_files: BeatFiles | None  # the beats of --test
    naming: Naming
    class_labels: NDArray[np.int64]
    rows: Spool
    held_back: Spool | None  # the rows of --test
    folder: Path

    def split(self, options: Options) -> Splits:
        """Split the beats; the spool is removed. Raises TrainingError if the disk is full."""
        hashes = self.rows.hashes
        shares = options.validation_share, 0.0 if self.test_files else options.test_share
        row_numbers = split_beats(
            self.rows.labels, hashes, self.rows.groups, *shares, options.recipe.seed, self.class_labels
        )
        with _disk_errors(self.folder):
            train, validation, test = write_shards(self.rows, row_numbers, self.class_labels, self.folder)
            test_hashes = hashes[row_numbers[2]]
            if self.held_back and self.test_files:
                positions = positions_of(self.test_files.source, self.held_back.labels, self.naming, self.class_labels)
                (test,) = write_shards(self.held_back, [positions], self.class_labels, self.folder)
                test_hashes = self.held_back.hashes[positions]
        names = self.naming.among(self.class_labels)
        split_warnings = warnings_of(
            train,
            validation,
            test,
            [(label, names.get(label)) for label in self.class_labels.tolist()],
            [
                layout.note
                for files in (self.beats, self.test_files)
                if files
                for layout in files.layouts
                if layout.note
            ],
            self.test_files.source if self.test_files else None,
            equal_beats(np.concatenate([hashes[each] for each in row_numbers[:2]]), test_hashes),
            options.recipe.patience,
        )
        splits = Splits(
            self.beats,
            self.class_labels,
            names,
            train,
            validation,
            test,
            split_warnings,
            self.naming.grouping(self.class_labels),
        )
        if splits.note:
            log.warning("NOTE: %s", splits.note)
        return splits

    def folds(self, options: Options, count: int) -> Iterator[Fold]:
        """Yield the splits of each of `count` folds; each stays on disk until the next one. The spool stays. Raises
        DataError for more folds than groups or rows, TrainingError if the disk is full.
        """
        rows, shape = self.rows, (options.validation_share, options.recipe.seed, self.class_labels)
        for row_numbers in fold_rows(rows.labels, rows.hashes, rows.groups, count, *shape):
            with _disk_errors(self.folder):
                parts = write_shards(rows, row_numbers, self.class_labels, self.folder, keep=True)
            yield Fold(*parts)
            for path in (path for part in parts for path in part.shards):
                path.unlink()


def read_splits(options: Options, folder: Path, salt: int = 0) -> Splits:
    """Read the beats of the options' files and write the three splits to shards in `folder`.

    Each group is in one split, by `split_groups`; rows without groups are split by beat. Another `salt` gives other
    test rows. Raises DataError for malformed beats, TrainingError if the disk is full.
    """
    return read_spooled(options, folder, salt).split(options)


def read_spooled(options: Options, folder: Path, salt: int = 0) -> Spooled:
    """Read the beats of the options' files into a spool in `folder`; raises as `read_splits` does."""
    open_files = partial(
        open_beats,
        label=options.label,
        group=None if options.group == NO_GROUP else options.group,
        drop=options.drop,
        classes=texts_of(options.classes),
    )
    beats = open_files(options.data or default_beats(Path("data")))
    test_files = open_files(options.test, like=beats) if options.test else None
    naming = Naming.of(beats, [files.note for files in (beats, test_files) if files], options.classes)
    with _disk_errors(folder):
        grouped = options.group != NO_GROUP
        rows = spool_files(beats, folder / "beats", salt, naming, grouped)
        class_labels = choose(beats.source, rows.labels, naming, 2 if test_files else 3, options.at_least)
        log.info("%d beats of %d values from %s", len(rows.labels), beats.width, beats.source)
        known = np.unique(rows.labels)
        held_back = spool_files(test_files, folder / "held-back", salt, naming, grouped, known) if test_files else None
    return Spooled(beats, test_files, naming, class_labels, rows, held_back, folder)


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{folder.parent}: the beats, 4 bytes for each value, cannot be stored here during the training "
            f"({error.strerror}); free some space, or set TMPDIR to another folder"
        ) from error
