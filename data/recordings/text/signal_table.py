"""Reads recordings as CSV, TSV or text: a line per sample, a column per lead, optional times or sample numbers."""

import logging
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.signals import BLOCK_SAMPLES
from data.recordings.text.clock import SAY_RATE, Clock, find_clock, find_counter, same_rate, uneven
from data.recordings.text.columns import find_leads, time_columns
from data.recordings.text.doubles import without_doubles
from data.recordings.text.gaps import Gaps
from data.recordings.text.head import Head, read_head
from data.recordings.text.line_kinds import check_lists, check_turns, check_width
from data.recordings.text.rows import RowReader, Rows
from data.recordings.text.time_grid import Gap, UnevenError
from data.recordings.units import millivolts
from data.tables.lines import read_blocks

LONGEST_GAP: Final = 86_400  # seconds, in total; chosen by hand

log = logging.getLogger(__name__)


class SignalTable:
    """The leads of a table; only its head is read at first."""

    def __init__(
        self,
        head: Head,
        leads: Sequence[int],
        clock: Clock | None,
        given_rate: float | None,
        drops_doubles: bool = False,
    ) -> None:
        """Use `open` instead. Takes the columns of leads and times, and the rate if it is known.

        With `drops_doubles`, a line that is equal to the previous one is dropped.
        """
        self._drops_doubles = drops_doubles
        self._head, self._leads, self._clock, self._given_rate = head, leads, clock, given_rate
        self._gaps: Gaps | None = None

    @classmethod
    def open(cls, path: Path, rate: float | None) -> "SignalTable":
        """Open a file. Raises DataError if it has no lead, or its rate is unknown."""
        head = read_head(path)
        check_lists(head)
        check_turns(head)
        leads = find_leads(head)
        check_width(head, leads)
        head, drops_doubles = without_doubles(head)
        clock = find_clock(head) if rate is None else None
        known = rate if rate is not None else _rate_of_metadata(head, clock)
        counter = find_counter(head, known) if clock is None and known else None
        taken = {*time_columns(head), *([counter.column] if counter else [])}
        if known is None and clock is None:
            raise DataError(f"{path}: no column of times, and no rate; {SAY_RATE}")
        leads = [column for column in leads if column not in taken]
        if not leads:
            raise DataError(f"{path}: no column with samples beside the times; give a file with a column per lead")
        return cls(head, leads, clock or counter, known if clock is None else None, drops_doubles)

    @property
    def names(self) -> Sequence[str]:
        """The leads' names."""
        return [self._head.names[column] or f"signal {column + 1}" for column in self._leads]

    def unit(self, index: int) -> str:
        """Return "mV" if the file names the lead's unit of voltage, and samples are converted, else ""."""
        return "" if self._factor(index) is None else "mV"

    def length(self, index: int) -> int | None:
        """Return None: the length is known only at the end."""
        return None

    def rate(self, index: int) -> float:
        """Return the rate of --rate or the metadata, else the rate of the times, after all blocks were read."""
        if self._given_rate is not None:
            return self._given_rate
        if self._gaps is None:
            raise DataError(f"{self._head.path}: no samples; {SAY_RATE}")
        return self._gaps.rate

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield one lead's samples, in mV if its unit is known; memory is bounded by a block.

        An empty field and a missing sample are NaN. Raises DataError for other text.
        """
        factor = self._factor(index) or 1.0
        clock = deepcopy(self._clock)
        reader = RowReader(self._head, self._leads[index], clock, self._drops_doubles)
        rows = (rows for block in read_blocks(self._head.path) if (rows := reader.read(block)) is not None)
        if clock is None:
            for each in rows:
                yield (factor * each.values).astype(np.float32)
        else:
            for values in self._with_gaps(rows, clock):
                yield (factor * values).astype(np.float32)
        if reader.doubles:
            name = self._head.path.name
            log.warning(
                "%s: %d lines are duplicates with the same time and values; they are read once", name, reader.doubles
            )

    def _factor(self, index: int) -> float | None:
        column = self._leads[index]
        return millivolts(self._head.units[column] or self._head.metadata.unit)

    def _with_gaps(self, blocks: Iterator[Rows], clock: Clock) -> Iterator[NDArray[np.float64]]:
        """Yield samples, with NaN for missing ones."""
        self._gaps = gaps = Gaps(clock.fit, clock.resolution)
        held, lines, start = np.empty(0), np.empty(0, np.int64), 0
        missing = 0
        for block in _and_end(blocks):
            held, lines = np.concatenate([held, block.values]), np.concatenate([lines, block.lines])
            try:
                end, found = gaps.add(block.seconds, block.resolution, last=len(block.values) == 0)
            except UnevenError as error:
                line = None if error.row is None else int(lines[max(error.row - start, 0)])
                raise uneven(self._head, clock.column, error.reason, line) from None
            for gap in found:
                missing += gap.samples
                self._check_gap(gap, missing, clock, int(lines[gap.row - start]))
            yield from _filled(held[: end - start], [Gap(gap.row - start, gap.samples) for gap in found])
            held, lines, start = held[end - start :], lines[end - start :], end
        if gaps.blurred:
            log.warning(
                "%s: the times of %s have too few digits to show which samples are lost or late; the rate is their "
                "mean, %g samples per second; if samples are lost, %s",
                self._head.path.name,
                self._head.where(clock.column),
                gaps.rate,
                SAY_RATE,
            )

    def _check_gap(self, gap: Gap, missing: int, clock: Clock, line: int) -> None:
        if missing * clock.fit.step > LONGEST_GAP:
            hours = gap.samples * clock.fit.step / 3600
            raise DataError(
                f"{self._head.path}, line {line}, {self._head.where(clock.column)}: the times jump by {hours:,.1f} "
                "hours, and more than 24 hours are missing; split the file there into several recordings"
            )


def _rate_of_metadata(head: Head, clock: Clock | None) -> float | None:
    """Return the rate of the metadata. Raises DataError if the times have another rate."""
    rates = head.metadata.rates
    if not rates:
        return None
    if clock and not any(same_rate(1 / clock.fit.step, rate) for rate in rates):
        raise DataError(
            f"{head.path}: the metadata say {rates[0]:g} samples per second, but the times of "
            f"{head.where(clock.column)} have {1 / clock.fit.step:.5g}; {SAY_RATE}"
        )
    return rates[0]


def _and_end(blocks: Iterator[Rows]) -> Iterator[Rows]:
    """Yield the blocks and then an empty one, which marks the end."""
    yield from blocks
    yield Rows(np.empty(0), np.empty(0), 0.0, np.empty(0, np.int64))


def _filled(values: NDArray[np.float64], gaps: Sequence[Gap]) -> Iterator[NDArray[np.float64]]:
    """Yield samples (n,), with NaN before the rows of the gaps; long gaps are split."""
    parts: list[NDArray[np.float64]] = []
    start = 0
    for gap in gaps:
        parts.append(values[start : gap.row])
        start = gap.row
        for done in range(0, gap.samples, BLOCK_SAMPLES):
            parts.append(np.full(min(BLOCK_SAMPLES, gap.samples - done), np.nan))
            if gap.samples > BLOCK_SAMPLES:
                yield np.concatenate(parts)
                parts = []
    yield np.concatenate([*parts, values[start:]])
