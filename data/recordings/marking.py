"""Locates the beats of a recording: at its annotations, or at detected R peaks."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.progress import progress
from data.recordings.annotations import CLOSE_SECONDS, LABEL_SECONDS, Annotations, match
from data.recordings.cut_options import CutOptions
from data.recordings.lead import Lead, read_lead
from data.recordings.peaks import find_peaks
from data.recordings.snap import has_wave, to_deflections

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MarkedLead:
    """A lead and the positions of its beats."""

    lead: Lead
    places: NDArray[np.int64]  # (beats,): samples, ascending
    labels: Sequence[str] | None  # (beats,); None without annotations


def mark(recording: Path, annotated: Annotations | None, options: CutOptions) -> MarkedLead:
    """Read a lead and locate its beats: the annotated ones, or the detected R peaks without annotations.

    Raises DataError if there are no beats; the message names the recording.
    """
    lead = read_lead(recording, options.channel, options.rate, options.invert)
    with progress("Finding peaks", len(lead.samples), "samples") as advance:
        peaks = find_peaks(lead.samples, lead.rate, advance)
    if annotated is None:
        if not len(peaks):
            raise DataError(f"{recording}: no heartbeat found in {lead.name}; try another --channel")
        return MarkedLead(lead, peaks, None)
    samples = annotated.samples_at(lead.rate)
    usable = _usable(recording, lead, samples)
    _check_agreement(recording, peaks, samples[usable], lead.rate)
    labels = [label for label, kept in zip(annotated.labels(options.labels), usable.tolist(), strict=True) if kept]
    return MarkedLead(lead, to_deflections(lead.samples, lead.rate, samples[usable]), labels)


def _usable(recording: Path, lead: Lead, samples: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which annotated beats (beats,) to keep: inside the lead, not flat, not annotated twice; log the others."""
    inside = (samples >= 0) & (samples < len(lead.samples))
    waves = inside & has_wave(lead.samples, lead.rate, samples)
    if not inside.all():
        outside = np.count_nonzero(~inside)
        log.warning("%s: %d annotated beats are outside the recording and are left out", recording, outside)
    if flat := np.count_nonzero(inside & ~waves):
        log.warning("%s: %s is flat or missing at %d annotated beats, which are left out", recording, lead.name, flat)
    again = np.diff(samples, prepend=-len(lead.samples)) <= CLOSE_SECONDS * lead.rate
    if again.any():
        log.warning(
            "%s: %d beats are annotated twice within %g ms, maybe in two leads; the first one is taken",
            *(recording, np.count_nonzero(again), 1000 * CLOSE_SECONDS),
        )
    return waves & ~again


def _check_agreement(recording: Path, peaks: NDArray[np.int64], samples: NDArray[np.int64], rate: float) -> None:
    """Log how well detected peaks and annotations agree. Raises DataError if they are of different recordings."""
    near, close = (
        np.count_nonzero(match(peaks, samples, reach * rate) >= 0) for reach in (LABEL_SECONDS, CLOSE_SECONDS)
    )
    log.info(
        "%d peaks and %d annotated beats; %d agree within %g ms: %.2f %% of the annotated beats, %.2f %% of the peaks",
        *(len(peaks), len(samples), close, 1000 * CLOSE_SECONDS),
        *(100 * close / max(len(samples), 1), 100 * close / max(len(peaks), 1)),
    )
    if not near and len(peaks) >= len(samples) / 2:  # with fewer peaks, the detection failed
        raise DataError(
            f"{recording}: no detected peak is at an annotated beat; do these annotations belong to this recording? "
            "leave them out with --annotations none"
        )
    if near < len(samples) / 2:
        log.warning(
            "%s: only %.0f %% of the annotated beats have a detected peak; do these annotations belong to this lead?",
            *(recording, 100 * near / len(samples)),
        )
