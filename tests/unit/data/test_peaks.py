"""R peaks in strips where they are known, and none where there is no heart."""

import numpy as np
import pytest

from data.recordings.annotations import match
from data.recordings.peaks import BLOCK_SECONDS, find_peaks
from tests.recordings import heartbeats, strip


@pytest.mark.parametrize("rate", [100, 128, 250, 360.5, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_beat_has_one_peak_at_its_largest_deflection(rate, sign):
    beats = heartbeats(rate, 40)
    found = find_peaks(sign * strip(beats, rate, int(40 * rate)), rate)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() <= max(0.01 * rate, 1)


def test_blocks_leave_no_trace():
    rate = 100
    length = int(2.2 * BLOCK_SECONDS * rate)
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


def test_a_wide_beat_that_goes_down_only_is_found_among_those_that_go_up():
    rate = 250
    beats = heartbeats(rate, 30)
    samples = strip(np.delete(beats, 10), rate, 30 * rate)
    samples -= 2 * np.exp(-(((np.arange(30 * rate) - beats[10]) / rate) ** 2) / 2 / 0.04**2).astype(np.float32)
    found = find_peaks(samples, rate)
    assert np.abs(found - beats[10]).min() <= 0.02 * rate
    assert len(found) == len(beats)
