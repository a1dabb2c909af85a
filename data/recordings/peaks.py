"""Finds R peaks with neurokit2, block by block, and moves each to the deflection it stands for."""

import warnings
from collections.abc import Callable
from typing import Final

import neurokit2
import numpy as np
from numpy.typing import NDArray

METHOD: Final = "neurokit"
BLOCK_SECONDS: Final = 300
MARGIN_SECONDS: Final = 10  # looked at on both sides of a block, so that its ends are like its middle
PAUSE_SECONDS: Final = 0.25  # of two peaks closer than this the larger is the beat
REACH_SECONDS: Final = 0.1  # from where a peak was found to the deflection it stands for
PREFERENCE: Final = 1.5  # for deflections to the side that is usual in the block
WEAKEST: Final = 0.2  # of the usual deflection: less is noise in a flat stretch


def find_peaks(
    samples: NDArray[np.float32], rate: float, advance: Callable[[int], object] = lambda step: None
) -> NDArray[np.int64]:
    """Return the sample numbers of the R peaks, ascending: the largest deflection of each QRS complex, up or down.

    `samples` is one lead, NaN in gaps, `rate` its samples per second; `advance` is told how many more samples are done.
    There is no peak in flat lines and gaps.
    """
    block, margin = round(BLOCK_SECONDS * rate), round(MARGIN_SECONDS * rate)
    peaks, heights = [np.empty(0, np.int64)], [np.empty(0)]
    for start in range(0, len(samples), block):
        first = max(start - margin, 0)
        found, height = _peaks_of(samples[first : start + block + margin], rate)
        inside = (first + found >= start) & (first + found < start + block)
        peaks.append(first + found[inside])
        heights.append(height[inside])
        advance(min(block, len(samples) - start))
    return _strong(np.concatenate(peaks), np.concatenate(heights), rate)


def _strong(peaks: NDArray[np.int64], heights: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    if not len(peaks):
        return peaks
    kept: list[int] = []
    for index in np.flatnonzero(heights >= WEAKEST * np.quantile(heights, 0.75, method="lower")).tolist():
        if not kept or peaks[index] - peaks[kept[-1]] > PAUSE_SECONDS * rate:
            kept.append(index)
        elif heights[index] > heights[kept[-1]]:
            kept[-1] = index
    return peaks[kept]


def _peaks_of(samples: NDArray[np.float32], rate: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the peaks of a block and their heights in its unit."""
    known = np.isfinite(samples)
    nothing = np.empty(0, np.int64), np.empty(0)
    if len(samples) < 2 * rate or not known.any():
        return nothing
    signal = np.interp(np.arange(len(samples)), known.nonzero()[0], samples[known])
    if np.ptp(signal) == 0:
        return nothing
    clean = np.asarray(neurokit2.ecg_clean(signal, sampling_rate=rate, method=METHOD))
    # it looks for local maxima, which a beat from a ventricle may have only when seen upside down
    places = np.union1d(_places(clean, rate), _places(-clean, rate))
    peaks = _largest_deflections(clean, places, round(REACH_SECONDS * rate))
    peaks = np.unique(peaks[known[peaks]])
    return peaks, np.abs(clean[peaks])


def _places(clean: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it takes the mean of nothing where there is no peak
        # which of two close peaks is the beat is decided by their size, later
        found = neurokit2.ecg_findpeaks(clean, sampling_rate=rate, method=METHOD, mindelay=0)["ECG_R_Peaks"]
    return np.asarray(found, np.int64)


def _largest_deflections(clean: NDArray[np.float64], places: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """Move each place to the largest deflection near it; one to the usual side counts half as much again."""
    if not len(places):
        return places
    around = np.clip(places[:, None] + np.arange(-reach, reach + 1), 0, len(clean) - 1)
    values = clean[around]
    leaning = np.sort(values.min(axis=1) + values.max(axis=1))[len(places) // 2]
    usual = np.where(values * (-1 if leaning < 0 else 1) > 0, PREFERENCE, 1)
    found = around[np.arange(len(places)), (np.abs(values) * usual).argmax(axis=1)]
    return np.asarray(found, np.int64)
