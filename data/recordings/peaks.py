"""Detects R peaks by the energy of the QRS complex, with thresholds that are local in time.

The method follows Pan and Tompkins (IEEE Transactions on Biomedical Engineering 32(3), 230-236, 1985) and Hamilton
(Computers in Cardiology 29, 101-104, 2002): band-pass, rectify, average, and compare each maximum with the usual energy
of a beat. Three things differ. The band-pass consists of moving averages without delay. The usual energy is a running
median of the largest energy in each window, on both sides, so artefacts and pauses do not change it. A maximum near a
larger one must reach a share of its energy, or it is a P or T wave; the share falls with the time between them, as
Christov's threshold does (BioMedical Engineering OnLine 3:28, 2004).

The constants were chosen on the 33 records that `make bench-recordings` measures. A change of one constant by 10 %
costs at most 0.03 percentage points of sensitivity or predictivity; only for NEAR_SECONDS it costs 0.1.
gateway/static/recording/peaks.js does the same arithmetic in the same order: change both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FLAT_SECONDS: Final = 1  # a longer gap or flat line ends a stretch
WINDOW_SECONDS: Final = 1.5  # at least one beat, at 40 beats a minute
BLOCK_WINDOWS: Final = 200  # windows searched at a time: five minutes
SCANNED: Final = 1 << 18  # samples searched for gaps at a time
HALF: Final = 6  # windows to either side in the running medians
MAINS: Final = (50, 60)  # hertz; removed by averages over one period of each
DRIFT_SECONDS: Final = 0.2  # moving averages of this length are subtracted before deflections are measured
SLOW_SECONDS: Final = 0.08  # the same before energy is computed, which removes most below 7 Hz
ENERGY_SECONDS: Final = 0.08  # length of two moving averages, about that of a QRS complex
LEAST: Final = 0.2  # of the usual energy of a beat
LEAST_OF_MEAN: Final = 1.1  # of the mean energy; matters in noise
CLOSE_SECONDS: Final = 0.2  # refractory period: of two closer maxima only the larger one is a beat
NEAR_SECONDS: Final = 0.4  # from CLOSE_SECONDS to here the share of a larger neighbour falls from 1 ...
SHARE_NEAR: Final = 0.2  # ... to this
T_SECONDS: Final = 0.5  # up to here after a larger neighbour, a maximum is a T wave ...
SHARE_T: Final = 0.25  # ... below this share
MOST: Final = 1.5  # of the usual energy: limit for a larger neighbour beyond CLOSE_SECONDS, which may be an artefact
NEIGHBOURS: Final = 4  # maxima on either side that are compared
WEAKEST: Final = 0.05  # of the recording's usual energy: with less there are no beats
WEAKEST_IN_NOISE: Final = 0.3  # the same in noise
NOISE: Final = 2.4  # usual energy of a beat over mean energy: lower in noise, higher for up to 180 beats a minute
ROUNDING: Final = 1e-6  # of the largest value: less is rounding of float32
REACH_SECONDS: Final = 0.1  # from the maximum of the energy to the largest deflection
PREFERENCE: Final = 1.2  # weight of deflections to the usual side of the block

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Found:
    """The peaks of a block, the usual energy at each of them, and the usual energy in each window."""

    peaks: Places
    levels: Floats
    in_noise: NDArray[np.bool_]
    usual: Floats


def find_peaks(
    samples: NDArray[np.float32], rate: float, advance: Callable[[int], object] = lambda step: None
) -> Places:
    """Return the sample numbers of the R peaks, ascending: the largest deflection of each QRS complex, up or down.

    `samples` (n,) is one lead, with NaN in gaps, `rate` its samples per second; `advance` is called with the number of
    samples done. Flat lines and gaps have no peaks. Besides the samples, memory grows only with the number of peaks.
    """
    window = _whole(WINDOW_SECONDS * rate)
    found: list[_Found] = []
    done = 0
    for begin, end in _stretches(samples, rate):
        for start in range(begin, end, BLOCK_WINDOWS * window):
            stop = min(start + BLOCK_WINDOWS * window, end)
            first, last = max(start - (HALF + 1) * window, begin), min(stop + (HALF + 1) * window, end)
            found.append(_search(samples[first:last], first, start, stop, rate))
            advance(stop - done)
            done = stop
    if done < len(samples):
        advance(len(samples) - done)
    return _strong(found) if found else np.empty(0, np.int64)


def _strong(found: list[_Found]) -> Places:
    """Return the peaks without those in windows with too little energy compared with the whole recording."""
    usual = np.quantile(np.concatenate([each.usual for each in found]), 0.75, method="lower")
    kept = [each.peaks[each.levels >= np.where(each.in_noise, WEAKEST_IN_NOISE, WEAKEST) * usual] for each in found]
    return np.unique(np.concatenate(kept))


def _stretches(samples: NDArray[np.float32], rate: float) -> Iterator[tuple[int, int]]:
    """Yield start and end of each stretch between gaps and flat lines of more than FLAT_SECONDS."""
    start = run = 0  # start of the stretch, and start of the run of equal values
    for at in range(1, len(samples), SCANNED):
        here = samples[at : at + SCANNED]
        before = samples[at - 1 : at - 1 + len(here)]
        changed = (here != before) & (np.isfinite(here) | np.isfinite(before))
        places = np.concatenate([[run], at + np.flatnonzero(changed)])
        for flat in np.flatnonzero(np.diff(places) > FLAT_SECONDS * rate).tolist():
            if places[flat] > start:
                yield start, int(places[flat])
            start = int(places[flat + 1])
        run = int(places[-1])
    end = run if len(samples) - run > FLAT_SECONDS * rate else len(samples)
    if end > start:
        yield start, end


def _search(samples: NDArray[np.float32], first: int, start: int, stop: int, rate: float) -> _Found:
    """Search for peaks from `start` to `stop`; `samples` begin at `first` and extend beyond both."""
    known = np.isfinite(samples)
    signal = np.zeros(len(samples))
    if known.any():
        signal = np.interp(np.arange(len(samples)), known.nonzero()[0], samples[known])
    lead, band = _filtered(signal, rate)
    energy = _average(_average(np.abs(band), ENERGY_SECONDS * rate), ENERGY_SECONDS * rate, late=True)

    window = min(_whole(WINDOW_SECONDS * rate), len(energy))
    windows = energy[: len(energy) // window * window].reshape(-1, window)
    usual = _running_median(windows.max(axis=1))
    mean = _running_median(windows.cumsum(axis=1)[:, -1] / window)
    least = np.maximum(np.maximum(LEAST * usual, LEAST_OF_MEAN * mean), ROUNDING * np.abs(signal).max())

    places = 1 + np.flatnonzero((energy[1:-1] > energy[:-2]) & (energy[1:-1] >= energy[2:]))
    of = np.minimum(places // window, len(usual) - 1)
    places, of = places[energy[places] > least[of]], of[energy[places] > least[of]]
    inside = (first + places >= start) & (first + places < stop)
    beats = inside & (energy[places] >= _overshadowed(places, energy[places], MOST * usual[of], rate))
    places, of = places[beats], of[beats]
    peaks = _deflections(lead, places, rate)
    of, peaks = of[known[peaks]], peaks[known[peaks]]
    own = slice((start - first) // window, max((stop - first) // window, 1))
    return _Found(first + peaks, usual[of], (usual < NOISE * mean)[of], usual[own])


def _filtered(signal: Floats, rate: float) -> tuple[Floats, Floats]:
    """Return the lead without hum and drift, and its band-pass for QRS complexes."""
    lead = _average(_average(signal, rate / MAINS[0]), rate / MAINS[1], late=True)
    band = _without_slow(_without_slow(lead, SLOW_SECONDS * rate), SLOW_SECONDS * rate)
    return _without_slow(lead, DRIFT_SECONDS * rate), band


def _without_slow(signal: Floats, size: float) -> Floats:
    return signal - _average(_average(signal, size), size, late=True)


def _overshadowed(places: Places, energies: Floats, most: Floats, rate: float) -> Floats:
    """Return for each maximum the energy below which it is a part or a wave of a larger neighbour."""
    least, limited = np.zeros(len(places)), np.minimum(energies, most)
    for step in range(1, NEIGHBOURS + 1):
        away = (places[step:] - places[:-step]) / rate
        falling = 1 - (1 - SHARE_NEAR) * (away - CLOSE_SECONDS) / (NEAR_SECONDS - CLOSE_SECONDS)
        before = np.where(away < NEAR_SECONDS, np.minimum(falling, 1), 0)
        after = np.where(away < T_SECONDS, np.maximum(before, SHARE_T), 0)
        close = away < CLOSE_SECONDS
        least[step:] = np.maximum(least[step:], after * np.where(close, energies[:-step], limited[:-step]))
        least[:-step] = np.maximum(least[:-step], before * np.where(close, energies[step:], limited[step:]))
    return least


def _deflections(lead: Floats, places: Places, rate: float) -> Places:
    """Move each position to the largest deflection near it; the usual side counts PREFERENCE times."""
    reach = _whole(REACH_SECONDS * rate)
    around = np.clip(places[:, None] + np.arange(-reach, reach + 1), 0, len(lead) - 1)
    values = lead[around]
    leaning = np.sort(values.min(axis=1) + values.max(axis=1))
    side = -1 if len(leaning) and leaning[len(leaning) // 2] < 0 else 1
    sizes = np.abs(values) * np.where(values * side > 0, PREFERENCE, 1)
    return np.asarray(around[np.arange(len(places)), sizes.argmax(axis=1)], np.int64)


def _running_median(values: Floats) -> Floats:
    """Return the running median over HALF values on either side; of two middle values the larger."""
    listed = values.tolist()
    about = (sorted(listed[max(index - HALF, 0) : index + HALF + 1]) for index in range(len(listed)))
    return np.array([each[len(each) // 2] for each in about])


def _average(values: Floats, size: float, late: bool = False) -> Floats:
    """Return the moving average over `size` samples; the signal is extended by its first and last values.

    An even size has one more sample on the earlier side, or with `late` on the later one.
    """
    whole = _whole(size)
    before = (whole - 1 if late else whole) // 2
    ends = np.full(before, values[0]), np.full(whole - 1 - before, values[-1])
    sums = np.cumsum(np.concatenate([[0], ends[0], values, ends[1]]))
    return np.asarray((sums[whole:] - sums[:-whole]) / whole)


def _whole(samples: float) -> int:
    """Round as JavaScript does, to at least one sample."""
    return max(int(samples + 0.5), 1)
