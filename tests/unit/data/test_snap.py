"""Annotated beats are moved to the nearest deflection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.recordings.snap import REACH_SECONDS, has_wave, to_deflections
from tests.support.beats.recordings import heartbeats, strip

RATE = 500
BEATS = heartbeats(RATE, 20)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("off", [-20, 0, 20])
def test_beats_are_moved_to_the_top_of_their_wave(sign, off):
    samples = sign * strip(BEATS, RATE, 20 * RATE) + 3
    assert to_deflections(samples, RATE, BEATS + off).tolist() == BEATS.tolist()


def test_a_paced_beat_stays_near_its_annotation():
    """A 2 ms spike is annotated; the following wave has its maximum 120 ms later."""
    seconds = np.arange(-300, 300) / RATE
    samples = np.zeros(20 * RATE)
    for beat in BEATS:
        samples[beat - 300 : beat + 300] += -1.5 * np.exp(-((seconds - 0.12) ** 2) / 2 / 0.04**2)
        samples[beat] += 1
    moved = to_deflections(samples.astype(np.float32), RATE, BEATS + 4)
    assert moved.tolist() == BEATS.tolist()


def test_a_beat_without_a_near_deflection_is_not_moved():
    slope = np.arange(5000, dtype=np.float32)
    assert to_deflections(slope, RATE, np.array([0, 700, 4999])).tolist() == [0, 700, 4999]
    assert to_deflections(np.full(5000, np.nan, np.float32), RATE, np.array([700])).tolist() == [700]
    assert to_deflections(slope, RATE, np.array([], np.int64)).tolist() == []


def test_a_wave_is_distinguished_from_a_flat_line_and_a_gap():
    samples = np.full(5000, 0.1, np.float32)
    samples[1000], samples[2000] = 1, np.nan
    places = np.array([0, 900, 980, 1025, 1026, 1990, 4999])
    assert has_wave(samples, RATE, places).tolist() == [False, False, True, True, False, False, False]
    assert has_wave(samples, RATE, places[:0]).tolist() == []


def test_two_beats_at_one_deflection_stay_apart():
    samples = np.zeros(5000, np.float32)
    samples[1000] = 1
    assert to_deflections(samples, RATE, np.array([990, 1010, 3000])).tolist() == [990, 1010, 3000]


@given(
    places=st.lists(st.integers(0, 1999), unique=True, min_size=1, max_size=60).map(sorted),
    rate=st.sampled_from([128.0, 250.0, 1000.0]),
    seed=st.integers(0, 50),
)
def test_beats_stay_in_order_and_within_reach(places, rate, seed):
    samples = np.random.default_rng(seed).normal(size=2000).astype(np.float32)
    moved = to_deflections(samples, rate, np.array(places, np.int64))
    assert (np.diff(moved) > 0).all()
    assert np.abs(moved - places).max() <= REACH_SECONDS * rate
