"""From a recording to the file of its beats: reads a lead, finds its peaks, gives them labels and cuts."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.overwrite import keep_apart
from data.progress import progress
from data.recordings.annotations import (
    CLASSES,
    CLOSE_SECONDS,
    LABEL_SECONDS,
    Annotations,
    annotation_file,
    match,
    read_annotations,
)
from data.recordings.lead import Lead, files_of, read_lead
from data.recordings.peaks import find_peaks
from data.recordings.wfdb_record import is_wfdb
from data.recordings.windows import cut_beats

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which beats of a recording are wanted, and how."""

    length: int = 140  # values per beat
    channel: str | None = None  # a signal's name or number
    rate: float | None = None  # samples per second, for tables without times
    invert: bool = False  # the lead is upside down
    annotations: str | None = None  # the ending of a WFDB record's annotations, or "none"
    labels: str = "aami"  # or "binary"
    at_least: int = 3  # beats; labels of fewer are left out

    def __post_init__(self) -> None:
        if self.length < 2:
            raise DataError(f"a beat of {self.length} values is none; ask for 2 or more with --length")


def write_beats(recording: Path, out: Path, positions: Path | None, wish: Wish) -> int:
    """Write a recording's beats to `out` and where they are to `positions`, and return how many there are.

    Both files are CSV with a header and appear only when they are complete; with annotations there is a column `label`.
    Raises DataError, which names the recording.
    """
    keep_apart({"--out": out, "--positions": positions}, _read_files(recording, wish))
    annotated = read_annotations(recording, wish.annotations)
    lead = read_lead(recording, wish.channel, wish.rate, wish.invert)
    with progress("Finding peaks", len(lead.samples), "samples") as advance:
        peaks = find_peaks(lead.samples, lead.rate, advance)
    if not len(peaks):
        raise DataError(f"{recording}: no heartbeat found in {lead.name}; try another --channel")
    labels = _labels(peaks, annotated, lead.rate, wish) if annotated else None
    with _appearing(out) as file, _appearing(positions) as places:
        file.write(f"# {_note(lead, wish, labels)}\n{_header(wish.length, labels)}\n")
        places.write("sample,seconds,row\n")
        rows = _write_rows(file, places, lead, peaks, labels, wish)
        if not rows:
            raise DataError(f"{recording}: {len(peaks)} peaks and not one whole beat in {lead.name}; it is too short")
    log.info("%s at %g Hz: %d peaks, %d beats written", lead.name, lead.rate, len(peaks), rows)
    return rows


def _read_files(recording: Path, wish: Wish) -> list[Path]:
    annotated = is_wfdb(recording) and wish.annotations != "none"
    return files_of(recording) + ([annotation_file(recording, wish.annotations)] if annotated else [])


def _write_rows(
    file: TextIO, places: TextIO, lead: Lead, peaks: NDArray[np.int64], labels: NDArray[np.int64] | None, wish: Wish
) -> int:
    rows = 0
    left_out = set() if labels is None else _left_out(labels, _cut_of(lead, peaks, wish), wish)
    with progress("Cutting", len(peaks), "beats") as advance:
        for index, values in cut_beats(lead.samples, lead.rate, peaks, wish.length):
            if labels is None or labels[index] not in left_out:
                rows += 1
                row = ",".join(f"{value:.5f}" for value in values)
                file.write(f"{row}\n" if labels is None else f"{row},{labels[index]}\n")
                places.write(f"{peaks[index]},{peaks[index] / lead.rate:.3f},{rows}\n")
            advance(1)
    return rows


def _labels(peaks: NDArray[np.int64], annotated: Annotations, rate: float, wish: Wish) -> NDArray[np.int64]:
    """Return the peaks' labels, -1 for one that was not annotated, and tell how well both agree."""
    samples = annotated.samples_at(rate)
    owners = match(peaks, samples, LABEL_SECONDS * rate)
    close = np.count_nonzero(match(peaks, samples, CLOSE_SECONDS * rate) >= 0)
    log.info(
        "%d peaks and %d annotated beats; %d agree within %g ms: %.2f %% of the annotated beats, %.2f %% of the peaks",
        *(len(peaks), len(samples), close, 1000 * CLOSE_SECONDS),
        *(100 * close / max(len(samples), 1), 100 * close / len(peaks)),
    )
    if not len(samples) or not (owners >= 0).any():
        raise DataError(
            "no peak is at an annotated beat; are these annotations of this lead? --annotations none for none"
        )
    labels = annotated.labels[owners]
    if wish.labels == "binary":
        labels = (labels == 0).astype(np.int64)
    labels[owners < 0] = -1
    return labels


def _cut_of(lead: Lead, peaks: NDArray[np.int64], wish: Wish) -> list[int]:
    """Return which peaks have a whole beat."""
    return [index for index, _ in cut_beats(lead.samples, lead.rate, peaks, wish.length)]


def _left_out(labels: NDArray[np.int64], cut: list[int], wish: Wish) -> set[int]:
    """Return the labels that are not written, and say so; of `cut`, the peaks with a whole beat, each is a row."""
    if unknown := np.count_nonzero(labels < 0):
        log.info("%d peaks have no annotated beat within %g ms and are left out", unknown, 1000 * LABEL_SECONDS)
    left_out = {-1}
    values, counts = np.unique(labels[cut], return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        if value >= 0 and count < wish.at_least:
            left_out.add(value)
            log.warning(
                "label %d has %d of the %d beats that training needs at least, and is left out (--at-least 1 keeps it, "
                "--labels binary joins it with others)",
                *(value, count, wish.at_least),
            )
    return left_out


def _note(lead: Lead, wish: Wish, labels: NDArray[np.int64] | None) -> str:
    """Return what the file says of itself; not the recording's name, which may be a person's."""
    named = {"aami": ", ".join(f"{value} {name}" for value, name in enumerate(CLASSES)), "binary": "1 N, 0 any other"}
    told = f"; labels by AAMI EC57: {named[wish.labels]}" if labels is not None else ""
    turned = " upside down" if wish.invert else ""
    return f"cut from a recording by python -m data beats: lead {lead.name}{turned} at {lead.rate:g} Hz{told}"


def _header(length: int, labels: NDArray[np.int64] | None) -> str:
    names = [f"F{number}" for number in range(1, length + 1)]
    return ",".join(names if labels is None else [*names, "label"])


@contextmanager
def _appearing(path: Path | None) -> Iterator[TextIO]:
    """Open a file for writing that gets its name when all went well; nowhere without a path."""
    if path is None:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            yield nowhere
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
