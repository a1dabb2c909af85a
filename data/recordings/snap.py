"""Moves annotations to the nearest deflection, so that all beats begin at the same point of their wave."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

REACH_SECONDS: Final = 0.05  # maximum distance from the annotation
ABOUT_SECONDS: Final = 0.3  # on either side; the median is the baseline of the deflection
# Weight of deflections to the usual side. On 29 records of MIT-BIH the correlation of a symbol's beats with their
# median is 0.870 at the annotations, and 0.864, 0.872, 0.874, 0.876 and 0.875 after moving with a weight of 1, 1.5,
# 2, 3 and 4.
PREFERENCE: Final = 3.0
AT_ONCE: Final = 1024  # beats


def to_deflections(samples: NDArray[np.float32], rate: float, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions (n,) of the largest deflections within REACH_SECONDS of `places` (n,), both ascending.

    A position without a maximum or minimum within reach is unchanged. The result is strictly ascending.
    """
    parts = [_deflections(samples, rate, places[at : at + AT_ONCE]) for at in range(0, len(places), AT_ONCE)]
    if not parts:
        return places
    found, heights = (np.concatenate(arrays, axis=1) for arrays in zip(*parts, strict=True))  # (2, places): up, down
    usually_up = np.median(heights[0] - heights[1]) >= 0
    up = heights[0] * (PREFERENCE if usually_up else 1) >= heights[1] * (1 if usually_up else PREFERENCE)
    snapped = np.where(np.maximum(*heights) > 0, np.where(up, *found), places)
    while (close := np.flatnonzero(np.diff(snapped) <= 0)).size:  # two beats at one deflection are not moved
        both = np.concatenate([close, close + 1])
        snapped[both] = places[both]
    return snapped


def has_wave(samples: NDArray[np.float32], rate: float, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each position (n,) whether the lead is neither flat nor missing within REACH_SECONDS."""
    around = np.arange(-int(REACH_SECONDS * rate), int(REACH_SECONDS * rate) + 1)
    parts = [
        np.ptp(samples[np.clip(places[at : at + AT_ONCE, None] + around, 0, len(samples) - 1)], axis=1)
        for at in range(0, len(places), AT_ONCE)
    ]
    return np.concatenate(parts) > 0 if parts else np.empty(0, np.bool_)


def _deflections(
    samples: NDArray[np.float32], rate: float, places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return positions and heights of the largest deflections up and down, each (2, places); height 0 for none."""
    about = np.arange(-round(ABOUT_SECONDS * rate), round(ABOUT_SECONDS * rate) + 1)
    wide = samples[np.clip(places[:, None] + about, 0, len(samples) - 1)].astype(np.float64)
    level = np.median(np.nan_to_num(wide), axis=1)
    reach = int(REACH_SECONDS * rate)
    near = np.clip(places[:, None] + np.arange(-reach - 1, reach + 2), 0, len(samples) - 1)
    values = np.nan_to_num(samples[near].astype(np.float64) - level[:, None])
    row, found, heights = np.arange(len(places)), [], []
    for side in (values, -values):
        inner = side[:, 1:-1]
        # a slope that ends outside the reach is not a deflection
        height = np.where((inner >= side[:, :-2]) & (inner >= side[:, 2:]), inner, 0)
        best = height.argmax(axis=1)
        found.append(near[row, best + 1])
        heights.append(np.maximum(height[row, best], 0))
    return np.array(found), np.array(heights)
