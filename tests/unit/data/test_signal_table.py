"""Recordings as tables: the column of times, gaps, and errors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.text.signal_table import SignalTable


def read(path: Path, rate: float | None = None) -> tuple[list[str], list[list[float]], float]:
    """Return names, samples of each lead and the rate."""
    table = SignalTable.open(path, rate)
    leads = [np.concatenate(list(table.blocks(index))).tolist() for index in range(len(table.names))]
    return list(table.names), leads, table.rate(0)


@pytest.mark.parametrize(
    "text",
    [
        "time,II,V5\n0.000,1,4\n0.004,2,5\n0.008,3,6\n",
        "# of somebody\nII;Time (s);V5\n1;0.000;4\n2;0.004;5\n3;0.008;6\n",
        "ms\tII\tV5\n0\t1\t4\n4\t2\t5\n8\t3\t6\n",
        "time,II,V5\nms,mV,mV\n100,1,4\n104,2,5\n108,3,6\n",
        "'Elapsed time','II','V5'\n'hh:mm:ss.mmm','mV','mV'\n'0:00.000',1,4\n'0:00.004',2,5\n'0:00.008',3,6\n",
    ],
    ids=["seconds", "in the middle", "milliseconds", "units", "rdsamp"],
)
def test_times_tell_the_rate_and_are_no_lead(write, text):
    assert read(write(text)) == (["II", "V5"], [[1, 2, 3], [4, 5, 6]], 250)


def test_times_and_values_need_no_header(write):
    assert read(write("0,1\n0.004,2\n0.008,0\n")) == (["signal 2"], [[1, 2, 0]], 250)


def test_a_lead_may_be_named_time_series(write):
    rows = "".join(f"{row / 250:.3f},{row * 7 % 11}\n" for row in range(50))
    assert read(write("time,ecg time series\n" + rows))[0] == ["ecg time series"]


def test_rounded_times_tell_the_rate_all_the_same(write):
    text = "".join(f"{sample / 360:.3f},{sample % 7}\n" for sample in range(5000))
    assert read(write(text))[2] == 360


@pytest.mark.parametrize("text", ["1\n2\n4\n", "II\n1\n2\n4\n", "'sample #','II'\n0,1\n1,2\n2,4\n", "0,1\n1,2\n2,4\n"])
def test_without_times_the_rate_must_be_given(write, text):
    assert read(write(text), 250)[1:] == ([[1, 2, 4]], 250)
    with pytest.raises(DataError, match="say with --rate how many samples a second has"):
        read(write(text))


def test_empty_fields_are_gaps(write):
    _, leads, _ = read(write("II,V5\n1,\n,5\nnan,-\n"), 100)
    np.testing.assert_array_equal(leads, [[1, np.nan, np.nan], [np.nan, 5, np.nan]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; give a text file with one sample per line"),
        ("# note\n", "empty"),
        ("II,V5\n", "no samples: no column"),
        ("II,V5\n1,2\n1,2,3\n", "line 3: 3 columns where 2 are expected"),
        ("II,V5\n1,2\n1,x\n", r"line 3, column 2 \(V5\): 'x' where a number is expected"),
        ("II,V5\n1,2\n1,inf\n", r"line 3, column 2 \(V5\): 'inf' where"),
        (b"II,V5\n1,2\n1,\xff\n", "line 3: not UTF-8 text"),
        ("II,V5\n1,2\n1,1e7178974425\n", r"line 3, column 2 \(V5\): '1e7178974425' where"),
        ("II,V5\n" + "1,2\n" * 3000 + "1,x\n", r"line 3002, column 2 \(V5\): 'x' where"),
        ("II,V5\n" + "1,2\n" * 3000 + "1\n", "line 3002: 1 columns where 2 are expected"),
        ("II,V5\n" + "1,2\n" * 300 + "1\n", "line 302: 1 columns where 2 are expected"),
    ],
)
def test_a_bad_table_is_one_sentence_with_line_and_column(write, text, message):
    with pytest.raises(DataError, match=message):
        read(write(text), 250)


@pytest.mark.parametrize(("samples", "hole"), [(900, 500), (40_000, 1500), (40_000, 20_000), (40_000, 39_500)])
def test_a_hole_in_the_times_is_a_gap_of_that_length(write, samples, hole):
    lines = "".join(f"{sample / 250 + 2 * (sample > hole)},1\n" for sample in range(samples))
    _, (lead,), rate = read(write("time,II\n" + lines))
    assert rate == 250
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(lead)), np.arange(hole + 1, hole + 501))


def test_times_may_be_rounded(write):
    assert read(write("time,II\n" + "".join(f"{sample / 250:.6g},1\n" for sample in range(700_000, 740_000))))[2] == 250


samples = st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.tuples(samples, samples), min_size=3, max_size=20),
    rate=st.sampled_from([100, 128, 250, 360, 500, 1000]),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_what_is_written_is_read(write, values, rate, delimiter, newline):
    lines = [delimiter.join([f"{row / rate:.4f}", *map(repr, pair)]) for row, pair in enumerate(values)]
    names, leads, found_rate = read(write(newline.join([delimiter.join(["time", "a", "b"]), *lines])))
    assert names == ["a", "b"]
    assert found_rate == pytest.approx(rate, rel=0.03)
    np.testing.assert_array_equal(np.array(leads, np.float32), np.array(values, np.float32).T)


oddities = st.text("0123456789.,;\t\n:'\"#-+eExnaif \u00e9\x00", max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=oddities)
@example(text=";0")
def test_any_text_is_read_or_refused_in_a_sentence(write, text):
    try:
        _, leads, rate = read(write(text), 250)
    except DataError:
        return
    assert rate == 250
    assert len({len(lead) for lead in leads}) == 1
