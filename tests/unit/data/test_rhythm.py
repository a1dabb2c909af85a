"""The RR intervals beside a beat, as ratios."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.recordings.rhythm import MOST, NEAR, rhythm_of

RATE = 100


def ratios(peaks: list[int], gaps: tuple[int, ...] = ()) -> NDArray[np.float64]:
    """Of each peak its ratios, (peaks, 3), in a recording of 100 Hz with gaps of one sample."""
    samples = np.zeros(max(peaks, default=0) + 100, np.float32)
    samples[list(gaps)] = np.nan
    rhythm = rhythm_of(samples, RATE, np.array(peaks, np.int64))
    assert list(rhythm) == ["rr_previous", "rr_next", "rr_local"]
    return np.column_stack(list(rhythm.values()))


def test_an_early_beat_is_told_by_its_intervals():
    peaks = [100 * beat for beat in range(30)]
    peaks[15] -= 40
    found = ratios(peaks)
    np.testing.assert_allclose(found[15], [0.6, 1.4, 0.6 / 1.4])
    np.testing.assert_allclose(found[14], [1, 0.6, 1 / 0.6])
    np.testing.assert_allclose(found[16], [1.4, 1, 1.4])
    np.testing.assert_allclose(np.delete(found, [14, 15, 16], axis=0), 1)


def test_the_usual_interval_is_that_of_the_beats_about():
    peaks = np.cumsum([100] * 40 + [60] * 40).tolist()
    found = ratios(peaks)
    assert found[40 - NEAR - 2].tolist() == [1, 1, 1]
    np.testing.assert_allclose(found[39], [1 / 0.8, 0.6 / 0.8, 1 / 0.6])  # between both
    assert found[39 + NEAR + 1].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("peaks", "gaps", "right"),
    [
        ([], (), []),
        ([100], (), [[1, 1, 1]]),
        ([100, 190], (), [[1, 1, 1], [1, 1, 1]]),
        ([100, 200, 250], (), [[1, 1 / 0.75, 1], [1 / 0.75, 0.5 / 0.75, 2], [0.5 / 0.75, 1, 1]]),
        ([100, 200, 501, 601], (), [[1, 1, 1]] * 4),  # a pause
        ([100, 200, 400, 500], (300,), [[1, 1, 1]] * 4),  # a gap
        ([100, 400], (), [[1, 1, 1]] * 2),
    ],
    ids=["none", "one", "two", "three", "pause", "gap", "longest"],
)
def test_an_interval_that_is_none_counts_as_the_usual_one(peaks, gaps, right):
    np.testing.assert_allclose(ratios(peaks, gaps), np.reshape(right, (-1, 3)))


@given(steps=st.lists(st.integers(1, 1000), max_size=60), gaps=st.lists(st.integers(0, 1000), max_size=5))
def test_ratios_are_always_numbers_within_limits(steps, gaps):
    peaks = np.cumsum([10, *steps]).tolist()
    found = ratios(peaks, tuple(gap for gap in gaps if gap < peaks[-1]))
    assert found.shape == (len(peaks), 3)
    assert ((found >= 1 / MOST) & (found <= MOST)).all()


@given(steps=st.lists(st.integers(10, 70), min_size=1, max_size=40), factor=st.sampled_from([0.5, 2]))
def test_the_heart_rate_is_not_told(steps, factor):
    peaks = np.cumsum([10, *steps]) * 2
    np.testing.assert_allclose(ratios(peaks.tolist()), ratios((peaks * factor).astype(int).tolist()))
