"""Cuts recordings into beats: reads a lead, locates its beats, labels and cuts them, writes the file."""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from data.errors import DataError
from data.overwrite import keep_apart
from data.progress import progress
from data.recordings.annotations import CLASSES, annotation_file, read_annotations
from data.recordings.beats_file import BeatRows, Row
from data.recordings.cut_options import CutOptions
from data.recordings.gather import recordings_of
from data.recordings.lead import files_of
from data.recordings.marking import MarkedLead, mark
from data.recordings.windows import cut_beats

MOST_PACED: Final = 0.1  # share of the beats; AAMI EC57 leaves out the four MIT-BIH records with more

log = logging.getLogger(__name__)


class _Source(NamedTuple):
    """A recording's description for the note in the file of beats."""

    lead: str
    rate: float
    annotated: bool


def write_beats(given: Path | Sequence[Path], out: Path, positions: Path | None, options: CutOptions) -> int:
    """Write the beats of recordings to `out` and their positions to `positions`; return the number of beats.

    Both files are CSV with a header and appear only when they are complete. Annotated recordings have a column `label`;
    several recordings or a folder have a column `record`. Raises DataError if a recording cannot be cut; the message
    names it.
    """
    paths = [given] if isinstance(given, Path) else given
    recordings = recordings_of(paths)
    several = len(recordings) > 1 or any(path.is_dir() for path in paths)
    keep_apart({"--out": out, "--positions": positions}, _read_files(recordings, options))
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", prefix="ecg-beats-") as file:
        rows = BeatRows(options.cut.names, several, file)
        sources = _add_all(rows, recordings, options)
        written = rows.write(out, positions, _note(sources, options), rows.rare(options.at_least))
    if several:
        log.info("%d recordings, %d beats written", len(sources), written)
    return written


def _read_files(recordings: Mapping[str, Path], options: CutOptions) -> Iterator[Path]:
    for recording in recordings.values():
        try:
            yield from files_of(recording)
        except DataError:
            if not options.skip_unreadable:
                raise
        if options.annotations != "none":
            yield annotation_file(recording, options.annotations)


def _add_all(rows: BeatRows, recordings: Mapping[str, Path], options: CutOptions) -> list[_Source]:
    """Cut the beats of all recordings and return their leads; DataError if no recording has beats."""
    found: list[_Source] = []
    last_error: DataError | None = None
    for name, recording in recordings.items():
        try:
            marked = _read_marked(recording, options)
            if marked:
                _add(rows, name, recording, marked, options)
                found.append(_Source(marked.lead.name, marked.lead.rate, marked.labels is not None))
        except DataError as error:
            if not options.skip_unreadable:
                raise
            last_error = error
            log.warning("left out: %s", error)
    if not found:
        raise last_error or DataError(
            "no recording is left: all of them are paced; leave out --without-paced to keep them"
        )
    if len({source.annotated for source in found}) > 1:
        raise DataError("only some of the recordings are annotated; cut them separately, or give --annotations none")
    if len({source.lead for source in found}) > 1:
        leads = ", ".join(sorted({source.lead for source in found}))
        log.warning(
            "the recordings have different leads: %s; a model of one lead does not fit another; "
            "choose one with --channel",
            leads,
        )
    return found


def _read_marked(recording: Path, options: CutOptions) -> MarkedLead | None:
    """Return a recording's lead with its beats; None for a paced recording if these are left out."""
    annotated = read_annotations(recording, options.annotations)
    if options.without_paced:
        if annotated is None:
            log.warning("%s: not annotated, so it is unknown whether it is paced; it is kept", recording)
        elif annotated.paced > MOST_PACED:
            log.info("%s: %.0f %% of its beats are paced; left out", recording, 100 * annotated.paced)
            return None
    marked = mark(recording, annotated, options)
    if options.cut.scale == "mV" and marked.lead.unit != "mV":
        unit = f"the unit {marked.lead.unit}" if marked.lead.unit else "no unit"
        raise DataError(f"{recording}: {marked.lead.name} has {unit}; beats in mV need a lead in V, mV, µV or nV")
    return marked


def _add(rows: BeatRows, name: str, recording: Path, marked: MarkedLead, options: CutOptions) -> None:
    lead, places, added = marked.lead, marked.places, 0
    with progress("Cutting", len(places), "beats") as advance:
        for index, values in cut_beats(lead.samples, lead.rate, places, options.cut):
            label = marked.labels[index] if marked.labels is not None else None
            rows.add(Row(name, label, int(places[index]), places[index] / lead.rate), values)
            added += 1
            advance(1)
    if not added:
        raise DataError(
            f"{recording}: none of its {len(places)} beats is complete in {lead.name}; the recording is too short"
        )
    log.info("%s: %s at %g Hz, %d beats, %d of them complete", recording.name, lead.name, lead.rate, len(places), added)


def _note(sources: Sequence[_Source], options: CutOptions) -> str:
    """Return the note in the file's first line, without the recording's name, which may be a person's."""
    meanings = {
        "aami": f"by AAMI EC57: {', '.join(f'{value} {name}' for value, name in enumerate(CLASSES))}",
        "binary": "by AAMI EC57: 1 N, 0 any other",
        "symbols": "are WFDB's symbols",
    }
    leads = dict.fromkeys(f"{source.lead} at {source.rate:g} Hz" for source in sources)
    origin = "a recording" if len(sources) == 1 else f"{len(sources)} recordings"
    labelled = f"; labels {meanings[options.labels]}" if sources[0].annotated else ""
    inverted = " inverted" if options.invert else ""
    cut = f"; {described}" if (described := options.cut.described()) else ""
    return f"cut from {origin} by python -m data beats: lead{inverted} {', '.join(leads)}{cut}{labelled}"
