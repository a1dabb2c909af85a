"""Generates synthetic ECGs of synthetic people, with normal and ventricular beats, for screenshots of the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import LIKENESS, PEAK_LENGTH, PEAK_WINDOW, RHYTHM, Cut
from data.recordings.windows import cut_beats

RATE: Final = 250
CUT: Final = Cut(PEAK_LENGTH, PEAK_WINDOW, "mV", RHYTHM + LIKENESS)
LEADS: Final = ("II", "V1")
# by symbol and lead: seconds from the R peak, height in mV, width in seconds
WAVES: Final = {
    ("N", "II"): (
        (-0.16, 0.13, 0.022),
        (-0.03, -0.12, 0.009),
        (0, 1.1, 0.011),
        (0.032, -0.25, 0.01),
        (0.27, 0.3, 0.045),
    ),
    ("N", "V1"): ((-0.16, 0.06, 0.02), (-0.01, 0.25, 0.009), (0.02, -0.9, 0.013), (0.27, -0.1, 0.045)),
    ("V", "II"): ((0, 1.5, 0.032), (0.09, -0.6, 0.04), (0.3, -0.4, 0.06)),
    ("V", "V1"): ((0, -1.1, 0.035), (0.09, 0.3, 0.04), (0.3, 0.35, 0.06)),
}
REACH: Final = 0.6  # seconds of a beat's waves on either side of the R peak
EARLY: Final = (0.6, 1.05)  # of the usual RR interval, before a ventricular beat; the pause after it is longer
FUSION: Final = (0, 0.9)  # share of the ventricular wave in a ventricular beat, mixed with a normal one


@dataclass(frozen=True, slots=True)
class Ecg:
    """Leads in mV, and the sample numbers of the R peaks."""

    leads: dict[str, NDArray[np.float32]]
    peaks: NDArray[np.int64]
    symbols: list[str]  # WFDB's symbol of each peak: N or V


def make(seconds: float, seed: int, disturbed: tuple[float, float] | None = None) -> Ecg:
    """Generate a person's ECG; in the seconds of `disturbed`, from and to, the electrodes move."""
    rng = np.random.default_rng(seed)
    peaks, symbols = _rhythm(rng, seconds)
    fusion = [rng.uniform(*FUSION) if symbol == "V" else 0 for symbol in symbols]
    leads = {}
    for name in LEADS:
        samples = _wandering(rng, int(seconds * RATE))
        normal, ventricular = (_beat(rng, WAVES[symbol, name]) for symbol in "NV")
        for peak, share in zip(peaks, fusion, strict=True):
            first = peak - int(REACH * RATE)
            beat = share * ventricular + (1 - share) * normal
            samples[first : first + len(beat)] += beat * rng.uniform(0.95, 1.05)
        if disturbed:
            first, last = (int(second * RATE) for second in disturbed)
            samples[first:last] += np.cumsum(rng.normal(0, 0.12, last - first))
        leads[name] = samples.astype(np.float32)
    return Ecg(leads, peaks, symbols)


def write_record(folder: Path, name: str, ecg: Ecg) -> list[Path]:
    """Write a WFDB record with its annotations."""
    import wfdb

    signals = np.column_stack([lead.astype(np.float64) for lead in ecg.leads.values()])
    common = {"fs": RATE, "units": ["mV"] * len(LEADS), "sig_name": list(LEADS), "fmt": ["16"] * len(LEADS)}
    wfdb.wrsamp(name, p_signal=signals, write_dir=str(folder), **common)
    wfdb.wrann(name, "atr", ecg.peaks, ecg.symbols, fs=RATE, write_dir=str(folder))
    return [folder / f"{name}.{ending}" for ending in ("hea", "dat", "atr")]


def write_beats(path: Path, people: int, seconds: float) -> Path:
    """Write the beats of the first lead of `people` people, with label and person."""
    rows = [",".join([*CUT.names, "label", "person"])]
    for person in range(people):
        ecg = make(seconds, seed=person + 1)
        for symbol, values in _cut(ecg):
            rows.append(",".join([*(f"{value:.6g}" for value in values), symbol, f"p{person}"]))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def _cut(ecg: Ecg) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for index, values in cut_beats(ecg.leads[LEADS[0]], RATE, ecg.peaks, CUT):
        yield ecg.symbols[index], values


def _rhythm(rng: np.random.Generator, seconds: float) -> tuple[NDArray[np.int64], list[str]]:
    usual = rng.uniform(0.75, 0.95)
    times, symbols, share = [1.0], ["N"], 1.0
    while times[-1] < seconds - 2.5:
        symbol = "V" if symbols[-1] == "N" and rng.random() < 0.13 else "N"
        share = rng.uniform(*EARLY) if symbol == "V" else 2 - share if symbols[-1] == "V" else 1
        times.append(times[-1] + usual * share * rng.normal(1, 0.03))
        symbols.append(symbol)
    return np.rint(np.array(times) * RATE).astype(np.int64), symbols


def _beat(rng: np.random.Generator, waves: tuple[tuple[float, float, float], ...]) -> NDArray[np.float64]:
    seconds = np.arange(-int(REACH * RATE), int(REACH * RATE)) / RATE
    beat = np.zeros(len(seconds))
    for at, height, width in waves:
        own = (at * rng.uniform(0.95, 1.05), height * rng.uniform(0.75, 1.25), width * rng.uniform(0.75, 1.35))
        beat += own[1] * np.exp(-(((seconds - own[0]) / own[2]) ** 2) / 2)
    return beat


def _wandering(rng: np.random.Generator, length: int) -> NDArray[np.float64]:
    seconds = np.arange(length) / RATE
    breath: NDArray[np.float64] = 0.06 * np.sin(2 * np.pi * (0.25 * seconds + rng.random()))
    return breath + rng.normal(0, 0.012, length)
