"""The windows of beats, and peaks without a beat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from data.recordings.cut import Cut
from data.recordings.windows import BEFORE_PEAK, cut_beats


def cut(samples: ArrayLike, rate: float, peaks: list[int], length: int = 140) -> list[tuple[int, NDArray[np.float64]]]:
    return list(cut_beats(np.asarray(samples, np.float32), rate, np.array(peaks, np.int64), Cut(length)))


def test_a_beat_reaches_from_before_its_peak_to_as_much_before_the_next():
    (index, values), _ = cut(np.arange(1000), 250, [200, 400, 600], length=101)
    places = 200 - BEFORE_PEAK * 200 + 2 * np.arange(101)
    assert index == 0
    np.testing.assert_allclose(values, (places - places.mean()) / places.std(ddof=1), atol=1e-6)


def test_beats_are_normalised_like_the_archives():
    samples = np.random.default_rng(0).normal(5, 3, 3000)
    for _, values in cut(samples, 250, [300, 520, 700, 1000]):
        assert values.mean() == pytest.approx(0, abs=1e-9)
        assert values.std(ddof=1) == pytest.approx(1)


def test_many_samples_become_few_without_aliasing():
    seconds = np.arange(8000) / 1000
    mains = np.sin(2 * np.pi * 450 * seconds)
    wave = np.sin(2 * np.pi * seconds)
    clean = cut(wave, 1000, [1000, 2000, 3000])[0][1]
    noisy = cut(wave + 0.5 * mains, 1000, [1000, 2000, 3000])[0][1]
    assert np.abs(noisy - clean).max() < 0.06


@pytest.mark.parametrize(
    ("peaks", "kept"),
    [
        ([100, 300, 500], [0, 1]),  # the last peak has no next one
        ([2, 300, 500], [1]),  # begins before the recording
        ([100, 300, 1100, 1300], [0, 2]),  # a pause of more than three seconds
        ([100], []),
        ([], []),
    ],
)
def test_a_peak_has_a_beat_if_its_window_is_complete(peaks, kept):
    samples = np.random.default_rng(0).normal(size=2000)
    assert [index for index, _ in cut(samples, 250, peaks)] == kept


def test_a_beat_with_a_gap_or_without_a_wave_is_left_out():
    samples = np.random.default_rng(0).normal(size=2000)
    samples[350] = np.nan
    samples[690:910] = 1
    assert [index for index, _ in cut(samples, 250, [100, 300, 500, 700, 900, 1100])] == [0, 2, 4]


@pytest.mark.parametrize("level", [0, -0.28, 1e6 / 3])
def test_a_flat_line_at_any_level_has_no_beat(level):
    assert cut(np.full(2000, level), 360, [100, 401, 700]) == []


def test_a_window_around_the_peak_does_not_depend_on_the_rhythm():
    ramp = np.arange(2000) / 1000
    by_peak = Cut(8, (-300.0, 400.0), "mV")
    beats = list(cut_beats(ramp.astype(np.float32), 250, np.array([70, 500, 510, 1400, 1900]), by_peak))
    assert [index for index, _ in beats] == [1, 2, 3]  # the first and the last window are not within the recording
    for _, values in beats:
        np.testing.assert_allclose(values, 0.025 * (np.arange(8) - 3.5), atol=1e-6)


def test_millivolts_are_kept_less_the_median():
    samples = np.tile([0.0, 0.0, 0.0, 0.5, -0.25], 400) + 3
    (_, values), *_ = cut_beats(samples.astype(np.float32), 250, np.array([500, 700]), Cut(196, None, "mV"))
    assert np.median(values) == 0
    assert values.min() == pytest.approx(-0.25, abs=0.05)
    assert values.max() == pytest.approx(0.5, abs=0.05)


@given(
    length=st.integers(2, 400),
    span=st.integers(20, 900),
    rate=st.sampled_from([100.0, 128.0, 360.0, 1000.0]),
    seed=st.integers(0, 100),
)
def test_any_length_is_cut_from_the_same_window(length, span, rate, seed):
    samples = np.cumsum(np.random.default_rng(seed).normal(size=3000))
    beats = cut(samples, rate, [1000, 1000 + span], length)
    if span > 3 * rate:
        assert beats == []
    else:
        ((_, values),) = beats
        assert values.shape == (length,)
        assert np.isfinite(values).all()


@pytest.mark.parametrize(("held", "whole"), [(250, True), (251, False)], ids=["a-second", "longer"])
@pytest.mark.parametrize("window", [None, (-200.0, 400.0)], ids=["RR-interval", "peak"])
def test_a_long_flat_line_in_the_window_leaves_no_beat(window, held, whole):
    samples = np.random.default_rng(0).normal(size=1500).astype(np.float32)
    samples[590 : 590 + held] = 0.3  # 360 ms after the peak
    cut = Cut(30, window)
    assert any(index == 0 for index, _ in cut_beats(samples, 250, np.array([500, 900]), cut)) == whole
