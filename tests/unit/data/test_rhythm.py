"""The RR intervals around a beat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.recordings.cut import RHYTHM
from data.recordings.rhythm import AROUND, rhythm_of

RATE = 100


def rhythm(peaks: list[int], gaps: tuple[int, ...] = ()) -> NDArray[np.float64]:
    """Return the values of each peak in the order of RHYTHM, (peaks, 6), with gaps of one sample."""
    samples = np.arange(max(peaks, default=0) + 100, dtype=np.float32)
    samples[list(gaps)] = np.nan
    found = rhythm_of(samples, RATE, np.array(peaks, np.int64))
    assert tuple(found) == RHYTHM
    return np.column_stack(list(found.values()))


def test_the_values_have_the_names_of_the_intervals():
    assert RHYTHM == (
        "rr_previous",
        "rr_local",
        "rr_previous_local",
        "rr_next_local",
        "rr_previous_next",
        "rr_previous_median",
    )


def test_a_premature_beat_shows_in_its_intervals():
    peaks = [80 * beat for beat in range(30)]
    peaks[15] -= 32
    found = rhythm(peaks)
    np.testing.assert_allclose(found[14], [0.8, 0.8, 1, 0.6, 1 / 0.6, 1])
    np.testing.assert_allclose(found[15], [0.48, 0.8, 0.6, 1.4, 0.6 / 1.4, 0.6])
    np.testing.assert_allclose(found[16], [1.12, 0.8, 1.4, 1, 1.4, 1.4])
    np.testing.assert_allclose(np.delete(found, [14, 15, 16], axis=0), [[0.8, 0.8, 1, 1, 1, 1]] * 27)


def test_the_local_interval_is_that_of_the_beats_about():
    peaks = np.cumsum([100] * 42 + [60] * 40).tolist()
    found = rhythm(peaks)  # the last previous interval of a second is that of beat 41
    np.testing.assert_allclose(found[41], [1, 1, 1, 0.6, 1 / 0.6, 1])
    np.testing.assert_allclose(found[42], [0.6, 0.6, 1, 1, 1, 0.6])
    assert found[42 - AROUND, 1] == 1
    assert found[42 + AROUND, 1] == pytest.approx(0.6)


EVEN = [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("peaks", "gaps", "right"),
    [
        ([], (), []),
        ([100], (), [EVEN]),
        ([100, 200], (), [EVEN] * 2),
        ([100, 300, 400, 500], (200,), [EVEN] * 4),  # a gap
        ([0, 200, 400], (100, 300), [EVEN] * 3),  # all are gaps
        ([100, 200, 600, 700, 800], (), [EVEN, [1, 1, 1, 3, 1 / 3, 1], [3, 1, 3, 1, 3, 3], EVEN, EVEN]),  # a pause
        ([100, 110, 210, 310, 410], (), [[1, 1, 1, 0.2, 4, 1], [0.2, 1, 0.2, 1, 0.2, 0.2], EVEN, EVEN, EVEN]),
    ],
    ids=["none", "one", "two", "gap", "gaps", "pause", "short"],
)
def test_each_beat_has_a_number_for_each_interval(peaks, gaps, right):
    np.testing.assert_allclose(rhythm(peaks, gaps), np.reshape(right, (-1, 6)))


@pytest.mark.parametrize(("held", "pause"), [(RATE, 3), (RATE + 1, 1)], ids=["a-second", "longer"])
def test_a_long_flat_line_is_no_pause(held, pause):
    samples = np.arange(900, dtype=np.float32)
    samples[250 : 250 + held] = 7  # a value that is held while an electrode is off
    found = rhythm_of(samples, RATE, np.array([100, 200, 600, 700, 800]))
    assert found["rr_previous"].tolist() == [1, 1, pause, 1, 1]


@given(steps=st.lists(st.integers(1, 1000), max_size=60), gaps=st.lists(st.integers(0, 1000), max_size=5))
def test_the_numbers_are_always_within_limits(steps, gaps):
    peaks = np.cumsum([10, *steps]).tolist()
    found = rhythm(peaks, tuple(gap for gap in gaps if gap < peaks[-1]))
    assert found.shape == (len(peaks), 6)
    assert ((found[:, :2] >= 0.2) & (found[:, :2] <= 3)).all()
    assert ((found[:, 2:] > 0) & (found[:, 2:] <= 4)).all()


@given(steps=st.lists(st.integers(10, 70), min_size=1, max_size=40))
def test_the_ratios_tell_no_heart_rate(steps):
    peaks = 2 * np.cumsum([10, *steps])
    np.testing.assert_allclose(rhythm(peaks.tolist())[:, 2:], rhythm((2 * peaks).tolist())[:, 2:])
