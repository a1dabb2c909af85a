"""R peaks in synthetic strips with known peaks, and no peaks in noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.recordings.annotations import match, read_annotations
from data.recordings.lead import read_lead
from data.recordings.peaks import BLOCK_WINDOWS, WINDOW_SECONDS, find_peaks
from tests.support.beats.recordings import heartbeats, strip

FLAT_HOLD = Path(__file__).parents[2] / "cases" / "recordings" / "flat_hold"  # flat from second 60 to 240
RATE = 360
BEATS = heartbeats(RATE, 600)


@pytest.fixture(scope="module")
def long_strip():
    """Ten minutes with a little noise, so that the lead is never flat."""
    return strip(BEATS, RATE, 600 * RATE) + np.random.default_rng(2).normal(0, 0.02, 600 * RATE).astype(np.float32)


@pytest.mark.parametrize("rate", [100, 128, 250, 360.5, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_beat_has_one_peak_at_its_largest_deflection(rate, sign):
    beats = heartbeats(rate, 40)
    found = find_peaks(sign * strip(beats, rate, int(40 * rate)), rate)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() <= max(0.01 * rate, 1)


def test_blocks_leave_no_trace():
    rate = 100
    length = round(2.2 * BLOCK_WINDOWS * WINDOW_SECONDS * rate)
    beats = heartbeats(rate, length / rate)
    steps: list[int] = []
    found = find_peaks(strip(beats, rate, length), rate, steps.append)
    np.testing.assert_allclose(found, beats, atol=1)
    assert (len(steps), sum(steps)) == (3, length)


def test_noise_and_drift_hide_no_beat():
    rate = 250
    beats = heartbeats(rate, 60)
    seconds = np.arange(60 * rate) / rate
    noise = np.random.default_rng(1).normal(0, 0.08, 60 * rate)
    samples = strip(beats, rate, 60 * rate) + noise + np.sin(2 * np.pi * 0.3 * seconds) + 0.1 * np.sin(314 * seconds)
    matched = match(find_peaks(samples.astype(np.float32), rate), beats, 0.05 * rate)
    assert np.count_nonzero(matched >= 0) == len(beats)
    assert np.count_nonzero(matched < 0) <= 1


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(5000),
        np.full(5000, 3.7),
        np.full(5000, np.nan),
        np.where(np.arange(5000) % 2, np.nan, 1),
        np.zeros(10),
        np.empty(0),
        np.linspace(0, 1, 5000),
    ],
    ids=["zero", "constant", "gap", "gaps", "short", "empty", "ramp"],
)
def test_where_there_is_no_heart_there_is_no_peak(samples):
    assert find_peaks(samples.astype(np.float32), 250).tolist() == []


@pytest.mark.parametrize("filler", [0, 2.5, np.nan], ids=["zero", "constant", "gap"])
def test_a_lead_that_comes_off_has_no_peaks_there(filler):
    rate = 250
    beats = heartbeats(rate, 60)
    samples = strip(beats, rate, 60 * rate)
    samples[20 * rate : 40 * rate] = filler
    found = find_peaks(samples, rate)
    off = (found > 20 * rate + 5) & (found < 40 * rate - 5)
    assert not off.any()
    there = beats[(beats < 19 * rate) | (beats > 41 * rate)]
    assert (match(there, found, 0.05 * rate) >= 0).all()


def test_a_wide_negative_beat_is_found_among_positive_ones():
    rate = 250
    beats = heartbeats(rate, 30)
    samples = strip(np.delete(beats, 10), rate, 30 * rate)
    samples -= 2 * np.exp(-(((np.arange(30 * rate) - beats[10]) / rate) ** 2) / 2 / 0.04**2).astype(np.float32)
    found = find_peaks(samples, rate)
    assert np.abs(found - beats[10]).min() <= 0.02 * rate
    assert len(found) == len(beats)


DISTURBANCES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "missing": lambda lead: np.full_like(lead, np.nan),
    "held": lambda lead: np.full_like(lead, lead[0]),
    "hissing": lambda lead: np.random.default_rng(3).normal(0, 0.02, len(lead)).astype(np.float32),
    "loud": lambda lead: 8 * lead,
    "faint": lambda lead: lead * np.float32(0.125),
}
TRANSITION_SECONDS = {"loud": 9, "faint": 9}  # the running median's reach; the others are cut off sharply


@pytest.mark.parametrize("first", [0, 47, 250, 480], ids="from {}".format)
@pytest.mark.parametrize("seconds", [30, 110, 210], ids="{} s".format)
@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_stretch_hides_no_beat_elsewhere(long_strip, kind, first, seconds):
    samples = long_strip.copy()
    there = slice(first * RATE, (first + seconds) * RATE)
    samples[there] = DISTURBANCES[kind](samples[there])
    found = find_peaks(samples, RATE)
    assert np.isfinite(samples[found]).all()
    edge = TRANSITION_SECONDS.get(kind, 0.5) * RATE
    outside = BEATS[(there.start - edge > BEATS) | (there.stop + edge < BEATS)]
    assert (match(outside, found, 0.05 * RATE) >= 0).all()
    assert (match(found, BEATS, 0.05 * RATE) < 0).sum() <= 2
    if kind not in TRANSITION_SECONDS:
        assert not ((found > there.start + edge) & (found < there.stop - edge)).any()


def test_a_flat_stretch_of_a_real_lead_hides_no_beat():
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    annotated = read_annotations(FLAT_HOLD, None)
    assert annotated is not None
    found = find_peaks(read_lead(FLAT_HOLD).samples, RATE)
    outside = annotated.samples[(annotated.samples < 60 * RATE) | (annotated.samples > 240 * RATE)]
    assert np.count_nonzero(match(outside, found, 0.05 * RATE) >= 0) >= len(outside) - 1  # one lies on the edge
    assert len(found) <= len(outside)


def test_between_two_flat_stretches_there_may_be_anything(long_strip):
    samples = np.zeros(60 * RATE, np.float32)
    beat = BEATS[20]
    samples[10 * RATE : 11 * RATE] = long_strip[beat - RATE // 2 : beat + RATE // 2]  # one beat alone
    samples[20 * RATE : 20 * RATE + 100] = np.nan
    samples[30 * RATE] = 1
    found = find_peaks(samples, RATE)
    assert np.abs(found - 10.5 * RATE).min() <= 0.01 * RATE
    assert len(found) <= 2


@pytest.mark.parametrize("size", [0.3, 0.5])
def test_tall_pointed_t_waves_are_no_beats(size):
    rate = 250
    beats = heartbeats(rate, 120)
    seconds = np.arange(120 * rate) / rate
    samples = strip(beats, rate, 120 * rate)
    for beat in beats:
        samples += (size * np.exp(-((seconds - beat / rate - 0.3) ** 2) / 2 / 0.03**2)).astype(np.float32)
    np.testing.assert_allclose(find_peaks(samples, rate), beats, atol=0.01 * rate)


def test_early_and_small_beats_are_found():
    rate = 250
    beats = np.rint(np.cumsum(np.tile([0.8, 0.8, 0.42, 1.1], 20)) * rate).astype(np.int64)
    samples = strip(beats, rate, int(beats[-1]) + rate)
    for small in beats[1::4]:
        samples[small - rate // 5 : small + rate // 5] *= 0.4
    np.testing.assert_allclose(find_peaks(samples, rate), beats, atol=0.01 * rate)


@pytest.mark.parametrize("beats_a_minute", [30, 45, 150, 200])
def test_slow_and_fast_hearts(beats_a_minute):
    rate = 250
    beats = np.arange(rate, 119 * rate, 60 * rate / beats_a_minute).astype(np.int64)
    noise = np.random.default_rng(4).normal(0, 0.02, 120 * rate)
    found = find_peaks((strip(beats, rate, 120 * rate) + noise).astype(np.float32), rate)
    np.testing.assert_allclose(found, beats, atol=0.01 * rate)


def test_an_artefact_hides_only_the_beats_inside_it(long_strip):
    samples = long_strip.copy()
    spikes = BEATS[10:600:10] + round(0.3 * RATE)  # between beats
    samples[spikes] += 20
    assert (match(BEATS, find_peaks(samples, RATE), 0.05 * RATE) >= 0).mean() > 0.99
