"""The likeness of a beat to its recording's usual beat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.recordings.likeness import MOST_BEATS, WINDOWS, likeness_of
from tests.support.beats.recordings import heartbeats, strip

RATE = 250
PEAKS = heartbeats(RATE, 30)
LEAD = strip(PEAKS, RATE, 30 * RATE)


@pytest.mark.parametrize("name", WINDOWS)
def test_a_beat_of_another_shape_is_less_like_the_others(name):
    samples = LEAD.copy()
    odd = PEAKS[12]
    samples[odd - 60 : odd + 60] = 0.8 * np.sin(np.arange(120) / 20)
    likeness = likeness_of(samples, RATE, PEAKS, name)
    assert likeness.argmin() == 12
    assert likeness[12] < 0.7
    assert np.delete(likeness, 12).min() > 0.95


@pytest.mark.parametrize("name", WINDOWS)
def test_likeness_does_not_depend_on_polarity_or_gain(name):
    likeness = likeness_of(LEAD, RATE, PEAKS, name)
    np.testing.assert_allclose(likeness_of(-7 * LEAD + 3, RATE, PEAKS, name), likeness, atol=1e-4)


def test_a_beat_without_a_complete_window_has_likeness_1():
    samples = LEAD.copy()
    samples[PEAKS[5] + 30] = np.nan
    peaks = np.array([3, *PEAKS])
    likeness = likeness_of(samples, RATE, peaks, "like_beat")
    assert (likeness[0], likeness[6]) == (1, 1)
    assert likeness_of(samples, RATE, peaks[:1], "like_beat").tolist() == [1]
    assert likeness_of(samples, RATE, peaks[:0], "like_beat").tolist() == []
    assert likeness_of(np.zeros_like(samples), RATE, PEAKS[:2], "like_qrs").tolist() == [1, 1]


@pytest.mark.parametrize(("held", "whole"), [(RATE, True), (RATE + 1, False)], ids=["a-second", "longer"])
def test_a_long_flat_line_that_reaches_into_the_window_is_a_gap(held, whole):
    samples = LEAD.copy()
    samples[PEAKS[5] + 60 : PEAKS[5] + 60 + held] = 1
    likeness = likeness_of(samples, RATE, PEAKS[:6], "like_beat")
    assert (likeness[5] < 1) == whole


def test_the_usual_beat_of_many_uses_evenly_spaced_ones():
    peaks = np.arange(100, 100 + 250 * (2 * MOST_BEATS + 1), 250)
    samples = strip(peaks, RATE, peaks[-1] + 300)
    for peak in peaks[1::3]:
        samples[peak - 20 : peak + 20] = 0.1
    likeness = likeness_of(samples, RATE, peaks, "like_qrs")
    assert likeness[3::3].min() > 0.99


@given(seed=st.integers(0, 1000), name=st.sampled_from(sorted(WINDOWS)))
def test_likeness_is_always_a_correlation(seed, name):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=3000).astype(np.float32)
    samples[rng.integers(3000, size=3)] = np.nan
    samples[1000 : 1000 + int(rng.integers(500))] = 1
    likeness = likeness_of(samples, RATE, np.unique(rng.integers(3000, size=30)), name)
    assert (np.abs(likeness) <= 1 + 1e-9).all()
