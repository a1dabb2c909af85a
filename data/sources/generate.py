"""Generates labelled synthetic beats with neurokit2's ECGSYN, for development without real data."""

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import neurokit2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import find_peaks

from data.errors import DataError
from data.progress import progress
from data.sources.shapes import ABNORMAL, NORMAL, Shape, abnormal_shape

SAMPLING_RATE: Final = 250  # hertz
STRETCH_SECONDS: Final = 15  # the simulator works in powers of two; a little less than 16 wastes least
CUTS: Final = 3  # noisy cuts per beat: simulation is slow, and beats of one heart differ no more than such cuts
BEFORE_R: Final = 0.4  # share of a beat before the R peak
MILDEST: Final = 0.35  # minimum share of the way from the normal to an abnormal shape


@dataclass(frozen=True, slots=True)
class Recipe:
    """The parameters of synthetic beats; the same recipe gives the same beats."""

    beats: int = 5000
    length: int = 140  # values per beat
    classes: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.classes < 2 or self.beats < self.classes or self.length < 2:
            raise DataError(
                f"cannot generate {self.beats} beats of {self.length} values in {self.classes} classes; "
                "give at least 2 classes, a beat of each, and 2 values"
            )

    @property
    def note(self) -> str:
        """The first line of the file."""
        return (
            f"synthetic: made by python -m data generate --beats {self.beats} --length {self.length} "
            f"--classes {self.classes} --seed {self.seed} with ECGSYN of neurokit2 {version('neurokit2')}; "
            "no beat is from a person"
        )


def generate(out: Path, recipe: Recipe) -> None:
    """Write the recipe's beats to `out` as CSV with a note and a header; `out` appears only when it is complete."""
    features, labels = make_beats(recipe)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    names = ",".join(f"F{n}" for n in range(1, recipe.length + 1))
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(f"# {recipe.note}\n{names},label\n")
            np.savetxt(file, np.column_stack([features, labels]), fmt=["%.5f"] * recipe.length + ["%d"], delimiter=",")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def make_beats(recipe: Recipe) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return features (beats, length), each beat with mean 0 and deviation 1, and labels (beats,), shuffled.

    With two classes 1 is normal and 0 has all abnormal shapes; with more, 1 is normal and 2..k have one shape each.
    """
    rng = np.random.default_rng(recipe.seed)
    features = np.empty((recipe.beats, recipe.length), np.float32)
    classes = np.array([1, 0] if recipe.classes == 2 else range(1, recipe.classes + 1))
    labels = np.sort(classes[np.arange(recipe.beats) % recipe.classes])
    done = 0
    with progress("Generating", recipe.beats, "beats") as advance:
        while done < recipe.beats:
            label = labels[done]
            left = np.searchsorted(labels, label, side="right") - done
            made = _stretch(_draw_shape(int(label), recipe.classes, rng), recipe.length, rng)[:left]
            features[done : done + len(made)] = made
            done += len(made)
            advance(len(made))
    order = rng.permutation(recipe.beats)
    return features[order], labels[order]


def _draw_shape(label: int, classes: int, rng: Generator) -> Shape:
    if label == 1:
        return NORMAL.varied(rng)
    index = rng.integers(len(ABNORMAL)) if classes == 2 else label - 2
    return NORMAL.towards(abnormal_shape(int(index)), rng.uniform(MILDEST, 1.1)).varied(rng)


def _stretch(shape: Shape, length: int, rng: Generator) -> NDArray[np.float64]:
    """Simulate some seconds of one heart and return its beats, about 30 to 70, (beats, length)."""
    rate = rng.uniform(55, 100)
    signal = _simulate(shape, rate, rng)
    period = SAMPLING_RATE * 60 / rate
    peaks, _ = find_peaks(signal, distance=0.6 * period, prominence=0.4 * np.ptp(signal))
    inner = peaks[(peaks > period / 2) & (peaks < len(signal) - period)]
    middles = rng.normal(np.repeat(inner, CUTS)[:, None], 0.01 * period)
    turns = np.linspace(-BEFORE_R, 1 - BEFORE_R, length) * rng.normal(1, 0.03, middles.shape)
    beats = np.interp(middles + turns * period, np.arange(len(signal)), signal)
    return _normalised(_normalised(beats) + _noise(beats.shape, rng))


def _simulate(shape: Shape, rate: float, rng: Generator) -> NDArray[np.float64]:
    signal = neurokit2.ecg_simulate(
        duration=STRETCH_SECONDS,
        sampling_rate=SAMPLING_RATE,
        heart_rate=rate,
        heart_rate_std=rng.uniform(1, 4),
        noise=0,
        random_state=int(rng.integers(2**31)),
        ti=shape.angles,
        ai=shape.heights,
        bi=shape.widths,
    )
    return np.asarray(signal, np.float64)


def _noise(shape: tuple[int, ...], rng: Generator) -> NDArray[np.float64]:
    """Return white noise for muscles and mains, and a slow wave for breathing and electrodes."""
    rows, length = shape
    phase = np.linspace(0, 2 * np.pi, length) * rng.uniform(0.3, 1.2, (rows, 1)) + rng.uniform(0, 2 * np.pi, (rows, 1))
    slow = rng.normal(0, 0.15, (rows, 1)) * np.sin(phase)
    return slow + rng.uniform(0.03, 0.2) * rng.normal(size=shape)


def _normalised(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    normalised: NDArray[np.float64] = (beats - beats.mean(axis=1, keepdims=True)) / beats.std(axis=1, keepdims=True)
    return normalised
