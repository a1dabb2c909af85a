"""Labelled beats on disk in shards, of which only a few are in memory at a time."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.dataset.assignment import hash_rows

SHARD_BYTES = 2 << 20
MOST_SHARDS = 4096  # beyond 8 GB the shards grow instead: opening more files takes longer than writing
CHUNK_BYTES = 16 << 20  # bytes of the spool that are moved at once

Features = NDArray[np.float32]
Columns = NDArray[np.int64]
Groups = NDArray[np.uint64]
# features (rows, n), labels (rows,), and the hashes of the rows' groups (rows,) or None
Block = tuple[Features, NDArray[np.int64]] | tuple[Features, NDArray[np.int64], Groups | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one split, in files of records: `width` values and the class column, all float32."""

    shards: tuple[Path, ...]
    shard_rows: int  # maximum per shard
    width: int
    counts: tuple[int, ...]  # rows by class column
    groups: Groups | None = None  # the hash of each beat's group, (rows,), in the order of `blocks`
    trace: int = 0  # number of leading values that are a beat's trace

    def __len__(self) -> int:
        return sum(self.counts)

    def columns(self) -> Columns:
        """Return the class column of each beat, (rows,), in the order of `blocks`."""
        return np.concatenate([columns for _, columns in self.blocks()])

    def blocks(self, rows: int = 1024) -> Iterator[tuple[Features, Columns]]:
        """Yield features (rows, n) and class columns (rows,) of all beats, always in the same order."""
        for shard in self.shards:
            with shard.open("rb") as file:
                while len(values := np.fromfile(file, np.float32, rows * (self.width + 1))):
                    records = values.reshape(-1, self.width + 1)
                    yield records[:, :-1], records[:, -1].astype(np.int64)

    def joined(self, others: "Rows") -> "Rows":
        """Return these rows followed by the others, without copying files."""
        groups = None if self.groups is None or others.groups is None else np.append(self.groups, others.groups)
        counts = tuple(mine + its for mine, its in zip(self.counts, others.counts, strict=True))
        return Rows(self.shards + others.shards, self.shard_rows, self.width, counts, groups, self.trace)

    def take(self, positions: Iterable[int]) -> Features:
        """Return the features (positions, n) of the beats at these positions in the order of `blocks`."""
        record_bytes = (self.width + 1) * np.dtype(np.float32).itemsize
        # Joined rows may have partly filled shards in the middle.
        ends = np.cumsum([0, *(shard.stat().st_size // record_bytes for shard in self.shards)])

        def record(place: int) -> Features:
            shard = int(np.searchsorted(ends, place, "right")) - 1
            offset = (place - int(ends[shard])) * record_bytes
            return np.fromfile(self.shards[shard], np.float32, self.width, offset=offset)

        return np.array([record(int(place)) for place in positions], np.float32).reshape(-1, self.width)


@dataclass(frozen=True, slots=True)
class Spool:
    """All rows as they were read, on disk in the records of a shard, with what is needed to split them."""

    path: Path
    width: int
    labels: NDArray[np.int64]  # (rows,)
    hashes: NDArray[np.uint64]  # (rows,)
    groups: Groups | None = None  # hash of each row's group, (rows,); None unless all rows have a group
    trace: int = 0  # number of leading values that are a beat's trace


def spool(blocks: Iterable[Block], path: Path, width: int, salt: int = 0, trace: int = 0) -> Spool:
    """Write the features of all blocks to `path`; labels and hashes stay in memory."""
    labels: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    hashes: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    groups: list[Groups | None] = []
    with path.open("wb") as file:
        for features, block_labels, *more in blocks:
            file.write(np.ascontiguousarray(np.pad(features, ((0, 0), (0, 1)))).data)
            labels.append(block_labels)
            hashes.append(hash_rows(features, salt))
            groups.append(more[0] if more else None)
    known = [each for each in groups if each is not None]
    all_known = np.concatenate(known) if known and len(known) == len(groups) else None
    return Spool(path, width, np.concatenate(labels), np.concatenate(hashes), all_known, trace)


def write_shards(
    spooled: Spool,
    splits: Sequence[NDArray[np.int64]],
    class_labels: NDArray[np.int64],
    folder: Path,
    shard_bytes: int = SHARD_BYTES,
    chunk_bytes: int = CHUNK_BYTES,
    *,
    keep: bool = False,
) -> list[Rows]:
    """Move the spooled rows to shards in `folder` and return the rows of each array of row numbers in `splits`.

    A row is in at most one split. Consecutive rows of a split share a shard, so if the order is random, each shard is a
    random sample. The spool is read and truncated from its end, so the disk holds the beats only once. With `keep` the
    spool stays and can be split again.
    """
    record_bytes = (spooled.width + 1) * np.dtype(np.float32).itemsize
    columns = np.searchsorted(class_labels, spooled.labels)
    shard_rows = max(1, shard_bytes // record_bytes, len(columns) // MOST_SHARDS)
    chunk_rows = max(1, chunk_bytes // record_bytes)
    shard_of = np.full(len(columns), -1, np.int32)  # -1: the row is in no split
    parts: list[Rows] = []
    shards: list[Path] = []
    for number, chosen in enumerate(splits):
        shard_of[chosen] = len(shards) + np.arange(len(chosen)) // shard_rows
        own = [folder / f"{spooled.path.name}-{number}-{shard:05}" for shard in range(-(-len(chosen) // shard_rows))]
        counts = np.bincount(columns[chosen], minlength=len(class_labels))
        groups = _in_order_of_blocks(spooled.groups, chosen, shard_of, chunk_rows)
        parts.append(Rows(tuple(own), shard_rows, spooled.width, tuple(counts.tolist()), groups, spooled.trace))
        shards += own
    with spooled.path.open("r+b") as file:
        for first in reversed(range(0, len(columns), chunk_rows)):
            file.seek(first * record_bytes)
            records = np.fromfile(file, np.float32, chunk_rows * (spooled.width + 1)).reshape(-1, spooled.width + 1)
            chunk = slice(first, first + len(records))
            records[:, -1] = columns[chunk]
            _append(records, shard_of[chunk], shards)
            if not keep:
                file.truncate(first * record_bytes)
    if not keep:
        os.unlink(spooled.path)
    return parts


def _in_order_of_blocks(
    groups: Groups | None, chosen: NDArray[np.int64], shard_of: NDArray[np.int32], chunk_rows: int
) -> Groups | None:
    """Return the groups of the rows `chosen` in the order of `Rows.blocks`: the last chunk comes first."""
    if groups is None:
        return None
    return groups[chosen[np.lexsort((chosen, -(chosen // chunk_rows), shard_of[chosen]))]]


def _append(records: Features, shard_of: NDArray[np.int32], shards: Sequence[Path]) -> None:
    order = np.argsort(shard_of, kind="stable")[np.count_nonzero(shard_of < 0) :]
    numbers, starts = np.unique(shard_of[order], return_index=True)
    for number, rows in zip(numbers, np.split(order, starts)[1:], strict=True):
        with shards[number].open("ab") as file:
            file.write(records[rows].data)
