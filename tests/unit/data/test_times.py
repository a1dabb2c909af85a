"""Times in all units, resolutions and forms, with gaps, give the same rate and number of samples."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.text.signal_table import SignalTable
from data.recordings.text.times import TextTimes, is_time

RATES = [50, 64, 100, 125, 128, 130, 200, 250, 256, 257.5, 300, 360, 400, 500, 512, 940.3, 1000, 2000]
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
START = datetime(2023, 12, 31, 23, 59, 50)


def read(path):
    """Return the samples, with gaps filled, and the rate."""
    table = SignalTable.open(path, None)
    return np.concatenate(list(table.blocks(0))), table.rate(0)


def lines(times, values=None):
    values = values or [str(row % 7) for row in range(len(times))]
    return "".join(f"{time};{value}\n" for time, value in zip(times, values, strict=True))


gaps = st.lists(st.tuples(st.integers(1, 2400), st.integers(1, 3000)), max_size=4, unique_by=lambda gap: gap[0])


def numbers_of(rows, gaps):
    """Return the sample number of each row, given the numbers of missing samples before some rows."""
    numbers = np.arange(rows)
    for row, samples in gaps:
        numbers[row:] += samples
    return numbers.tolist()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    rate=st.sampled_from(RATES),
    unit=st.sampled_from(list(PER_SECOND)),
    digits=st.integers(0, 3),
    start=st.sampled_from([0, 0.5, 1234, 1_700_000_000]),
    rows=st.integers(600, 2500),
    gaps=gaps,
)
def test_numbers_in_any_unit_with_any_digits_tell_the_rate_and_the_gaps(write, rate, unit, digits, start, rows, gaps):
    digits += {"s": 3, "ms": 0, "us": 0, "ns": 0}[unit]
    # of several samples a millisecond, a few that are lost cannot be distinguished from rounding
    assume(rate < 1000 or all(samples >= 20 for _, samples in gaps))
    numbers = numbers_of(rows, gaps)
    times = [f"{(start + number / rate) * PER_SECOND[unit]:.{digits}f}" for number in numbers]
    samples, found = read(write(f"time [{unit}];ECG\n" + lines(times)))
    assert found == pytest.approx(rate, rel=5e-4)
    # how exactly the step is known from the rows before a gap
    assert len(samples) == pytest.approx(numbers[-1] + 1, abs=1 + 5e-4 * (numbers[-1] - rows))
    assert np.isfinite(samples).sum() == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    # nearer to a sample a millisecond, a longer step and a lost sample look the same
    rate=st.one_of(st.floats(100, 940), st.integers(100, 940), st.just(1000)),
    digits=st.integers(3, 6),
    rows=st.integers(600, 5000),
    lost=st.sampled_from([0, 0.001, 0.01, 0.05]),
    seed=st.integers(0, 99),
)
def test_each_lost_sample_is_found_for_all_roundings(write, rate, digits, rows, lost, seed):
    kept = kept_rows(rows, lost, seed)
    samples, found = read(write("time;ECG\n" + lines([f"{row / rate:.{digits}f}" for row in kept])))
    assert found == pytest.approx(rate, rel=5e-4)
    assert (len(samples), np.isnan(samples).sum()) == (rows, rows - len(kept))


def kept_rows(rows, lost, seed):
    """Return the row numbers that remain after random single losses, which spare the first and last ten."""
    gone = np.random.default_rng(seed).random(rows) < lost
    gone[:10] = gone[-10:] = False
    gone[1:] &= ~gone[:-1]
    return np.flatnonzero(~gone)


@pytest.mark.parametrize("every", [20, 37, 50, 100])
@pytest.mark.parametrize("rate", [512, 1000])
def test_regularly_lost_samples_are_found(write, caplog, rate, every):
    kept = [row for row in range(3000) if row % every != every - 1 or row == 2999]
    samples, found = read(write("time;ECG\n" + lines([f"{row / rate:.3f}" for row in kept])))
    assert found == rate
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(samples)), np.setdiff1d(np.arange(3000), kept))
    assert ("are read as 1000 samples per second" in caplog.text) == (rate == 1000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    rate=st.integers(50, 2000),
    digits=st.sampled_from([3, 6]),
    lost=st.sampled_from([0, 0.001, 0.02, 0.08]),
    seed=st.integers(0, 99),
)
def test_a_rate_is_right_or_there_is_a_warning(write, caplog, rate, digits, lost, seed):
    caplog.clear()
    kept = kept_rows(12 * rate, lost, seed)
    _, found = read(write("time;ECG\n" + lines([f"{row / rate:.{digits}f}" for row in kept])))
    warned = "with some samples missing" in caplog.text or "too few digits" in caplog.text
    assert warned or found == pytest.approx(rate, rel=1e-3)
    assert not (warned and lost == 0 and not (digits == 3 and 940 < rate < 1000))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    rate=st.sampled_from([100, 125, 200, 250, 500]),
    form=st.sampled_from(["%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "[%H:%M:%S.%f %d/%m/%Y]", "%d.%m.%Y %H:%M:%S,%f"]),
    rows=st.integers(600, 2500),
    gaps=gaps,
)
def test_clock_times_go_on_after_midnight(write, rate, form, rows, gaps):
    numbers = numbers_of(rows, gaps)
    times = [(START + timedelta(seconds=number / rate)).strftime(form) for number in numbers]
    samples, found = read(write("Time;ECG\n" + lines(times)))
    assert found == rate
    assert len(samples) == numbers[-1] + 1
    missing = [range(before + 1, after) for before, after in pairwise(numbers)]
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(samples)), [number for some in missing for number in some])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    rate=st.sampled_from([125, 130, 250, 500]),
    size=st.integers(2, 80),
    late=st.floats(0, 0.05),
    seed=st.integers(0, 9),
    lost=st.booleans(),
)
def test_packets_come_late_and_get_lost(write, rate, size, late, seed, lost):
    assume(late == 0 or size / rate > 2 * late)
    random = np.random.default_rng(seed)
    packets = [packet for packet in range(3000 // size) if packet != 20 or not lost]
    times = [1e9 + size / rate * packet + random.uniform(0, late) for packet in packets]
    stamps = [f"{time:.3f}" for time in times for _ in range(size)]
    samples, found = read(write("timestamp;ECG\n" + lines(stamps)))
    assert found == pytest.approx(rate, rel=0.02)
    assert np.isfinite(samples).sum() == len(stamps)
    # a loss shows if it takes longer than packets are late, and its length is known as exactly as that
    clear = size / rate > 4 * late
    missing = size * (lost and packets[-1] > 20)
    uncertain = 2 + 2 * late * rate
    assert missing * clear - uncertain <= len(samples) - len(stamps) <= missing + uncertain


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        (["12:00:00.5", "12:00:01"], [43200.5, 43201]),
        (["0:59.9", "1:00.0", "10:00.0"], [59.9, 60, 600]),
        (["23:59:59,9", "00:00:00,1"], [86399.9, 86400.1]),
        (["11:59:59 PM", "12:00:01 AM"], [86399, 86401]),
        (["12:00:00:250"], [43200.25]),
        (["[23:59:59.5 31/01/2011]", "[00:00:00.5 01/02/2011]"], [86399.5, 86400.5]),
        (["01/31/2011 12:00:00", "02/01/2011 12:00:00"], [43200, 129600]),
        (["2024-03-31T01:59:59.5+01:00", "2024-03-31T03:00:00.5+02:00"], [3599.5, 3600.5]),
        (["31-Jan-2024 23:59:59.5", "01-Feb-2024 00:00:00.5"], [86399.5, 86400.5]),
        (["2024/1/9 12:00:00", "2024/1/10 12:00:00"], [43200, 129600]),
    ],
)
def test_texts_are_times(texts, seconds):
    assert all(map(is_time, texts))
    np.testing.assert_allclose(TextTimes(texts).seconds(np.array(texts, object)), seconds)


@pytest.mark.parametrize("text", ["12", "2024-01-01", "12:", "a:b:c", "12:00:00 XM", "01-Jan-2024", ""])
def test_other_texts_are_no_times(text):
    assert not is_time(text)


def test_a_text_among_times_is_named(write):
    times = [(START + timedelta(seconds=row / 250)).strftime("%H:%M:%S.%f") for row in range(3000)]
    times[2500] = "soon"
    with pytest.raises(DataError, match=r"line 2502, column 1 \(Time\): 'soon' where a time is expected"):
        read(write("Time;ECG\n" + lines(times)))


@pytest.mark.parametrize("first", [1200, 3000, 30_000])
def test_another_rate_later_on_is_refused(write, first):
    times = [f"{min(row, first) / 250 + max(row - first, 0) / 500:.3f}" for row in range(first + 6000)]
    with pytest.raises(DataError, match="the rate changes; repair them, or say with --rate"):
        read(write("time;ECG\n" + lines(times)))


@pytest.mark.parametrize("row", [300, 3000, 30_000])
def test_times_that_restart_are_an_error(write, row):
    times = [f"{(number if number < row else number - row) / 250:.3f}" for number in range(row + 6000)]
    with pytest.raises(DataError, match=r"they go back by|the rate changes"):
        read(write("time;ECG\n" + lines(times)))


def test_a_clock_that_drifts_has_no_gaps(write):
    drift = 1e-5 * np.sin(np.arange(100_000) / 20_000)
    times = [f"{time:.3f}" for time in np.cumsum(1 / 360 * (1 + drift))]
    samples, rate = read(write("time;ECG\n" + lines(times)))
    assert rate == pytest.approx(360, rel=1e-4)
    assert not np.isnan(samples).any()


@pytest.mark.parametrize("time", ["{0:.3f}", "2024-01-01T00:{1:02}:{2:06.3f}Z"], ids=["numbers", "texts"])
def test_packets_with_one_time_go_on_from_block_to_block(write, time):
    rows = 150_000  # more than a block of a megabyte
    times = [time.format(row / 250, row // 15_000, row / 250 % 60) if row % 16 == 0 else "" for row in range(rows)]
    samples, rate = read(write("time;ECG\n" + lines(times, [f"{row % 1000}.25" for row in range(rows)])))
    assert rate == 250
    np.testing.assert_array_equal(samples, np.arange(rows) % 1000 + 0.25)


def test_a_malformed_line_in_a_later_block_is_named(write):
    rows = [f"{row / 250:.3f};{row % 1000}.25\n" for row in range(150_000)]
    rows[149_000] = "596.000;0.2.5\n"
    with pytest.raises(DataError, match=r"line 149002, column 2 \(ECG\): '0\.2\.5' where a number is expected"):
        read(write("time;ECG\n" + "".join(rows)))
