"""Generates out-of-distribution beats by kind, from real beats if possible."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.recordings.annotations import read_annotations
from data.recordings.cut import Cut
from data.recordings.lead import read_lead
from data.recordings.windows import cut_beats
from data.sources.generate import Recipe, make_beats

Beats = NDArray[np.float64]

UNSEEN = " *"  # marks kinds that were not used when the method was chosen


def kinds(beats: Beats, record: Path, rng: Generator) -> Iterator[tuple[str, Beats]]:
    """Yield name and beats (rows, n) of each kind; most are made from `beats` (rows, n) with deviation 1."""
    rows, length = beats.shape
    if record.with_suffix(".hea").is_file():
        yield "MIT-BIH 100, cut alike", recorded(record, length)
        yield "MIT-BIH 100, upside down", -recorded(record, length)
        yield "MIT-BIH 100, R in the middle", recorded(record, length, later=0.5)
        yield f"MIT-BIH 100, other lead{UNSEEN}", recorded(record, length, lead="1")
    white = rng.normal(size=beats.shape)
    yield "white noise", normalised(white)
    yield "pink noise", normalised(pink(white))
    yield "random walk", normalised(white.cumsum(axis=1))
    yield "flat, 0", np.zeros(beats.shape)
    levels = rng.uniform(-3, 3, (rows, 1))
    yield "flat, any level", np.repeat(levels, length, axis=1)
    yield "flat with tiny noise", levels + 0.001 * white
    yield "upside down", -beats
    yield "backwards", beats[:, ::-1]
    for share in (0.05, 0.15, 0.25, 0.5):
        yield f"turned by {share:.0%} of a beat", np.roll(beats, round(share * length), axis=1)
    for level in (0.1, 0.2, 0.3, 0.5, 1.0):
        yield f"with noise of deviation {level:g}", normalised(beats + level * white)
    yield "with mains hum of 0.5", normalised(beats + hum(beats, 0.5, rng))
    yield "with one spike of 5", beats + 5 * np.eye(length)[rng.integers(0, length, rows)]
    yield "with a slow wave of 1", normalised(beats + slow(beats, rng))
    yield "clipped at 1", np.clip(beats, -1, 1)
    for factor in (0.5, 0.8, 1.2, 2.0):
        yield f"times {factor:g}", factor * beats
    for offset in (0.2, 1.0):
        yield f"plus {offset:g}", beats + offset
    yield f"simulated{UNSEEN}", make_beats(Recipe(beats=300, length=length))[0].astype(np.float64)
    yield f"two in one{UNSEEN}", normalised(np.hstack([beats[:, ::2], beats[:, ::2]])[:, :length])
    yield (
        f"a third lost{UNSEEN}",
        np.where(np.arange(length) // (length / 3) == rng.integers(0, 3, (rows, 1)), 0, beats),
    )
    yield (
        f"a step of 2 somewhere{UNSEEN}",
        normalised(beats + 2 * (np.arange(length) > rng.integers(0, length, (rows, 1)))),
    )


def recorded(record: Path, length: int, later: float = 0.0, lead: str = "0") -> Beats:
    """Return the annotated beats of a WFDB record, cut as by `python -m data beats` or `later` by a share of a beat."""
    signal = read_lead(record, lead, None, False)
    annotations = read_annotations(record, None)
    assert annotations is not None, f"{record} has no annotations"
    peaks = annotations.samples
    windows = np.rint(peaks[:-1] + later * np.diff(peaks)).astype(np.int64)
    return np.array([values for _, values in cut_beats(signal.samples, signal.rate, windows, Cut(length))])


def normalised(beats: Beats) -> Beats:
    """Return the beats with mean 0 and deviation 1."""
    scaled: Beats = (beats - beats.mean(axis=1, keepdims=True)) / beats.std(axis=1, keepdims=True)
    return scaled


def pink(white: Beats) -> Beats:
    """Return noise whose power falls with the frequency, from white noise."""
    waves = np.fft.rfft(white, axis=1)
    return np.fft.irfft(waves / np.sqrt(np.maximum(np.arange(waves.shape[1]), 1)), n=white.shape[1], axis=1)


def hum(beats: Beats, height: float, rng: Generator) -> Beats:
    """Return a wave with a period of five values and a random phase for each beat."""
    wave: Beats = height * np.sin(np.arange(beats.shape[1]) * 2 * np.pi / 5 + _phases(beats, rng))
    return wave


def slow(beats: Beats, rng: Generator) -> Beats:
    """Return 0.3 to 1.3 periods of a wave for each beat, as from breathing."""
    turns = rng.uniform(0.3, 1.3, (len(beats), 1))
    wave: Beats = np.sin(np.linspace(0, 2 * np.pi, beats.shape[1]) * turns + _phases(beats, rng))
    return wave


def _phases(beats: Beats, rng: Generator) -> Beats:
    return rng.uniform(0, 2 * np.pi, (len(beats), 1))
