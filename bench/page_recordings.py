"""Generates long synthetic recordings for the page: two channels at 250 Hz, as WFDB, EDF and CSV."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyedflib
from numpy.typing import NDArray

RATE: Final = 250  # samples per second
STEPS: Final = 200  # stored integers per millivolt
CHANNELS: Final = ("ECG1", "ECG2")
# seconds from the R peak, height in mV, width in seconds
WAVES: Final = ((-0.17, 0.12, 0.022), (-0.03, -0.12, 0.01), (0, 1.1, 0.011), (0.03, -0.3, 0.01), (0.29, 0.27, 0.045))

Samples = NDArray[np.int16]


def hour(seed: int = 0) -> Samples:
    """Return an hour as integers (samples, channels), with beats 0.6 to 1.1 seconds apart and noise."""
    rng = np.random.default_rng(seed)
    length = 3600 * RATE
    peaks = 1 + np.cumsum(rng.uniform(0.6, 1.1, 6000))
    lead = np.zeros(length + 2 * RATE)
    around = np.arange(-RATE // 2, RATE // 2)
    for peak in peaks[peaks < 3599]:
        at = round(peak * RATE)
        lead[at + around] += sum(
            height * np.exp(-((around / RATE - place) ** 2) / 2 / wide**2) for place, height, wide in WAVES
        )
    both = np.stack([lead, 0.6 * lead], axis=1)[:length] + rng.normal(0, 0.02, (length, 2))
    return np.rint(both * STEPS).astype(np.int16)


def write_wfdb(folder: Path, hours: int) -> list[Path]:
    """Write a WFDB record in format 16 and return its files."""
    header, signals = folder / "day.hea", folder / "day.dat"
    lines = [
        f"day 2 {RATE} {hours * 3600 * RATE}",
        *(f"day.dat 16 {STEPS}(0)/mV 16 0 0 0 0 {name}" for name in CHANNELS),
    ]
    header.write_text("\n".join(lines) + "\n")
    samples = hour().tobytes()
    with signals.open("wb") as file:
        for _ in range(hours):
            file.write(samples)
    return [header, signals]


def write_edf(folder: Path, hours: int) -> list[Path]:
    """Write an EDF file with records of one second."""
    path = folder / "day.edf"
    reach: dict[str, str | float | None] = {
        "physical_max": 32000 / STEPS,
        "physical_min": -32000 / STEPS,
        "digital_max": 32000,
        "digital_min": -32000,
    }
    about = {"dimension": "mV", "sample_frequency": RATE, "transducer": "", "prefilter": "", **reach}
    samples = hour().astype(np.int32)
    with pyedflib.EdfWriter(str(path), len(CHANNELS), file_type=pyedflib.FILETYPE_EDF) as writer:
        writer.setSignalHeaders([{**about, "label": name} for name in CHANNELS])
        for _ in range(hours):
            writer.writeSamples([np.ascontiguousarray(channel) for channel in samples.T], digital=True)
    return [path]


def write_csv(folder: Path, hours: int) -> list[Path]:
    """Write a column of times in seconds and one for each channel in millivolts."""
    path = folder / "day.csv"
    samples = hour() / STEPS
    with path.open("wb") as file:
        file.write(f"time,{','.join(f'{name} [mV]' for name in CHANNELS)}\n".encode())
        for number in range(hours):
            times = np.round((np.arange(len(samples)) + number * len(samples)) / RATE, 3)
            table = pa.table({"time": times, **dict(zip(CHANNELS, samples.T, strict=True))})
            pa.csv.write_csv(table, file, pa.csv.WriteOptions(include_header=False))
    return [path]


def write_beats(folder: Path, count: int, width: int) -> list[Path]:
    """Write a table of beats with labels."""
    rng = np.random.default_rng(0)
    columns = {f"F{place}": np.round(rng.normal(size=count), 4) for place in range(width)}
    path = folder / "beats.csv"
    pa.csv.write_csv(pa.table({**columns, "label": rng.integers(0, 2, count)}), path)
    return [path]


FORMATS: Final[dict[str, Callable[[Path, int], list[Path]]]] = {"WFDB": write_wfdb, "EDF": write_edf, "CSV": write_csv}
