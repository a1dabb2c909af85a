"""Recordings whose R peaks are known, and one recording in several formats."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

# seconds from the R peak, height in mV, width in seconds
WAVES: Final = ((-0.18, 0.1, 0.025), (-0.03, -0.15, 0.01), (0, 1.05, 0.012), (0.03, -0.25, 0.01), (0.3, 0.25, 0.05))


def strip(peaks: NDArray[np.int64], rate: float, length: int) -> NDArray[np.float32]:
    """Draw beats of a P, a QRS and a T wave about the given samples; the R peak is 1 mV high."""
    samples = np.zeros(length)
    reach = int(0.6 * rate)
    seconds = np.arange(-reach, reach) / rate
    beat: NDArray[np.float64] = np.zeros(2 * reach)
    for at, height, width in WAVES:
        beat += height * np.exp(-((seconds - at) ** 2) / 2 / width**2)
    for peak in peaks:
        first, last = max(reach - peak, 0), min(length + reach - peak, 2 * reach)
        samples[peak - reach + first : peak - reach + last] += beat[first:last]
    return samples.astype(np.float32)


def heartbeats(rate: float, seconds: float, seed: int = 0) -> NDArray[np.int64]:
    """Return samples of R peaks, 0.6 to 1.1 seconds apart, within so many seconds."""
    steps = np.random.default_rng(seed).uniform(0.6, 1.1, int(2 * seconds))
    times = 0.5 + np.cumsum(steps)
    return np.rint(times[times < seconds - 0.5] * rate).astype(np.int64)


def write_table(path: Path, rate: float, leads: dict[str, NDArray[np.float32]]) -> Path:
    """Write leads as CSV with a column of times in milliseconds' precision."""
    times = np.arange(len(next(iter(leads.values())))) / rate
    names = ",".join(["time", *leads])
    np.savetxt(path, np.column_stack([times, *leads.values()]), delimiter=",", header=names, comments="", fmt="%.6g")
    return path


def write_edf(path: Path, rate: float, leads: dict[str, NDArray[np.float32]]) -> Path:
    """Write leads, in mV, as EDF with 3200 steps to the mV."""
    import pyedflib

    reach: dict[str, str | float] = {
        "physical_max": 10,
        "physical_min": -10,
        "digital_max": 32000,
        "digital_min": -32000,
    }
    about: dict[str, str | float] = {
        "dimension": "mV",
        "sample_frequency": rate,
        "transducer": "",
        "prefilter": "",
        **reach,
    }
    with pyedflib.EdfWriter(str(path), len(leads), file_type=pyedflib.FILETYPE_EDF) as writer:
        writer.setSignalHeaders([{**about, "label": name} for name in leads])
        # as integers, for it cuts off what is between two steps
        writer.writeSamples([np.rint(3200 * lead).astype(np.int32) for lead in leads.values()], digital=True)
    return path
